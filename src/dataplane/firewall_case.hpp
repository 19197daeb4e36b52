// The lines of a packet case that make a tenant's firewall (testdata/README.md): networks, rules, limits.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/engine.hpp"
#include "model/tenant_program.hpp"
#include "net/address.hpp"

namespace sluice::dataplane {

class FirewallCase {
  public:
    using Words = std::vector<std::string>;

    [[nodiscard]] static bool is_about(const std::string& verb) {
        static const std::vector<std::string> verbs{"network",   "rule",     "nat",     "limit",
                                                    "committed", "timeout",  "without", "loose",
                                                    "flows",     "outbound", "way"};
        const std::string own = is_other(verb) ? verb.substr(6) : verb;
        return std::find(verbs.begin(), verbs.end(), own) != verbs.end();
    }
    [[nodiscard]] static bool is_other(const std::string& verb) { return verb.starts_with("other-"); }

    // Adds the line's object to the tenant's program; `prefix` reads one. `ipv6`: what icmp means.
    template <class ToPrefix>
    void step(const Words& words, bool ipv6, model::TenantProgram& program, const ToPrefix& prefix) {
        model::FirewallProgram& firewall = program.firewall;
        firewall.enabled = true;
        if (firewall.zones.empty()) firewall.zones = {"internet"};
        const bool other = is_other(words[0]);
        const std::string verb = other ? words[0].substr(6) : words[0];
        ipv6_ = ipv6;
        if (verb == "network") {
            add_network(words, other, firewall, prefix);
        } else if (verb == "way") {
            add_way(words, prefix);
        } else if (verb == "rule") {
            add_rule(words, firewall, prefix);
        } else if (verb == "nat") {
            add_nat(words, firewall, prefix);
        } else if (verb == "flows") {
            firewall.limits.flows = number(words.at(1));
        } else if (verb == "limit") {
            limit(words.at(1), firewall.limits) = number(words.at(2));
        } else if (verb == "timeout") {
            timeout(words.at(1), firewall.timeouts) = number(words.at(2));
        } else if (verb == "committed") {
            (words.at(1) == "inbound" ? firewall.inbound : firewall.outbound).packets_per_s =
                number(words.at(2));
        } else if (verb == "outbound") {
            add_outbound(words, firewall.attacks);
        } else if (verb == "without") {
            remove(words.at(1), firewall);
        } else {
            firewall.strict_tcp = false;
        }
    }

    // How packets of a network come to the gateway, and leave towards it.
    struct Way {
        Side side = Side::internet;
        Words tags;  // "vlan 10"
        std::uint32_t vni = 0;
        net::Address endpoint;  // of the tunnel

        [[nodiscard]] bool is_tunnel() const { return vni != 0; }
    };
    [[nodiscard]] Way way_of(const std::string& network) const {
        if (network == "internet") return {};
        const auto found = ways_.find(network);
        EXPECT_NE(found, ways_.end()) << "no network '" << network << "'";
        return found == ways_.end() ? Way{} : found->second;
    }

  private:
    // "outbound limit flows 100 targets 50 packets 1000 contained 5 hold 60"
    static void add_outbound(const Words& words, model::OutboundPolicy& policy) {
        policy.contain = model::parse_outbound_action(words.at(1)).value();
        for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
            const auto value = number(words[i + 1]);
            (words[i] == "flows"       ? policy.new_flows_per_s
             : words[i] == "targets"   ? policy.targets_per_s
             : words[i] == "packets"   ? policy.packets_per_s
             : words[i] == "contained" ? policy.contained_per_s
                                       : policy.hold_s) = value;
        }
    }

    // The words of a line from the third on, one after the other.
    struct Rest {
        const Words& words;
        std::size_t at;

        [[nodiscard]] bool done() const { return at >= words.size(); }
        const std::string& take() { return words.at(at++); }
        // The next word is a number; it is not taken.
        [[nodiscard]] bool number_follows() const {
            return at < words.size() && words[at].find_first_not_of("0123456789") == std::string::npos;
        }
    };

    [[nodiscard]] static std::uint32_t number(const std::string& word) {
        return static_cast<std::uint32_t>(std::stoul(word));
    }
    // "5" or "5-9"
    [[nodiscard]] static std::pair<std::uint16_t, std::uint16_t> range(const std::string& text) {
        const std::size_t dash = text.find('-');
        const auto first = static_cast<std::uint16_t>(number(text));
        if (dash == std::string::npos) return {first, first};
        return {first, static_cast<std::uint16_t>(number(text.substr(dash + 1)))};
    }
    [[nodiscard]] static model::ZoneIndex zone(model::FirewallProgram& firewall, const std::string& name) {
        const auto found = std::find(firewall.zones.begin(), firewall.zones.end(), name);
        EXPECT_NE(found, firewall.zones.end()) << "no zone '" << name << "'";
        return static_cast<model::ZoneIndex>(found - firewall.zones.begin());
    }

    static std::uint32_t& limit(const std::string& name, model::FlowLimits& limits) {
        if (name == "flows") return limits.flows;
        if (name == "new-flows") return limits.new_flows_per_s;
        if (name == "source-flows") return limits.flows_a_source;
        EXPECT_EQ(name, "new-source-flows") << "no such limit";
        return limits.new_flows_a_source_per_s;
    }
    static std::uint32_t& timeout(const std::string& name, model::FlowTimeouts& times) {
        if (name == "half-open") return times.tcp_half_open_s;
        if (name == "established") return times.tcp_established_s;
        if (name == "closing") return times.tcp_closing_s;
        if (name == "udp") return times.udp_s;
        if (name == "udp-single") return times.udp_single_s;
        if (name == "icmp") return times.icmp_s;
        EXPECT_EQ(name, "other") << "no such time-out";
        return times.other_s;
    }
    static void remove(const std::string& name, model::FirewallProgram& firewall) {
        const auto gone = [&](const auto& one) { return one.name == name; };
        const auto removed = std::erase_if(firewall.rules, gone) + std::erase_if(firewall.nat, gone) +
                             std::erase_if(firewall.attachments, gone);
        EXPECT_EQ(removed, 1U) << "no rule, NAT rule or network '" << name << "'";
    }

    // network NAME vlan N | qinq N N | vxlan N ENDPOINT | port | routed, then prefixes; in a zone of its own
    // name, or `in ZONE`
    template <class ToPrefix>
    void add_network(const Words& words, bool other, model::FirewallProgram& firewall,
                     const ToPrefix& prefix) {
        model::Attachment attachment;
        attachment.name = words.at(1);
        std::string zone_name = attachment.name;
        Rest rest{words, 3};
        Way way{.side = Side::customers};
        if (words.at(2) == "vlan") {
            attachment.kind = model::AttachmentKind::vlan;
            attachment.vlan = static_cast<std::uint16_t>(number(rest.take()));
            way.tags = {"vlan", std::to_string(attachment.vlan)};
        } else if (words.at(2) == "qinq") {
            attachment.kind = model::AttachmentKind::qinq;
            attachment.vlan = static_cast<std::uint16_t>(number(rest.take()));
            attachment.inner_vlan = static_cast<std::uint16_t>(number(rest.take()));
            way.tags = {"vlan", std::to_string(attachment.vlan), "vlan",
                        std::to_string(attachment.inner_vlan)};
        } else if (words.at(2) == "vxlan") {
            attachment.kind = model::AttachmentKind::vxlan;
            attachment.vni = way.vni = number(rest.take());
            attachment.tunnel_endpoint = way.endpoint = prefix(rest.take()).address();
        } else if (words.at(2) == "port") {
            attachment.kind = model::AttachmentKind::port;
        } else {
            ASSERT_EQ(words.at(2), "routed");
        }
        if (!rest.done() && words[rest.at] == "in") {
            rest.take();
            zone_name = rest.take();
        }
        if (std::find(firewall.zones.begin(), firewall.zones.end(), zone_name) == firewall.zones.end()) {
            firewall.zones.push_back(zone_name);
        }
        attachment.zone = zone(firewall, zone_name);
        attachment.next_hop_mac = {2, 0, 0, 0, 0, 1};
        while (!rest.done()) attachment.prefixes.push_back(prefix(rest.take()));
        firewall.attachments.push_back(attachment);
        ways_[(other ? "other-" : "") + words.at(1)] = way;
    }

    // way NAME vlan N [vlan N] | vxlan N ENDPOINT: frames that come so are of no network.
    template <class ToPrefix>
    void add_way(const Words& words, const ToPrefix& prefix) {
        Way way{.side = Side::customers};
        if (words.at(2) == "vxlan") {
            way.vni = number(words.at(3));
            way.endpoint = prefix(words.at(4)).address();
        } else {
            way.tags.assign(words.begin() + 2, words.end());
        }
        ways_[words.at(1)] = way;
    }

    // What rules of the firewall and of NAT say alike: from ZONE, to ZONE.
    template <class Rule>
    [[nodiscard]] static bool take_zone(const std::string& word, Rest& rest, model::FirewallProgram& firewall,
                                        Rule& rule) {
        if (word != "from" && word != "to") return false;
        (word == "from" ? rule.from : rule.to).push_back(zone(firewall, rest.take()));
        return true;
    }
    // Puts the rule in, or in the place of the one of its name: the policy changes.
    template <class Rule>
    static void put(Rule rule, std::vector<Rule>& rules) {
        const auto same =
            std::find_if(rules.begin(), rules.end(), [&](const auto& one) { return one.name == rule.name; });
        if (same != rules.end()) {
            *same = std::move(rule);
        } else {
            rules.push_back(std::move(rule));
        }
    }

    // rule NAME allow|drop|reject [from ZONE] [to ZONE] [source P] [destination P] [tcp|udp N[-M]] [tcp-from
    // N[-M]] [icmp [TYPE [CODE]]] [protocol N] [user NAME] [minutes N-M]
    template <class ToPrefix>
    void add_rule(const Words& words, model::FirewallProgram& firewall, const ToPrefix& prefix) {
        model::FirewallRule rule;
        rule.name = words.at(1);
        rule.action = words.at(2) == "allow"  ? model::RuleAction::allow
                      : words.at(2) == "drop" ? model::RuleAction::drop
                                              : model::RuleAction::reject;
        for (Rest rest{words, 3}; !rest.done();) {
            const std::string& word = rest.take();
            if (take_zone(word, rest, firewall, rule)) continue;
            if (word == "source") {
                rule.sources.push_back(prefix(rest.take()));
            } else if (word == "destination") {
                rule.destinations.push_back(prefix(rest.take()));
            } else if (word == "user") {
                rule.users.push_back(rest.take());
            } else if (word == "minutes") {
                const auto [first, end] = range(rest.take());
                rule.windows.push_back({first, end});
            } else {
                rule.services.push_back(service(word, rest));
            }
        }
        put(std::move(rule), firewall.rules);
    }

    // nat NAME source|destination|one-to-one|exempt [from ZONE] [to ZONE] [match P] [tcp|udp N[-M]] [into P
    // [PORT]] [no-hairpin]
    template <class ToPrefix>
    void add_nat(const Words& words, model::FirewallProgram& firewall, const ToPrefix& prefix) {
        model::NatRule rule;
        rule.name = words.at(1);
        rule.kind = words.at(2) == "source"        ? model::NatKind::source
                    : words.at(2) == "destination" ? model::NatKind::destination
                    : words.at(2) == "one-to-one"  ? model::NatKind::one_to_one
                                                   : model::NatKind::exempt;
        for (Rest rest{words, 3}; !rest.done();) {
            const std::string& word = rest.take();
            if (take_zone(word, rest, firewall, rule)) continue;
            if (word == "match") {
                rule.match.push_back(prefix(rest.take()));
            } else if (word == "into") {
                rule.translated.push_back(prefix(rest.take()));
                if (rest.number_follows())
                    rule.translated_port = static_cast<std::uint16_t>(number(rest.take()));
            } else if (word == "no-hairpin") {
                rule.hairpin = false;
            } else {
                rule.service = service(word, rest);
            }
        }
        put(std::move(rule), firewall.nat);
    }

    [[nodiscard]] model::ServiceMatch service(const std::string& word, Rest& rest) const {
        model::ServiceMatch service;
        if (word == "icmp") {
            service.protocol = ipv6_ ? 58 : 1;
            if (rest.number_follows()) service.icmp_type = static_cast<std::uint16_t>(number(rest.take()));
            if (rest.number_follows()) service.icmp_code = static_cast<std::uint16_t>(number(rest.take()));
            return service;
        }
        if (word == "echo") {
            service.protocol = ipv6_ ? 58 : 1;
            service.icmp_type = ipv6_ ? 128 : 8;
            return service;
        }
        if (word == "protocol") {
            service.protocol = static_cast<std::uint8_t>(number(rest.take()));
            return service;
        }
        const std::string name = word.substr(0, word.find('-'));
        EXPECT_TRUE(name == "tcp" || name == "udp") << "unknown word '" << word << "'";
        service.protocol = name == "tcp" ? 6 : 17;
        const auto [first, last] = range(rest.take());
        (word == name ? service.destination_port : service.source_port) = {first, last};
        return service;
    }

    bool ipv6_ = false;
    std::map<std::string, Way> ways_;
};

}  // namespace sluice::dataplane
