#include "policy/name_checks.hpp"

#include <fmt/format.h>

#include "policy/firewall_text.hpp"
#include "policy/nearest.hpp"

namespace sluice::policy::detail {
namespace {

constexpr std::size_t most_names_told = 12;

bool is_any(const std::vector<Node>& items) {
    return items.size() == 1 && items[0].as<std::string>() == "any";
}

}  // namespace

std::vector<Node> names_in(const Node& node) {
    if (!node) return {};
    return node.kind() == NodeKind::text ? std::vector{node} : node.items();
}

void NameChecks::unknown(const Node& place, std::string_view what, const std::string& name,
                         const std::vector<std::string>& known, std::string_view where_to_define) {
    const std::string_view near = nearest(name, known);
    std::string hint = fmt::format("define it under '{}' first", where_to_define);
    if (name == "any")
        hint = "'any' stands alone; leave the others out, or leave 'any' out";
    else if (!near.empty())
        hint = fmt::format("did you mean '{}'?", near);
    else if (!known.empty() && known.size() <= most_names_told)
        hint = fmt::format("write {}, or define it under '{}'", one_of(known), where_to_define);
    problems_.add(place.error(fmt::format("there is no {} '{}'", what, name), hint));
}

bool NameChecks::zones(const Node& names, bool any_allowed) {
    const auto items = names_in(names);
    if (any_allowed && is_any(items)) return true;
    bool all = true;
    for (const auto& item : items) {
        const auto name = item.as<std::string>();
        if (objects_.zone(name)) continue;
        unknown(item, "zone", name, objects_.zone_names(), "zones");
        all = false;
    }
    return all;
}

bool NameChecks::addresses(const Node& names, bool any_allowed) {
    const auto items = names_in(names);
    if (any_allowed && is_any(items)) return true;
    bool all = true;
    for (const auto& item : items) {
        const auto name = item.as<std::string>();
        if (!is_object_name(name) || objects_.has_address(name)) continue;
        unknown(item, "address or address group", name, objects_.address_names(), "addresses");
        all = false;
    }
    return all;
}

bool NameChecks::services(const Node& names) {
    bool all = true;
    for (const auto& item : names_in(names)) {
        const auto name = item.as<std::string>();
        if (!is_object_name(name) || objects_.has_service(name)) continue;
        const auto known = objects_.service_names();
        if (nearest(name, known).empty())
            problems_.add(
                item.error(fmt::format("there is no service or service group '{}'", name),
                           "write a protocol with ports, as tcp/8443, or define it under 'services'"));
        else
            unknown(item, "service or service group", name, known, "services");
        all = false;
    }
    return all;
}

bool NameChecks::users(const Node& names) {
    const auto items = names_in(names);
    if (is_any(items)) return true;
    bool all = true;
    for (const auto& item : items) {
        const auto name = item.as<std::string>();
        if (objects_.is_user(name)) continue;
        unknown(item, "user or user group", name, objects_.user_names(), "user_groups");
        all = false;
    }
    return all;
}

bool NameChecks::schedules(const Node& names) {
    const auto items = names_in(names);
    if (is_any(items)) return true;
    bool all = true;
    for (const auto& item : items) {
        const auto name = item.as<std::string>();
        if (objects_.schedule(name) != nullptr) continue;
        unknown(item, "schedule", name, objects_.schedule_names(), "schedules");
        all = false;
    }
    return all;
}

}  // namespace sluice::policy::detail
