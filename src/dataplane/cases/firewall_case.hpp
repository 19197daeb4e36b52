// The lines of a packet case that make a tenant's firewall (testdata/README.md): networks, rules, limits.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "dataplane/cases/attribute_case.hpp"
#include "dataplane/cases/case_family.hpp"
#include "dataplane/cases/case_words.hpp"
#include "dataplane/engine.hpp"
#include "model/tenant_program.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::cases {

class FirewallCase {
  public:
    explicit FirewallCase(Family family) : family_(family) {}

    [[nodiscard]] static bool is_about(const std::string& verb) {
        static constexpr std::string_view verbs[] = {"network",   "rule",     "nat",     "limit",
                                                     "committed", "timeout",  "without", "loose",
                                                     "flows",     "outbound", "way"};
        return std::ranges::find(verbs, verb) != std::end(verbs);
    }

    // Adds the line's object to the tenant's program. `prefix`: of the network's name ("other-").
    void add(const Words& words, const std::string& prefix, model::TenantProgram& program) {
        model::FirewallProgram& firewall = program.firewall;
        firewall.enabled = true;
        if (firewall.zones.empty()) firewall.zones = {"internet"};
        WordReader line(words);
        const std::string& verb = line.take("word");
        if (verb == "network") {
            add_network(line, prefix, firewall);
        } else if (verb == "way") {
            add_way(line);
        } else if (verb == "rule") {
            add_rule(line, firewall);
        } else if (verb == "nat") {
            add_nat(line, firewall);
        } else if (verb == "without") {
            remove(line.take("name"), firewall);
        } else if (verb == "outbound") {
            add_outbound(line, firewall.attacks);
        } else {
            set(verb, line, firewall);
        }
        line.expect_end();
    }

    // How packets of a network come to the gateway, and leave towards it.
    struct Way {
        Side side = Side::internet;
        Words tags = {};  // "vlan 10"
        std::uint32_t vni = 0;
        net::Address endpoint = {};  // of the tunnel

        [[nodiscard]] bool is_tunnel() const { return vni != 0; }
    };
    [[nodiscard]] Way way_of(const std::string& network) const {
        if (network.empty() || network == "internet") return {};
        const auto found = ways_.find(network);
        if (found == ways_.end()) throw CaseError("no network '" + network + "'");
        return found->second;
    }

  private:
    static void set(const std::string& verb, WordReader& line, model::FirewallProgram& firewall) {
        if (verb == "flows") {
            firewall.limits.flows = line.number("flows");
        } else if (verb == "limit") {
            using Limits = model::FlowLimits;
            std::uint32_t& limit =
                firewall.limits.*line.choice<std::uint32_t Limits::*>(
                                     "limit", {{"flows", &Limits::flows},
                                               {"new-flows", &Limits::new_flows_per_s},
                                               {"source-flows", &Limits::flows_a_source},
                                               {"new-source-flows", &Limits::new_flows_a_source_per_s}});
            limit = line.number("limit");
        } else if (verb == "timeout") {
            using Timeouts = model::FlowTimeouts;
            std::uint32_t& seconds =
                firewall.timeouts.*line.choice<std::uint32_t Timeouts::*>(
                                       "time-out", {{"half-open", &Timeouts::tcp_half_open_s},
                                                    {"established", &Timeouts::tcp_established_s},
                                                    {"closing", &Timeouts::tcp_closing_s},
                                                    {"udp", &Timeouts::udp_s},
                                                    {"udp-single", &Timeouts::udp_single_s},
                                                    {"icmp", &Timeouts::icmp_s},
                                                    {"other", &Timeouts::other_s}});
            seconds = line.number("seconds");
        } else if (verb == "committed") {
            using Firewall = model::FirewallProgram;
            auto& rate = firewall.*line.choice<model::RateLimit Firewall::*>(
                                       "direction",
                                       {{"inbound", &Firewall::inbound}, {"outbound", &Firewall::outbound}});
            rate.packets_per_s = line.number<std::uint64_t>("packets a second");
        } else {
            firewall.strict_tcp = false;  // "loose"
        }
    }

    // "outbound limit flows 100 targets 50 packets 1000 contained 5 hold 60"
    static void add_outbound(WordReader& line, model::OutboundPolicy& policy) {
        using Policy = model::OutboundPolicy;
        const std::string& action = line.take("action");
        const auto parsed = model::parse_outbound_action(action);
        if (!parsed) throw CaseError("no action '" + action + "' against attackers");
        policy.contain = *parsed;
        while (!line.done()) {
            std::uint32_t& value = policy.*line.choice<std::uint32_t Policy::*>(
                                               "limit", {{"flows", &Policy::new_flows_per_s},
                                                         {"targets", &Policy::targets_per_s},
                                                         {"packets", &Policy::packets_per_s},
                                                         {"contained", &Policy::contained_per_s},
                                                         {"hold", &Policy::hold_s}});
            value = line.number("number");
        }
    }

    static model::ZoneIndex zone(const std::string& name, const model::FirewallProgram& firewall) {
        const auto found = std::ranges::find(firewall.zones, name);
        if (found == firewall.zones.end()) throw CaseError("no zone '" + name + "'");
        return static_cast<model::ZoneIndex>(found - firewall.zones.begin());
    }
    static void remove(const std::string& name, model::FirewallProgram& firewall) {
        const auto gone = [&](const auto& one) { return one.name == name; };
        const auto removed = std::erase_if(firewall.rules, gone) + std::erase_if(firewall.nat, gone) +
                             std::erase_if(firewall.attachments, gone);
        if (removed != 1) throw CaseError("no rule, NAT rule or network '" + name + "'");
    }

    // network NAME vlan N | qinq N N | vxlan N ENDPOINT | port | routed, then prefixes; in a zone of its own
    // name, or `in ZONE`
    void add_network(WordReader& line, const std::string& prefix, model::FirewallProgram& firewall) {
        model::Attachment attachment;
        attachment.name = line.take("name");
        Way way{.side = Side::customers};
        using Kind = model::AttachmentKind;
        attachment.kind = line.choice<Kind>("kind of network", {{"vlan", Kind::vlan},
                                                                {"qinq", Kind::qinq},
                                                                {"vxlan", Kind::vxlan},
                                                                {"port", Kind::port},
                                                                {"routed", Kind::prefix}});
        if (attachment.kind == Kind::vlan || attachment.kind == Kind::qinq) {
            attachment.vlan = line.number<std::uint16_t>("tag");
            way.tags = {"vlan", std::to_string(attachment.vlan)};
        }
        if (attachment.kind == Kind::qinq) {
            attachment.inner_vlan = line.number<std::uint16_t>("inner tag");
            way.tags.insert(way.tags.end(), {"vlan", std::to_string(attachment.inner_vlan)});
        }
        if (attachment.kind == Kind::vxlan) {
            attachment.vni = way.vni = line.number("network identifier");
            attachment.tunnel_endpoint = way.endpoint = family_.prefix(line.take("endpoint")).address();
        }
        const std::string zone_name = line.take_if("in") ? line.take("zone") : attachment.name;
        if (std::ranges::find(firewall.zones, zone_name) == firewall.zones.end())
            firewall.zones.push_back(zone_name);
        attachment.zone = zone(zone_name, firewall);
        attachment.next_hop_mac = {2, 0, 0, 0, 0, 1};
        while (!line.done()) attachment.prefixes.push_back(family_.prefix(line.take("prefix")));
        ways_[prefix + attachment.name] = way;
        firewall.attachments.push_back(std::move(attachment));
    }

    // way NAME vlan N [vlan N] | vxlan N ENDPOINT: frames that come so are of no network.
    void add_way(WordReader& line) {
        Way way{.side = Side::customers};
        const std::string& name = line.take("name");
        if (line.take_if("vxlan")) {
            way.vni = line.number("network identifier");
            way.endpoint = family_.prefix(line.take("endpoint")).address();
        } else {
            way.tags = line.take_rest();
        }
        ways_[name] = way;
    }

    // What rules of the firewall and of NAT say alike: from ZONE, to ZONE.
    template <class Rule>
    static bool take_zone(const std::string& word, WordReader& line, const model::FirewallProgram& firewall,
                          Rule& rule) {
        if (word != "from" && word != "to") return false;
        (word == "from" ? rule.from : rule.to).push_back(zone(line.take("zone"), firewall));
        return true;
    }
    // Puts the rule in, or in the place of the one of its name: the policy changes.
    template <class Rule>
    static void put(Rule rule, std::vector<Rule>& rules) {
        const auto same = std::ranges::find(rules, rule.name, &Rule::name);
        if (same != rules.end()) {
            *same = std::move(rule);
        } else {
            rules.push_back(std::move(rule));
        }
    }

    // rule NAME allow|drop|reject [from ZONE] [to ZONE] [source P] [destination P] [source-is|destination-is
    // country|country-not|reputation X,X …] [tcp|udp N[-M]] [tcp-from N[-M]] [icmp [TYPE [CODE]]] [protocol
    // N] [user NAME] [minutes N-M]
    void add_rule(WordReader& line, model::FirewallProgram& firewall) const {
        using Action = model::RuleAction;
        model::FirewallRule rule;
        rule.name = line.take("name");
        rule.action = line.choice<Action>(
            "action", {{"allow", Action::allow}, {"drop", Action::drop}, {"reject", Action::reject}});
        while (!line.done()) {
            const std::string& word = line.take("word");
            if (take_zone(word, line, firewall, rule)) continue;
            if (word == "source") {
                rule.sources.push_back(family_.prefix(line.take("source")));
            } else if (word == "destination") {
                rule.destinations.push_back(family_.prefix(line.take("destination")));
            } else if (word == "source-is" || word == "destination-is") {
                auto& match = (word == "source-is" ? rule.source_is : rule.destination_is).emplace_back();
                while (AttributeCase::is_match_word(line.next())) {
                    const std::string& asked = line.take("word");
                    AttributeCase::add_match_word(asked, line.take("value"), match);
                }
            } else if (word == "user") {
                rule.users.push_back(line.take("user"));
            } else if (word == "minutes") {
                const auto [first, end] = line.range("minutes");
                rule.windows.push_back({first, end});
            } else {
                rule.services.push_back(service(word, line));
            }
        }
        put(std::move(rule), firewall.rules);
    }

    // nat NAME source|destination|one-to-one|exempt [from ZONE] [to ZONE] [match P] [tcp|udp N[-M]] [into P
    // [PORT]] [no-hairpin]
    void add_nat(WordReader& line, model::FirewallProgram& firewall) const {
        using Kind = model::NatKind;
        model::NatRule rule;
        rule.name = line.take("name");
        rule.kind = line.choice<Kind>("kind of translation", {{"source", Kind::source},
                                                              {"destination", Kind::destination},
                                                              {"one-to-one", Kind::one_to_one},
                                                              {"exempt", Kind::exempt}});
        while (!line.done()) {
            const std::string& word = line.take("word");
            if (take_zone(word, line, firewall, rule)) continue;
            if (word == "match") {
                rule.match.push_back(family_.prefix(line.take("prefix")));
            } else if (word == "into") {
                rule.translated.push_back(family_.prefix(line.take("address")));
                if (line.number_follows()) rule.translated_port = line.number<std::uint16_t>("port");
            } else if (word == "no-hairpin") {
                rule.hairpin = false;
            } else {
                rule.service = service(word, line);
            }
        }
        put(std::move(rule), firewall.nat);
    }

    [[nodiscard]] model::ServiceMatch service(const std::string& word, WordReader& line) const {
        model::ServiceMatch service;
        if (word == "icmp") {
            service.protocol = family_.ipv6() ? 58 : 1;
            if (line.number_follows()) service.icmp_type = line.number<std::uint16_t>("type");
            if (line.number_follows()) service.icmp_code = line.number<std::uint16_t>("code");
        } else if (word == "echo") {
            service.protocol = family_.ipv6() ? 58 : 1;
            service.icmp_type = family_.ipv6() ? 128 : 8;
        } else if (word == "protocol") {
            service.protocol = line.number<std::uint8_t>("protocol");
        } else {
            const std::string name = word.substr(0, word.find('-'));
            if ((name != "tcp" && name != "udp") || (word != name && word != name + "-from"))
                throw CaseError("no word '" + word + "' of a rule");
            service.protocol = name == "tcp" ? 6 : 17;
            const auto [first, last] = line.range("ports");
            (word == name ? service.destination_port : service.source_port) = {first, last};
        }
        return service;
    }

    Family family_;
    std::map<std::string, Way> ways_;
};

}  // namespace sluice::dataplane::cases
