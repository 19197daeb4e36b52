#include "policy/firewall_objects.hpp"

#include <algorithm>

#include "policy/firewall_text.hpp"
#include "policy/well_known_services.hpp"

namespace sluice::policy::detail {

using model::FirewallLimits;
using model::ServiceMatch;
using net::Prefix;

bool before(const Prefix& a, const Prefix& b) {
    return a.is_v4() != b.is_v4() ? a.is_v4() : a < b;
}

void normalize(std::vector<Prefix>& prefixes) {
    if (prefixes.size() < 2) return;
    std::sort(prefixes.begin(), prefixes.end(), before);
    // In order, a prefix that contains others stands directly before them.
    std::size_t kept = 1;
    for (std::size_t i = 1; i < prefixes.size(); ++i) {
        const bool held =
            prefixes[kept - 1].is_v4() == prefixes[i].is_v4() && prefixes[kept - 1].contains(prefixes[i]);
        if (!held) prefixes[kept++] = prefixes[i];
    }
    prefixes.resize(kept);
}

namespace {

void remove_repeated(std::vector<ServiceMatch>& matches) {
    std::vector<ServiceMatch> kept;
    for (const auto& match : matches) {
        if (std::find(kept.begin(), kept.end(), match) == kept.end()) kept.push_back(match);
    }
    matches = std::move(kept);
}

void add_attribute(const model::AttributeMatch& match, std::vector<model::AttributeMatch>& out) {
    if (match.any() && std::find(out.begin(), out.end(), match) == out.end()) out.push_back(match);
}

}  // namespace

FirewallObjects::FirewallObjects(const model::FirewallPolicy& policy) : policy_(policy) {
    zones_.emplace("internet", model::internet_zone);
    for (const auto& zone : policy.zones) zones_.emplace(zone, static_cast<model::ZoneIndex>(zones_.size()));
    for (const auto& schedule : policy.schedules) schedules_.emplace(schedule.name, &schedule);
    for (const auto& user : policy.users) users_.emplace(user, true);
    for (const auto& group : policy.user_groups) users_.emplace(group, true);
    for (const auto& object : policy.addresses) addresses_[object.name].object = &object;
    for (const auto& group : policy.address_groups) addresses_[group.name].group = &group;
    for (const auto& object : policy.services) services_[object.name].object = &object;
    for (const auto& group : policy.service_groups) services_[group.name].group = &group;
}

std::optional<model::ZoneIndex> FirewallObjects::zone(std::string_view name) const {
    const auto found = zones_.find(name);
    if (found == zones_.end()) return std::nullopt;
    return found->second;
}

const model::SchedulePolicy* FirewallObjects::schedule(std::string_view name) const {
    const auto found = schedules_.find(name);
    return found == schedules_.end() ? nullptr : found->second;
}

bool FirewallObjects::is_user(std::string_view name) const {
    return users_.contains(name);
}

bool FirewallObjects::has_address(std::string_view name) const {
    return addresses_.contains(name);
}

bool FirewallObjects::has_service(std::string_view name) const {
    return services_.contains(name) || !find_well_known_service(name).empty();
}

const Addresses* FirewallObjects::written_out(AddressEntry& entry, NameFault& fault) {
    if (entry.state == State::open) {
        fault = NameFault::cycle;
        return nullptr;
    }
    if (entry.state == State::untouched) {
        entry.state = State::open;
        if (entry.object != nullptr) {
            for (const auto& range : entry.object->ranges) add_prefixes(range, entry.values.prefixes);
            add_attribute(entry.object->is, entry.values.attributes);
        }
        if (entry.group != nullptr) {
            for (const auto& member : entry.group->members) {
                entry.fault = add_addresses(member, entry.values);
                if (entry.values.prefixes.size() > FirewallLimits::written_out_addresses)
                    entry.fault = NameFault::too_many;
                if (entry.fault != NameFault::none) break;
            }
        }
        normalize(entry.values.prefixes);
        kept_addresses_ += entry.values.prefixes.size();
        if (kept_addresses_ > 4 * FirewallLimits::written_out_addresses) entry.fault = NameFault::too_many;
        if (entry.fault != NameFault::none) entry.values = {};
        entry.state = State::done;
    }
    fault = entry.fault;
    return fault == NameFault::none ? &entry.values : nullptr;
}

const std::vector<ServiceMatch>* FirewallObjects::written_out(ServiceEntry& entry, NameFault& fault) {
    if (entry.state == State::open) {
        fault = NameFault::cycle;
        return nullptr;
    }
    if (entry.state == State::untouched) {
        entry.state = State::open;
        if (entry.object != nullptr) entry.values = entry.object->matches;
        if (entry.group != nullptr) {
            for (const auto& member : entry.group->members) {
                entry.fault = add_services(member, entry.values);
                if (entry.fault == NameFault::none) remove_repeated(entry.values);
                if (entry.values.size() > 1'000) entry.fault = NameFault::too_many;
                if (entry.fault != NameFault::none) break;
            }
        }
        kept_services_ += entry.values.size();
        if (kept_services_ > 4 * FirewallLimits::written_out_services) entry.fault = NameFault::too_many;
        if (entry.fault != NameFault::none) entry.values = {};
        entry.state = State::done;
    }
    fault = entry.fault;
    return fault == NameFault::none ? &entry.values : nullptr;
}

NameFault FirewallObjects::add_addresses(const std::string& reference, Addresses& out) {
    if (!is_object_name(reference)) {
        const auto range = parse_address_range(reference);
        if (!range) return NameFault::unknown;
        add_prefixes(*range, out.prefixes);
        return NameFault::none;
    }
    const auto found = addresses_.find(reference);
    if (found == addresses_.end()) return NameFault::unknown;
    NameFault fault = NameFault::none;
    if (const auto* values = written_out(found->second, fault)) {
        out.prefixes.insert(out.prefixes.end(), values->prefixes.begin(), values->prefixes.end());
        for (const auto& match : values->attributes) add_attribute(match, out.attributes);
        if (out.attributes.size() > FirewallLimits::rule_attributes) fault = NameFault::too_many;
    }
    return fault;
}

NameFault FirewallObjects::add_services(const std::string& reference, std::vector<ServiceMatch>& out) {
    if (!is_object_name(reference)) {
        const auto match = parse_service_match(reference);
        if (!match) return NameFault::unknown;
        out.push_back(*match);
        return NameFault::none;
    }
    const auto found = services_.find(reference);
    if (found == services_.end()) {
        const auto known = find_well_known_service(reference);
        out.insert(out.end(), known.begin(), known.end());
        return known.empty() ? NameFault::unknown : NameFault::none;
    }
    NameFault fault = NameFault::none;
    if (const auto* values = written_out(found->second, fault))
        out.insert(out.end(), values->begin(), values->end());
    return fault;
}

std::vector<std::string> FirewallObjects::address_names() const {
    std::vector<std::string> names;
    for (const auto& object : policy_.addresses) names.push_back(object.name);
    for (const auto& group : policy_.address_groups) names.push_back(group.name);
    return names;
}

std::vector<std::string> FirewallObjects::service_names() const {
    std::vector<std::string> names;
    for (const auto& object : policy_.services) names.push_back(object.name);
    for (const auto& group : policy_.service_groups) names.push_back(group.name);
    for (const auto& service : well_known_services()) names.emplace_back(service.name);
    return names;
}

std::vector<std::string> FirewallObjects::zone_names() const {
    std::vector<std::string> names = policy_.zones;
    names.emplace_back("internet");
    return names;
}

std::vector<std::string> FirewallObjects::user_names() const {
    std::vector<std::string> names = policy_.users;
    names.insert(names.end(), policy_.user_groups.begin(), policy_.user_groups.end());
    return names;
}

std::vector<std::string> FirewallObjects::schedule_names() const {
    std::vector<std::string> names;
    for (const auto& schedule : policy_.schedules) names.push_back(schedule.name);
    return names;
}

}  // namespace sluice::policy::detail
