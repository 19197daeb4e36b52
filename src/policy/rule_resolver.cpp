#include "policy/rule_resolver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "policy/week_windows.hpp"

namespace sluice::policy::detail {
namespace {

using model::FirewallLimits;
using model::NatRule;

std::unexpected<base::Error> no_such(const std::string& name, NameFault fault) {
    if (fault == NameFault::too_many)
        return base::fail(base::ErrorCode::exhausted, fmt::format("'{}' holds too much", name), {},
                          "use fewer or wider prefixes");
    return base::fail(base::ErrorCode::invalid_argument,
                      fault == NameFault::cycle ? fmt::format("group '{}' holds itself", name)
                                                : fmt::format("'{}' stands for nothing", name),
                      {}, "apply a policy that defines it");
}

std::unexpected<base::Error> too_many(std::string_view what, std::size_t limit) {
    return base::fail(
        base::ErrorCode::exhausted,
        fmt::format("the rules hold more than {} {} when their groups are written out", limit, what), {},
        "use wider prefixes or smaller groups");
}

}  // namespace

base::Result<std::vector<model::ZoneIndex>> RuleResolver::zones(const std::vector<std::string>& names) const {
    std::vector<model::ZoneIndex> indexes;
    for (const auto& name : names) {
        const auto index = objects_.zone(name);
        if (!index) return no_such(name, NameFault::unknown);
        indexes.push_back(*index);
    }
    std::sort(indexes.begin(), indexes.end());
    return indexes;
}

base::Result<Addresses> RuleResolver::addresses(const std::vector<std::string>& references) {
    Addresses written;
    for (const auto& reference : references) {
        if (const auto fault = objects_.add_addresses(reference, written); fault != NameFault::none)
            return no_such(reference, fault);
    }
    normalize(written.prefixes);
    written_addresses_ += written.prefixes.size();
    if (written_addresses_ > FirewallLimits::written_out_addresses)
        return too_many("addresses", FirewallLimits::written_out_addresses);
    return written;
}

base::Result<std::vector<model::ServiceMatch>> RuleResolver::services(
    const std::vector<std::string>& references) {
    std::vector<model::ServiceMatch> matches;
    for (const auto& reference : references) {
        if (const auto fault = objects_.add_services(reference, matches); fault != NameFault::none)
            return no_such(reference, fault);
    }
    // Anything is what an empty list says.
    if (std::find(matches.begin(), matches.end(), model::ServiceMatch{}) != matches.end()) matches.clear();
    written_services_ += matches.size();
    if (written_services_ > FirewallLimits::written_out_services)
        return too_many("services", FirewallLimits::written_out_services);
    return matches;
}

base::Result<model::FirewallRule> RuleResolver::rule(const model::RulePolicy& policy) {
    model::FirewallRule rule;
    rule.name = policy.name;
    rule.action = policy.action;
    rule.log = policy.log;
    auto from = zones(policy.from);
    if (!from) return std::unexpected(from.error());
    rule.from = std::move(*from);
    auto to = zones(policy.to);
    if (!to) return std::unexpected(to.error());
    rule.to = std::move(*to);
    auto sources = addresses(policy.source);
    if (!sources) return std::unexpected(sources.error());
    rule.sources = std::move(sources->prefixes);
    rule.source_is = std::move(sources->attributes);
    auto destinations = addresses(policy.destination);
    if (!destinations) return std::unexpected(destinations.error());
    rule.destinations = std::move(destinations->prefixes);
    rule.destination_is = std::move(destinations->attributes);
    auto matches = services(policy.service);
    if (!matches) return std::unexpected(matches.error());
    rule.services = std::move(*matches);
    for (const auto& user : policy.users) {
        if (!objects_.is_user(user)) return no_such(user, NameFault::unknown);
        rule.users.push_back(user);
    }
    std::vector<const model::SchedulePolicy*> schedules;
    for (const auto& name : policy.schedule) {
        schedules.push_back(objects_.schedule(name));
        if (schedules.back() == nullptr) return no_such(name, NameFault::unknown);
    }
    rule.windows = week_windows(schedules, utc_offset_);
    return rule;
}

base::Result<std::vector<NatRule>> RuleResolver::nat(const model::NatPolicy& policy) {
    NatRule rule;
    rule.name = policy.name;
    rule.kind = policy.kind;
    rule.hairpin = policy.hairpin;
    auto from = zones(policy.from);
    if (!from) return std::unexpected(from.error());
    rule.from = std::move(*from);
    auto to = zones(policy.to);
    if (!to) return std::unexpected(to.error());
    rule.to = std::move(*to);
    auto sources = addresses(policy.source);
    if (!sources) return std::unexpected(sources.error());
    if (!sources->attributes.empty())
        return base::fail(base::ErrorCode::invalid_argument,
                          fmt::format("NAT rule '{}' asks for countries or reputations", policy.name), {},
                          "NAT goes by addresses: write prefixes");
    switch (policy.kind) {
        case model::NatKind::source: {
            rule.match = std::move(sources->prefixes);
            rule.translated = policy.pool;
            normalize(rule.translated);
            const bool v4 = !policy.pool.empty() && policy.pool.front().is_v4();
            if (rule.match.empty())
                rule.match = {v4 ? net::Prefix::of(net::Address::v4(0), 0) : net::Prefix{}};
            // A group may hold both families; the pool has one.
            std::erase_if(rule.match, [&](const net::Prefix& prefix) { return prefix.is_v4() != v4; });
            if (rule.match.empty() || rule.translated.empty())
                return base::fail(base::ErrorCode::invalid_argument,
                                  fmt::format("NAT rule '{}' translates nothing", policy.name), {},
                                  "write sources and a pool of one family");
            return std::vector{rule};
        }
        case model::NatKind::exempt:
            rule.match = std::move(sources->prefixes);
            return std::vector{rule};
        case model::NatKind::one_to_one:
            if (!policy.public_side || !policy.inside) break;
            rule.match = {*policy.public_side};
            rule.translated = {*policy.inside};
            return std::vector{rule};
        case model::NatKind::destination: {
            if (!policy.public_side || !policy.server) break;
            auto matches = services(policy.service);
            if (!matches) return std::unexpected(matches.error());
            rule.match = {*policy.public_side};
            rule.translated = {net::Prefix::host(*policy.server)};
            rule.translated_port = policy.server_port;
            std::vector<NatRule> rules;
            for (const auto& match : *matches) {
                rule.service = match;
                rules.push_back(rule);
            }
            return rules;
        }
    }
    return base::fail(base::ErrorCode::invalid_argument,
                      fmt::format("NAT rule '{}' lacks a side", policy.name), {}, "write both addresses");
}

}  // namespace sluice::policy::detail
