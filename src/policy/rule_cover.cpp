#include "policy/rule_cover.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "policy/firewall_objects.hpp"

namespace sluice::policy {
namespace {

using model::FirewallRule;
using model::PortRange;
using model::ServiceMatch;
using net::Prefix;

bool within(const PortRange& inner, const PortRange& outer) {
    return outer.first <= inner.first && inner.last <= outer.last;
}

bool within(const ServiceMatch& inner, const ServiceMatch& outer) {
    return (outer.protocol == 0 || outer.protocol == inner.protocol) &&
           within(inner.source_port, outer.source_port) &&
           within(inner.destination_port, outer.destination_port) &&
           (outer.icmp_type == ServiceMatch::any_icmp || outer.icmp_type == inner.icmp_type) &&
           (outer.icmp_code == ServiceMatch::any_icmp || outer.icmp_code == inner.icmp_code);
}

bool within(const model::WeekWindow& inner, const model::WeekWindow& outer) {
    return outer.first_minute <= inner.first_minute && inner.end_minute <= outer.end_minute;
}

bool within(const Prefix& inner, const std::vector<Prefix>& outer) {
    // The last one that begins at or before it is the only one that can contain it.
    const auto after = std::upper_bound(outer.begin(), outer.end(), inner, detail::before);
    return after != outer.begin() && std::prev(after)->is_v4() == inner.is_v4() &&
           std::prev(after)->contains(inner);
}

// An empty list is everything.
template <class T, class Within>
bool list_within(const std::vector<T>& inner, const std::vector<T>& outer, Within inside) {
    if (outer.empty()) return true;
    if (inner.empty()) return false;
    return std::all_of(inner.begin(), inner.end(), [&](const T& value) { return inside(value, outer); });
}

// Of either end of a connection: prefixes and what tables say, each adds to the other. Attributes are
// compared by their words: which addresses they stand for changes with the tables.
bool end_within(const std::vector<Prefix>& inner, const std::vector<model::AttributeMatch>& inner_is,
                const std::vector<Prefix>& outer, const std::vector<model::AttributeMatch>& outer_is) {
    if (outer.empty() && outer_is.empty()) return true;
    if (inner.empty() && inner_is.empty()) return false;
    return std::all_of(inner.begin(), inner.end(),
                       [&](const Prefix& value) { return within(value, outer); }) &&
           std::all_of(inner_is.begin(), inner_is.end(), [&](const model::AttributeMatch& value) {
               return std::find(outer_is.begin(), outer_is.end(), value) != outer_is.end();
           });
}

template <class T>
bool in_one_of(const T& value, const std::vector<T>& outer) {
    return std::any_of(outer.begin(), outer.end(), [&](const T& other) { return within(value, other); });
}

// What a rule spans, in a few words that are quickly compared: most pairs of rules differ in them. Wider than
// the rule, never narrower.
struct Hull {
    std::uint64_t from, to;
    std::uint64_t source_first, source_last;
    std::uint64_t destination_first, destination_last;
    std::uint64_t service_first, service_last;
};

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

std::uint64_t zone_mask(const std::vector<model::ZoneIndex>& zones) {
    if (zones.empty()) return most;
    std::uint64_t mask = 0;
    for (const auto zone : zones) mask |= 1ULL << (zone & 63U);
    return mask;
}

// Grows with the address within a family.
std::uint64_t address_key(const net::Address& address) {
    if (address.is_v4()) return address.v4_value();
    std::uint64_t high = 0;
    std::memcpy(&high, address.bytes().data(), 8);
    return __builtin_bswap64(high);
}

void span_of(const std::vector<Prefix>& prefixes, std::uint64_t& first, std::uint64_t& last) {
    first = prefixes.empty() ? 0 : most;
    last = prefixes.empty() ? most : 0;
    for (const auto& prefix : prefixes) {
        const std::uint64_t low = address_key(prefix.address());
        const unsigned free_bits = prefix.is_v4()        ? 128U - prefix.bits()
                                   : prefix.bits() >= 64 ? 0U
                                                         : 64U - prefix.bits();
        const std::uint64_t high = free_bits >= 64 ? most : low | ((1ULL << free_bits) - 1);
        first = std::min(first, low);
        last = std::max(last, high);
    }
}

Hull hull_of(const FirewallRule& rule) {
    Hull hull{zone_mask(rule.from), zone_mask(rule.to), 0, most, 0, most, 0, most};
    // What tables say may hold anywhere.
    if (rule.source_is.empty()) span_of(rule.sources, hull.source_first, hull.source_last);
    if (rule.destination_is.empty())
        span_of(rule.destinations, hull.destination_first, hull.destination_last);
    if (rule.services.empty()) return hull;
    hull.service_first = most;
    hull.service_last = 0;
    for (const auto& service : rule.services) {
        const std::uint64_t base = static_cast<std::uint64_t>(service.protocol) << 16U;
        const bool all = service.protocol == 0;
        hull.service_first = std::min(hull.service_first, all ? 0 : base | service.destination_port.first);
        hull.service_last = std::max(hull.service_last, all ? most : base | service.destination_port.last);
    }
    return hull;
}

bool may_cover(const Hull& earlier, const Hull& later) {
    return earlier.destination_first <= later.destination_first &&
           earlier.destination_last >= later.destination_last && earlier.source_first <= later.source_first &&
           earlier.source_last >= later.source_last && earlier.service_first <= later.service_first &&
           earlier.service_last >= later.service_last && (later.from & ~earlier.from) == 0 &&
           (later.to & ~earlier.to) == 0;
}

}  // namespace

bool covers(const FirewallRule& earlier, const FirewallRule& later) {
    const auto listed = [](const auto& value, const auto& outer) {
        return std::find(outer.begin(), outer.end(), value) != outer.end();
    };
    const auto in_services = [](const ServiceMatch& value, const auto& outer) {
        return in_one_of(value, outer);
    };
    const auto in_windows = [](const model::WeekWindow& value, const auto& outer) {
        return in_one_of(value, outer);
    };
    return list_within(later.from, earlier.from, listed) && list_within(later.to, earlier.to, listed) &&
           end_within(later.sources, later.source_is, earlier.sources, earlier.source_is) &&
           end_within(later.destinations, later.destination_is, earlier.destinations,
                      earlier.destination_is) &&
           list_within(later.services, earlier.services, in_services) &&
           list_within(later.users, earlier.users, listed) &&
           list_within(later.windows, earlier.windows, in_windows);
}

std::vector<CoveredRule> covered_rules(std::span<const FirewallRule> rules) {
    std::vector<Hull> hulls;
    hulls.reserve(rules.size());
    std::vector<CoveredRule> covered;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Hull own = hull_of(rules[i]);
        for (std::size_t by = 0; by < i; ++by) {
            if (!may_cover(hulls[by], own) || !covers(rules[by], rules[i])) continue;
            covered.push_back({i, by});
            break;
        }
        hulls.push_back(own);
    }
    return covered;
}

}  // namespace sluice::policy
