#include "policy/firewall_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "net/assignable.hpp"
#include "policy/attributes.hpp"
#include "policy/duration_text.hpp"
#include "policy/firewall_resolver.hpp"
#include "policy/firewall_text.hpp"
#include "policy/name_checks.hpp"
#include "policy/names.hpp"
#include "policy/nat_checks.hpp"
#include "policy/nearest.hpp"
#include "policy/rule_cover.hpp"
#include "policy/unique_names.hpp"
#include "policy/well_known_services.hpp"

namespace sluice::policy::detail {
namespace {

using model::AttachmentKind;
using model::FirewallPolicy;
using net::Prefix;

struct KindKeys {
    AttachmentKind kind;
    std::vector<std::string_view> needed;
};
const std::vector<KindKeys>& kind_keys() {
    static const std::vector<KindKeys> table = {
        {AttachmentKind::prefix, {}},
        {AttachmentKind::port, {"port"}},
        {AttachmentKind::vlan, {"vlan"}},
        {AttachmentKind::qinq, {"vlan", "inner_vlan"}},
        {AttachmentKind::vxlan, {"vni", "tunnel_endpoint"}},
    };
    return table;
}
constexpr std::string_view link_keys[] = {"vlan", "inner_vlan", "vni", "tunnel_endpoint"};

struct ReachablePrefix {
    Prefix prefix;
    const model::AttachmentPolicy* attachment;
    Node place;
};

class FirewallChecker {
  public:
    FirewallChecker(const Node& node, const model::TenantPolicy& tenant, Problems& problems,
                    Problems& warnings)
        : node_(node),
          tenant_(tenant),
          policy_(*tenant.protection.firewall),
          problems_(problems),
          warnings_(warnings),
          resolver_(policy_, std::chrono::seconds{0}),
          names_(resolver_.objects(), problems) {}

    void run() {
        const std::size_t before = problems_.errors().size();
        check_zones();
        check_attachments();
        check_reach();
        check_objects();
        check_groups();
        check_timeouts();
        check_outbound();
        check_rules();
        check_nat(node_.at("nat"), tenant_, names_, resolver_, problems_);
        if (problems_.errors().size() == before) check_resolved();
    }

  private:
    void check_zones() {
        for (const auto& zone : node_.at("zones").items()) {
            const auto name = zone.as<std::string>();
            if (name == "internet" || name == "any")
                problems_.add(zone.error(fmt::format("zone '{}' is there without being named", name),
                                         "remove it, or choose another name"));
            const bool attached = std::any_of(policy_.attachments.begin(), policy_.attachments.end(),
                                              [&](const auto& one) { return one.zone == name; });
            if (!attached)
                problems_.add(zone.error(fmt::format("nothing is attached to zone '{}'", name),
                                         "write an attachment with this zone, or remove the zone"));
        }
        if (policy_.attachments.empty() && policy_.enabled)
            problems_.add(
                node_.error(fmt::format("the firewall of tenant '{}' has no attachment", tenant_.slug),
                            "write 'attachments:' with the networks that it protects"));
    }

    void check_attachments() {
        UniqueNames unique(problems_, "attachment");
        std::vector<std::string> sites;
        for (const auto& site : tenant_.sites) sites.push_back(site.name);
        const auto items = node_.at("attachments").items();
        for (std::size_t i = 0; i < items.size() && !problems_.full(); ++i) {
            const auto& attachment = policy_.attachments[i];
            unique.add(attachment.name, items[i].at("name"));
            if (attachment.zone == "internet")
                problems_.add(items[i].at("zone").error("the internet is not attached by a tenant",
                                                        "write one of the tenant's own zones"));
            else
                (void)names_.zones(items[i].at("zone"), false);
            check_link(items[i], attachment);
            if (attachment.site.empty() ||
                std::find(sites.begin(), sites.end(), attachment.site) != sites.end())
                continue;
            const std::string_view near = nearest(attachment.site, sites);
            problems_.add(items[i].at("site").error(
                fmt::format("tenant '{}' has no site '{}'", tenant_.slug, attachment.site),
                near.empty() ? "name it under 'sites' first" : fmt::format("did you mean '{}'?", near)));
        }
    }

    void check_link(const Node& node, const model::AttachmentPolicy& attachment) {
        const auto& needed = std::find_if(kind_keys().begin(), kind_keys().end(), [&](const KindKeys& row) {
                                 return row.kind == attachment.kind;
                             })->needed;
        const std::string kind = name_of(attachment_names, attachment.kind);
        for (const auto key : needed) {
            if (!node.has(key))
                problems_.add(node.error(fmt::format("attachment '{}' has no '{}'", attachment.name, key),
                                         fmt::format("kind {} needs it", kind)));
        }
        for (const auto key : link_keys) {
            if (node.has(key) && std::find(needed.begin(), needed.end(), key) == needed.end())
                problems_.add(node.at(key).error(
                    fmt::format("'{}' means nothing in attachment '{}', which is of kind {}", key,
                                attachment.name, kind),
                    "remove it, or choose the kind that has it"));
        }
    }

    // Within a tenant the longest prefix wins: one within another is told, the same one twice is refused.
    void check_reach() {
        std::vector<ReachablePrefix> reach;
        const auto items = node_.at("attachments").items();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto places = items[i].at("prefixes").items();
            for (std::size_t k = 0; k < places.size(); ++k) {
                const auto& prefix = policy_.attachments[i].prefixes[k];
                if (const auto checked = net::check_assignable(prefix); !checked)
                    problems_.add(places[k].error(checked.error().what, checked.error().hint));
                reach.push_back({prefix, &policy_.attachments[i], places[k]});
            }
        }
        std::stable_sort(reach.begin(), reach.end(),
                         [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
        std::vector<const ReachablePrefix*> around;
        for (const auto& own : reach) {
            while (!around.empty() && !around.back()->prefix.contains(own.prefix)) around.pop_back();
            if (!around.empty()) check_pair(*around.back(), own);
            around.push_back(&own);
        }
    }

    void check_pair(const ReachablePrefix& outer, const ReachablePrefix& inner) {
        if (outer.prefix == inner.prefix || outer.attachment == inner.attachment) {
            problems_.add(inner.place.error(
                fmt::format("{} of attachment '{}' overlaps {} of '{}' in line {}", inner.prefix.to_string(),
                            inner.attachment->name, outer.prefix.to_string(), outer.attachment->name,
                            outer.place.line()),
                "a network is reachable at one place; remove it from one of them"));
            return;
        }
        warnings_.add(inner.place.error(
            fmt::format("{} of attachment '{}' lies within {} of '{}'", inner.prefix.to_string(),
                        inner.attachment->name, outer.prefix.to_string(), outer.attachment->name),
            "the longer prefix wins; this is right if it was meant"));
    }

    template <class Objects>
    void check_names(UniqueNames& unique, std::string_view key, const Objects& objects) {
        const auto items = node_.at(key).items();
        for (std::size_t i = 0; i < items.size() && !problems_.full(); ++i) {
            const Node place = items[i].at("name");
            unique.add(objects[i].name, place);
            if (objects[i].name == "any")
                problems_.add(place.error("'any' stands for everything", "choose another name"));
        }
    }

    void check_objects() {
        UniqueNames addresses(problems_, "address or address group");
        check_names(addresses, "addresses", policy_.addresses);
        check_addresses();
        check_names(addresses, "address_groups", policy_.address_groups);
        UniqueNames services(problems_, "service or service group");
        check_names(services, "services", policy_.services);
        check_names(services, "service_groups", policy_.service_groups);
        for (const std::string_view key : {"services", "service_groups"}) {
            for (const auto& object : node_.at(key).items()) {
                const auto name = object.get<std::string>("name");
                if (name != "any" && !find_well_known_service(name).empty())
                    problems_.add(object.at("name").error(fmt::format("service '{}' is built in", name),
                                                          "choose another name, or use what is built in"));
            }
        }
        UniqueNames schedules(problems_, "schedule");
        check_names(schedules, "schedules", policy_.schedules);
        UniqueNames users(problems_, "user or user group");
        for (const std::string_view key : {"users", "user_groups"}) {
            for (const auto& user : node_.at(key).items()) {
                const auto name = user.as<std::string>();
                users.add(name, user);
                if (name == "any")
                    problems_.add(user.error("'any' stands for everybody", "choose another name"));
            }
        }
    }

    // Either ranges, or what the tables say.
    void check_addresses() {
        for (const auto& object : node_.at("addresses").items()) {
            check_attributes(object, "an address", problems_);
            const bool asks = object.has("country") || object.has("country_not") || object.has("reputation");
            const auto name = object.get<std::string>("name");
            if (asks && object.has("addresses"))
                problems_.add(
                    object.at("addresses")
                        .error(fmt::format("address '{}' has prefixes and asks for what tables say", name),
                               "write two addresses; a group may hold both"));
            else if (!asks && !object.has("addresses"))
                problems_.add(object.error(fmt::format("address '{}' stands for nothing", name),
                                           "write addresses, country, country_not or reputation"));
        }
    }

    void check_groups() {
        for (const auto& group : node_.at("address_groups").items())
            (void)names_.addresses(group.at("members"), false);
        for (const auto& group : node_.at("service_groups").items())
            (void)names_.services(group.at("members"));
        check_circles("address_groups", policy_.address_groups);
        check_circles("service_groups", policy_.service_groups);
    }

    // Depth first without recursion: a group that is open when it is met again holds itself.
    void check_circles(std::string_view key, const std::vector<model::ObjectGroup>& groups) {
        std::map<std::string_view, std::size_t> index;
        for (std::size_t i = 0; i < groups.size(); ++i) index.emplace(groups[i].name, i);
        std::vector<int> state(groups.size(), 0);  // 1: open, 2: done
        struct Step {
            std::size_t group;
            std::size_t member;
        };
        for (std::size_t start = 0; start < groups.size(); ++start) {
            if (state[start] != 0) continue;
            std::vector<Step> path{{start, 0}};
            state[start] = 1;
            while (!path.empty()) {
                Step& step = path.back();
                if (step.member == groups[step.group].members.size()) {
                    state[step.group] = 2;
                    path.pop_back();
                    continue;
                }
                const auto next = index.find(groups[step.group].members[step.member++]);
                if (next == index.end() || state[next->second] == 2) continue;
                if (state[next->second] == 0) {
                    state[next->second] = 1;
                    path.push_back({next->second, 0});
                    continue;
                }
                std::string circle;
                bool within = false;
                for (const auto& one : path) {
                    within = within || one.group == next->second;
                    if (within) circle += groups[one.group].name + " → ";
                }
                problems_.add(node_.at(key).items()[step.group].at("members").error(
                    fmt::format("groups hold each other: {}{}", circle, groups[next->second].name),
                    "remove one of them from the other"));
            }
        }
    }

    void check_timeouts() {
        for (const auto& row : timeout_names) {
            const Node value = node_.at("timeouts").at(row.text);
            if (!value) continue;
            const auto duration = value.as<base::Duration>();
            if (duration >= std::chrono::seconds{1} && duration <= std::chrono::hours{7 * 24}) continue;
            problems_.add(
                value.error(fmt::format("{} is {}", row.text, value.as<std::string>()), "write 1 s to 7 d"));
        }
    }

    void check_outbound() {
        const Node hold = node_.at("outbound").at("hold");
        if (!hold) return;
        const auto duration = hold.as<base::Duration>();
        if (duration >= std::chrono::seconds{10} && duration <= std::chrono::hours{24}) return;
        problems_.add(hold.error(fmt::format("hold is {}", hold.as<std::string>()), "write 10 s to 1 d"));
    }

    void check_rules() {
        UniqueNames unique(problems_, "rule");
        const auto items = node_.at("rules").items();
        for (std::size_t i = 0; i < items.size() && !problems_.full(); ++i) {
            unique.add(policy_.rules[i].name, items[i].at("name"));
            (void)names_.zones(items[i].at("from"));
            (void)names_.zones(items[i].at("to"));
            (void)names_.addresses(items[i].at("source"));
            (void)names_.addresses(items[i].at("destination"));
            (void)names_.services(items[i].at("service"));
            (void)names_.users(items[i].at("users"));
            (void)names_.schedules(items[i].at("schedule"));
        }
    }

    static bool only_family(const std::vector<Prefix>& prefixes, bool v4) {
        return !prefixes.empty() && std::all_of(prefixes.begin(), prefixes.end(),
                                                [&](const Prefix& prefix) { return prefix.is_v4() == v4; });
    }

    void check_nat_size(const model::FirewallProgram& program) {
        if (program.nat.size() > model::FirewallLimits::nat_rules)
            problems_.add(node_.at("nat").error(
                fmt::format("there are {} NAT rules, each service of a port forward counted",
                            program.nat.size()),
                fmt::format("write at most {}; a range of ports counts once",
                            model::FirewallLimits::nat_rules)));
        std::vector<Prefix> pools;
        for (const auto& rule : program.nat) {
            if (rule.kind == model::NatKind::source)
                pools.insert(pools.end(), rule.translated.begin(), rule.translated.end());
        }
        normalize(pools);
        std::uint64_t addresses = 0;
        for (const auto& pool : pools)
            addresses += pool.bits() <= 96 ? 1ULL << 32U : 1ULL << (128U - pool.bits());
        if (addresses > model::FirewallLimits::pool_addresses)
            problems_.add(node_.at("nat").error(
                fmt::format("the pools hold more than {} addresses", model::FirewallLimits::pool_addresses),
                "write smaller pools; an address serves some thousand hosts"));
    }

    // With every name known: what the rules are together.
    void check_resolved() {
        const auto program = resolve_firewall(policy_, {});
        if (!program) {
            problems_.add(node_.error(program.error().what, program.error().hint));
            return;
        }
        check_nat_size(*program);
        const auto items = node_.at("rules").items();
        std::vector<std::size_t> places;  // of the program's rules in the document
        for (std::size_t i = 0; i < policy_.rules.size(); ++i) {
            if (!policy_.rules[i].disabled) places.push_back(i);
        }
        for (std::size_t i = 0; i < program->rules.size() && !problems_.full(); ++i) {
            const auto& rule = program->rules[i];
            if (!rule.source_is.empty() || !rule.destination_is.empty()) continue;
            const bool crossed = (only_family(rule.sources, true) && only_family(rule.destinations, false)) ||
                                 (only_family(rule.sources, false) && only_family(rule.destinations, true));
            if (crossed)
                problems_.add(items[places[i]].error(
                    fmt::format("rule '{}' can never match: its sources are {}, its destinations {}",
                                rule.name, only_family(rule.sources, true) ? "IPv4" : "IPv6",
                                only_family(rule.destinations, true) ? "IPv4" : "IPv6"),
                    "write both of one family"));
        }
        for (const auto& covered : covered_rules(program->rules)) {
            const auto& earlier = program->rules[covered.by];
            const auto& later = program->rules[covered.rule];
            warnings_.add(items[places[covered.rule]].error(
                fmt::format("rule '{}' can never match: '{}' in line {} takes everything before it",
                            later.name, earlier.name, items[places[covered.by]].line()),
                later.action == earlier.action
                    ? "remove it, or make the earlier rule narrower"
                    : fmt::format("move it before '{}', or remove it", earlier.name)));
        }
    }

    const Node& node_;
    const model::TenantPolicy& tenant_;
    const FirewallPolicy& policy_;
    Problems& problems_;
    Problems& warnings_;
    RuleResolver resolver_;
    NameChecks names_;
};

}  // namespace

void check_firewall(const Node& node, const model::TenantPolicy& tenant, Problems& problems,
                    Problems& warnings) {
    if (node && tenant.protection.firewall) FirewallChecker(node, tenant, problems, warnings).run();
}

}  // namespace sluice::policy::detail
