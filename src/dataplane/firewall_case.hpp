// The lines of a packet case that make a tenant's firewall (testdata/README.md): networks, rules, limits.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "model/tenant_program.hpp"

namespace sluice::dataplane {

class FirewallCase {
  public:
    using Words = std::vector<std::string>;

    [[nodiscard]] static bool is_about(const std::string& verb) {
        static const std::vector<std::string> verbs{"network", "rule", "nat", "flows", "committed", "loose"};
        const std::string own = is_other(verb) ? verb.substr(6) : verb;
        return std::find(verbs.begin(), verbs.end(), own) != verbs.end();
    }
    [[nodiscard]] static bool is_other(const std::string& verb) { return verb.starts_with("other-"); }

    // Adds the line's object to the tenant's program; `prefix` reads one.
    template <class ToPrefix>
    void step(const Words& words, model::TenantProgram& program, const ToPrefix& prefix) {
        model::FirewallProgram& firewall = program.firewall;
        firewall.enabled = true;
        if (firewall.zones.empty()) firewall.zones = {"internet"};
        const bool other = is_other(words[0]);
        const std::string verb = other ? words[0].substr(6) : words[0];
        if (verb == "network") {
            add_network(words, other, firewall, prefix);
        } else if (verb == "rule") {
            add_rule(words, firewall, prefix);
        } else if (verb == "nat") {
            add_nat(words, firewall, prefix);
        } else if (verb == "flows") {
            firewall.limits.flows = number(words.at(1));
        } else if (verb == "committed") {
            (words.at(1) == "inbound" ? firewall.inbound : firewall.outbound).packets_per_s =
                number(words.at(2));
        } else {
            firewall.strict_tcp = false;
        }
    }

    // The words that a packet of this network carries: "vlan 10".
    [[nodiscard]] Words tags_of(const std::string& network) const {
        const auto found = tags_.find(network);
        EXPECT_NE(found, tags_.end()) << "no network '" << network << "'";
        return found == tags_.end() ? Words{} : found->second;
    }

  private:
    [[nodiscard]] static std::uint32_t number(const std::string& word) {
        return static_cast<std::uint32_t>(std::stoul(word));
    }
    [[nodiscard]] static model::ZoneIndex zone(model::FirewallProgram& firewall, const std::string& name) {
        const auto found = std::find(firewall.zones.begin(), firewall.zones.end(), name);
        EXPECT_NE(found, firewall.zones.end()) << "no zone '" << name << "'";
        return static_cast<model::ZoneIndex>(found - firewall.zones.begin());
    }

    // network NAME vlan N | qinq N N | routed, then prefixes; in a zone of its own name
    template <class ToPrefix>
    void add_network(const Words& words, bool other, model::FirewallProgram& firewall,
                     const ToPrefix& prefix) {
        model::Attachment attachment;
        attachment.name = words.at(1);
        std::size_t at = 3;
        Words tags;
        if (words.at(2) == "vlan") {
            attachment.kind = model::AttachmentKind::vlan;
            attachment.vlan = static_cast<std::uint16_t>(number(words.at(at++)));
            tags = {"vlan", std::to_string(attachment.vlan)};
        } else if (words.at(2) == "qinq") {
            attachment.kind = model::AttachmentKind::qinq;
            attachment.vlan = static_cast<std::uint16_t>(number(words.at(at++)));
            attachment.inner_vlan = static_cast<std::uint16_t>(number(words.at(at++)));
            tags = {"vlan", std::to_string(attachment.vlan), "vlan", std::to_string(attachment.inner_vlan)};
        } else {
            ASSERT_EQ(words.at(2), "routed");
        }
        if (std::find(firewall.zones.begin(), firewall.zones.end(), words.at(1)) == firewall.zones.end()) {
            firewall.zones.push_back(words.at(1));
        }
        attachment.zone = zone(firewall, words.at(1));
        attachment.next_hop_mac = {2, 0, 0, 0, 0, 1};
        for (; at < words.size(); ++at) attachment.prefixes.push_back(prefix(words[at]));
        firewall.attachments.push_back(attachment);
        tags_[(other ? "other-" : "") + words.at(1)] = tags;
    }

    // rule NAME allow|drop|reject [from ZONE] [to ZONE] [source P] [destination P] [tcp|udp N[-M]] [icmp]
    template <class ToPrefix>
    void add_rule(const Words& words, model::FirewallProgram& firewall, const ToPrefix& prefix) {
        model::FirewallRule rule;
        rule.name = words.at(1);
        rule.action = words.at(2) == "allow"  ? model::RuleAction::allow
                      : words.at(2) == "drop" ? model::RuleAction::drop
                                              : model::RuleAction::reject;
        for (std::size_t i = 3; i < words.size(); ++i) {
            const std::string& word = words[i];
            if (word == "from") {
                rule.from.push_back(zone(firewall, words.at(++i)));
            } else if (word == "to") {
                rule.to.push_back(zone(firewall, words.at(++i)));
            } else if (word == "source") {
                rule.sources.push_back(prefix(words.at(++i)));
            } else if (word == "destination") {
                rule.destinations.push_back(prefix(words.at(++i)));
            } else {
                rule.services.push_back(service(word, i + 1 < words.size() ? words[i + 1] : ""));
                if (word != "icmp") ++i;
            }
        }
        const auto same = std::find_if(firewall.rules.begin(), firewall.rules.end(),
                                       [&](const auto& one) { return one.name == rule.name; });
        if (same != firewall.rules.end()) {
            *same = rule;  // the policy changes
        } else {
            firewall.rules.push_back(rule);
        }
    }

    // nat NAME source|destination|one-to-one|exempt [from ZONE] [to ZONE] [match P] [tcp|udp N[-M]] [into P
    // [PORT]]
    template <class ToPrefix>
    void add_nat(const Words& words, model::FirewallProgram& firewall, const ToPrefix& prefix) {
        model::NatRule rule;
        rule.name = words.at(1);
        rule.kind = words.at(2) == "source"        ? model::NatKind::source
                    : words.at(2) == "destination" ? model::NatKind::destination
                    : words.at(2) == "one-to-one"  ? model::NatKind::one_to_one
                                                   : model::NatKind::exempt;
        for (std::size_t i = 3; i < words.size(); ++i) {
            const std::string& word = words[i];
            if (word == "from") {
                rule.from.push_back(zone(firewall, words.at(++i)));
            } else if (word == "to") {
                rule.to.push_back(zone(firewall, words.at(++i)));
            } else if (word == "match") {
                rule.match.push_back(prefix(words.at(++i)));
            } else if (word == "into") {
                rule.translated.push_back(prefix(words.at(++i)));
                if (i + 1 < words.size())
                    rule.translated_port = static_cast<std::uint16_t>(number(words.at(++i)));
            } else {
                rule.service = service(word, words.at(++i));
            }
        }
        firewall.nat.push_back(rule);
    }

    [[nodiscard]] static model::ServiceMatch service(const std::string& protocol, const std::string& ports) {
        model::ServiceMatch service;
        service.protocol = protocol == "tcp" ? 6 : protocol == "udp" ? 17 : protocol == "icmp" ? 1 : 58;
        if (protocol == "icmp") return service;
        const std::size_t dash = ports.find('-');
        service.destination_port.first = static_cast<std::uint16_t>(number(ports));
        service.destination_port.last = dash == std::string::npos
                                            ? service.destination_port.first
                                            : static_cast<std::uint16_t>(number(ports.substr(dash + 1)));
        return service;
    }

    std::map<std::string, Words> tags_;
};

}  // namespace sluice::dataplane
