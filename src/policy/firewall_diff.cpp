#include "policy/firewall_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <unordered_map>

#include "policy/attributes.hpp"
#include "policy/duration_text.hpp"
#include "policy/firewall_text.hpp"
#include "policy/names.hpp"
#include "policy/rate_text.hpp"
#include "policy/rule_words.hpp"

namespace sluice::policy::detail {
namespace {

using model::FirewallPolicy;
using Action = PolicyChange::Action;
using Texts = std::vector<std::string>;

// More than anybody reads at once; and an answer must not grow with the policy.
constexpr std::size_t most_told = 500;

std::string text_of(const model::AttachmentPolicy& attachment) {
    Texts prefixes;
    for (const auto& prefix : attachment.prefixes) prefixes.push_back(format_prefix(prefix));
    std::string text =
        fmt::format("{} in zone {}", name_of(attachment_names, attachment.kind), attachment.zone);
    if (attachment.vlan != 0) text += fmt::format(", VLAN {}", attachment.vlan);
    if (attachment.inner_vlan != 0) text += fmt::format(".{}", attachment.inner_vlan);
    if (attachment.vni != 0)
        text += fmt::format(", VXLAN {} to {}", attachment.vni, attachment.tunnel_endpoint.to_string());
    text += ", port " + attachment.port;
    if (!attachment.site.empty()) text += ", site " + attachment.site;
    if (!attachment.gateway4.is_none()) text += ", gateway " + attachment.gateway4.to_string();
    if (!attachment.gateway6.is_none()) text += ", gateway " + attachment.gateway6.to_string();
    if (attachment.next_hop_mac != decltype(attachment.next_hop_mac){})
        text += ", router " + format_mac(attachment.next_hop_mac);
    return text + ": " + and_list(prefixes);
}

Texts values_of(const model::AddressObject& object) {
    Texts values;
    for (const auto& range : object.ranges) values.push_back(format_address_range(range));
    if (object.is.any()) values.push_back("what is " + attribute_words(object.is));
    return values;
}

Texts values_of(const model::ServiceObject& object) {
    Texts values;
    for (const auto& match : object.matches) values.push_back(service_words(format_service_match(match)));
    return values;
}

Texts values_of(const model::ObjectGroup& group) {
    return group.members;
}

std::string text_of(const model::SchedulePolicy& schedule) {
    Texts hours;
    for (const auto& one : schedule.hours) hours.push_back(format_hours(one));
    return and_list(names_of_days(schedule.days)) + (hours.empty() ? ", all day" : ", " + and_list(hours));
}

std::string text_of(const model::NatPolicy& nat) {
    Texts pool;
    for (const auto& prefix : nat.pool) pool.push_back(format_prefix(prefix));
    std::string text = name_of(nat_names, nat.kind);
    if (!nat.from.empty()) text += " from " + and_list(nat.from);
    if (!nat.to.empty()) text += " to " + and_list(nat.to);
    if (!nat.source.empty()) text += ", source " + and_list(nat.source);
    if (!pool.empty()) text += ", leaves as " + and_list(pool);
    if (nat.public_side) text += ", " + format_prefix(*nat.public_side);
    Texts services;
    for (const auto& reference : nat.service) services.push_back(service_words(reference));
    if (!services.empty()) text += " " + and_list(services);
    if (nat.server) text += " goes to " + nat.server->to_string();
    if (nat.server_port != 0) text += fmt::format(" port {}", nat.server_port);
    if (nat.inside) text += " is " + format_prefix(*nat.inside);
    return nat.hairpin ? text : text + ", without hairpin";
}

std::string text_of(const model::RateLimit& limit) {
    Texts parts;
    if (limit.packets_per_s > 0) parts.push_back(exact_packets(limit.packets_per_s));
    if (limit.bits_per_s > 0) parts.push_back(exact_bits(limit.bits_per_s));
    return parts.empty() ? "no limit" : and_list(parts);
}

// The positions of the longest part of `order` that grows: what stays where it is when the rest moves.
std::set<std::size_t> unmoved(const std::vector<std::size_t>& order) {
    std::vector<std::size_t> ends;  // of the best run of each length, as positions in `order`
    std::vector<std::size_t> previous(order.size(), order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto at =
            std::lower_bound(ends.begin(), ends.end(), order[i],
                             [&](std::size_t end, std::size_t value) { return order[end] < value; });
        if (at != ends.begin()) previous[i] = *std::prev(at);
        if (at == ends.end())
            ends.push_back(i);
        else
            *at = i;
    }
    std::set<std::size_t> kept;
    for (std::size_t i = ends.empty() ? order.size() : ends.back(); i < order.size(); i = previous[i])
        kept.insert(i);
    return kept;
}

class FirewallDiff {
  public:
    FirewallDiff(const FirewallPolicy& before, const FirewallPolicy& after)
        : before_(before), after_(after) {}

    std::vector<PolicyChange> run() {
        fact("enabled", before_.enabled ? "on" : "off", after_.enabled ? "on" : "off");
        fact("time_zone", before_.time_zone, after_.time_zone);
        names("zone", "zones", before_.zones, after_.zones);
        items("attachment", "attachments", before_.attachments, after_.attachments,
              [](const auto& one) { return text_of(one); });
        objects("address", "addresses", before_.addresses, after_.addresses);
        objects("address group", "address_groups", before_.address_groups, after_.address_groups);
        objects("service", "services", before_.services, after_.services);
        objects("service group", "service_groups", before_.service_groups, after_.service_groups);
        items("schedule", "schedules", before_.schedules, after_.schedules,
              [](const auto& one) { return text_of(one); });
        names("user", "users", before_.users, after_.users);
        names("user group", "user_groups", before_.user_groups, after_.user_groups);
        rules();
        items("NAT rule", "nat", before_.nat, after_.nat, [](const auto& one) { return text_of(one); });
        order_of_nat();
        numbers();
        return std::move(changes_);
    }

  private:
    void add(Action action, const std::string& path, std::optional<std::string> before,
             std::optional<std::string> after, std::string words) {
        changes_.push_back(
            {action, {}, "firewall/" + path, std::move(before), std::move(after), std::move(words)});
    }

    void fact(const std::string& path, const std::string& before, const std::string& after) {
        if (before != after)
            add(Action::change, path, before, after,
                fmt::format("the firewall's {} changes from {} to {}", path, before, after));
    }

    void names(const char* what, const char* path, const Texts& before, const Texts& after) {
        const std::set<std::string> old_names(before.begin(), before.end());
        const std::set<std::string> new_names(after.begin(), after.end());
        for (const auto& name : after) {
            if (!old_names.contains(name))
                add(Action::add, fmt::format("{}/{}", path, name), {}, what,
                    fmt::format("{} '{}' is added", what, name));
        }
        for (const auto& name : before) {
            if (!new_names.contains(name))
                add(Action::remove, fmt::format("{}/{}", path, name), what, {},
                    fmt::format("{} '{}' is removed", what, name));
        }
    }

    template <class T>
    static std::unordered_map<std::string_view, const T*> by_name(const std::vector<T>& list) {
        std::unordered_map<std::string_view, const T*> map;
        for (const auto& one : list) map.emplace(one.name, &one);
        return map;
    }

    // `words` tells a change of one; without it, both texts do.
    template <class T, class Text, class Words>
    void items(const char* what, const char* path, const std::vector<T>& before, const std::vector<T>& after,
               Text text, Words words) {
        const auto old_ones = by_name(before);
        const auto new_ones = by_name(after);
        for (const auto& one : after) {
            const std::string at = fmt::format("{}/{}", path, one.name);
            const auto found = old_ones.find(one.name);
            if (found == old_ones.end())
                add(Action::add, at, {}, text(one),
                    fmt::format("{} '{}' is added: {}", what, one.name, text(one)));
            else if (*found->second != one)
                add(Action::change, at, text(*found->second), text(one),
                    fmt::format("{} '{}' {}", what, one.name, words(*found->second, one)));
        }
        for (const auto& one : before) {
            if (!new_ones.contains(one.name))
                add(Action::remove, fmt::format("{}/{}", path, one.name), text(one), {},
                    fmt::format("{} '{}' is removed (it was: {})", what, one.name, text(one)));
        }
    }
    template <class T, class Text>
    void items(const char* what, const char* path, const std::vector<T>& before, const std::vector<T>& after,
               Text text) {
        items(what, path, before, after, text, [&](const T& old_one, const T& new_one) {
            return fmt::format("changes from {} to {}", text(old_one), text(new_one));
        });
    }

    // Of addresses, services and their groups: what they hold, and which rules that reaches.
    template <class T>
    void objects(const char* what, const char* path, const std::vector<T>& before,
                 const std::vector<T>& after) {
        items(
            what, path, before, after, [](const T& one) { return and_list(values_of(one)); },
            [&](const T& old_one, const T& new_one) {
                const Texts was = values_of(old_one);
                const Texts is = values_of(new_one);
                std::string text;
                const auto phrase = [&](const char* begin, const Texts& list, const Texts& other) {
                    Texts only;
                    for (const auto& value : list) {
                        if (std::find(other.begin(), other.end(), value) == other.end())
                            only.push_back(value);
                    }
                    if (!only.empty()) text += (text.empty() ? "" : "; ") + (begin + and_list(only));
                };
                phrase("now also holds ", is, was);
                phrase("no longer holds ", was, is);
                if (text.empty()) text = "is written in another order";
                return text + used_by(new_one.name);
            });
    }

    // " (used by rules a, b and 3 more)", through groups as well.
    std::string used_by(const std::string& name) const {
        std::set<std::string> reached{name};
        for (bool grown = true; grown;) {
            grown = false;
            for (const auto* groups : {&after_.address_groups, &after_.service_groups}) {
                for (const auto& group : *groups) {
                    const bool holds =
                        std::any_of(group.members.begin(), group.members.end(),
                                    [&](const auto& member) { return reached.contains(member); });
                    if (holds && reached.insert(group.name).second) grown = true;
                }
            }
        }
        const auto names_it = [&](const Texts& references) {
            return std::any_of(references.begin(), references.end(),
                               [&](const auto& reference) { return reached.contains(reference); });
        };
        Texts rules;
        for (const auto& rule : after_.rules) {
            if (names_it(rule.source) || names_it(rule.destination) || names_it(rule.service))
                rules.push_back(rule.name);
        }
        for (const auto& nat : after_.nat) {
            if (names_it(nat.source) || names_it(nat.service)) rules.push_back(nat.name);
        }
        if (rules.empty()) return ", which no rule uses";
        constexpr std::size_t most_named = 3;
        const std::size_t count = rules.size();
        if (count > most_named) {
            rules.resize(most_named);
            rules.push_back(fmt::format("{} more", count - most_named));
        }
        return fmt::format(" (used by {} {})", count == 1 ? "rule" : "rules", and_list(rules));
    }

    void rules() {
        items("rule", "rules", before_.rules, after_.rules, rule_text, rule_change);
        order("rule", "rules", before_.rules, after_.rules);
    }
    void order_of_nat() { order("NAT rule", "nat", before_.nat, after_.nat); }

    // The first that matches counts: those that stand elsewhere among the others.
    template <class T>
    void order(const char* what, const char* path, const std::vector<T>& before,
               const std::vector<T>& after) {
        std::unordered_map<std::string_view, std::size_t> places;
        for (std::size_t i = 0; i < before.size(); ++i) places.emplace(before[i].name, i);
        std::vector<std::size_t> present;  // in `after`
        std::vector<std::size_t> was;
        for (std::size_t i = 0; i < after.size(); ++i) {
            if (const auto found = places.find(after[i].name); found != places.end()) {
                present.push_back(i);
                was.push_back(found->second);
            }
        }
        const auto kept = unmoved(was);
        for (std::size_t i = 0; i < was.size(); ++i) {
            if (kept.contains(i)) continue;
            const auto& moved = after[present[i]];
            const bool last = present[i] + 1 == after.size();
            add(Action::change, fmt::format("{}/{}/order", path, moved.name), fmt::format("{}", was[i] + 1),
                fmt::format("{}", present[i] + 1),
                last ? fmt::format("{} '{}' now stands last", what, moved.name)
                     : fmt::format("{} '{}' now stands before '{}'", what, moved.name,
                                   after[present[i] + 1].name));
        }
    }

    void numbers() {
        for (const auto& row : timeout_names)
            fact(fmt::format("timeouts/{}", row.text),
                 format_duration(std::chrono::seconds{before_.timeouts.*row.value}),
                 format_duration(std::chrono::seconds{after_.timeouts.*row.value}));
        for (const auto& row : flow_limit_names)
            fact(fmt::format("limits/{}", row.text), fmt::format("{}", before_.limits.*row.value),
                 fmt::format("{}", after_.limits.*row.value));
        fact("committed_rate/inbound", text_of(before_.inbound), text_of(after_.inbound));
        fact("committed_rate/outbound", text_of(before_.outbound), text_of(after_.outbound));
        fact("outbound/contain", name_of(outbound_action_names, before_.attacks.contain),
             name_of(outbound_action_names, after_.attacks.contain));
        for (const auto& row : outbound_limit_names)
            fact(fmt::format("outbound/{}", row.text), fmt::format("{}", before_.attacks.*row.value),
                 fmt::format("{}", after_.attacks.*row.value));
        fact("outbound/hold", format_duration(std::chrono::seconds{before_.attacks.hold_s}),
             format_duration(std::chrono::seconds{after_.attacks.hold_s}));
        fact("strict_tcp", before_.strict_tcp ? "true" : "false", after_.strict_tcp ? "true" : "false");
    }

    const FirewallPolicy& before_;
    const FirewallPolicy& after_;
    std::vector<PolicyChange> changes_;
};

std::string summary(const FirewallPolicy& firewall) {
    const auto counted = [](std::size_t count, const char* what) {
        return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    return counted(firewall.zones.size(), "zone") + ", " + counted(firewall.rules.size(), "rule") + ", " +
           counted(firewall.nat.size(), "NAT rule");
}

}  // namespace

std::vector<PolicyChange> diff_firewall(const std::optional<FirewallPolicy>& before,
                                        const std::optional<FirewallPolicy>& after) {
    std::vector<PolicyChange> changes;
    if (before == after) return changes;
    if (!after) {
        changes.push_back({Action::remove,
                           {},
                           "firewall",
                           summary(*before),
                           {},
                           "the firewall is removed: traffic is only scrubbed and forwarded (it was " +
                               summary(*before) + ")"});
        return changes;
    }
    if (!before)
        changes.push_back(
            {Action::add, {}, "firewall", {}, summary(*after), "a firewall is added: " + summary(*after)});
    auto details = FirewallDiff(before.value_or(FirewallPolicy{}), *after).run();
    const std::size_t count = details.size();
    if (count > most_told) details.resize(most_told);
    changes.insert(changes.end(), std::make_move_iterator(details.begin()),
                   std::make_move_iterator(details.end()));
    if (count > most_told) {
        const std::string more = fmt::format("{} more changes of the firewall", count - most_told);
        changes.push_back({Action::change, {}, "firewall", "not listed", more, "and " + more});
    }
    return changes;
}

}  // namespace sluice::policy::detail
