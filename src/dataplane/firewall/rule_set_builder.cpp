#include "dataplane/firewall/rule_set_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace sluice::dataplane::firewall {
namespace {

using base::ErrorCode;
using model::ServiceMatch;

constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;
constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t icmpv6 = 58;

unsigned __int128 wide_of(const net::Address& address) {
    unsigned __int128 value = 0;
    for (const std::uint8_t byte : address.bytes()) value = value << 8U | byte;
    return value;
}

// Ports of no protocol in particular: only a packet that has ports can match them.
bool concerns(const ServiceMatch& service, std::uint8_t protocol) {
    if (service.protocol == 0) {
        return has_ports(protocol) || (is_any(service.source_port) && is_any(service.destination_port));
    }
    return service.protocol == protocol;
}

// Whether a packet without transport header can match.
bool matches_bare(const ServiceMatch& service) {
    return is_any(service.source_port) && is_any(service.destination_port) &&
           service.icmp_type == ServiceMatch::any_icmp && service.icmp_code == ServiceMatch::any_icmp;
}

}  // namespace

RuleSetBuilder::RuleSetBuilder(const model::FirewallProgram& program, Rows rows,
                               const RuleSet::Limits& limits)
    : program_(program), rows_(std::move(rows)), limits_(limits), vectors_(rows_.drafts.size()) {}

// Ranges of one row may overlap and touch; a row begins and ends once at a number.
void RuleSetBuilder::add(Sweep& sweep, std::vector<Range>& ranges, std::uint32_t row, Wide last) {
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    std::size_t merged = 0;
    for (const Range& range : ranges) {
        if (merged != 0 && (ranges[merged - 1].last == last || range.first <= ranges[merged - 1].last + 1)) {
            ranges[merged - 1].last = std::max(ranges[merged - 1].last, range.last);
        } else {
            ranges[merged++] = range;
        }
    }
    ranges.resize(merged);
    for (const Range& range : ranges) {
        if (range.first == 0) {
            sweep.from_start.push_back(row);
        } else {
            sweep.events.push_back({range.first, row, true});
        }
        if (range.last != last) sweep.events.push_back({range.last + 1, row, false});
    }
}

void RuleSetBuilder::finish(Sweep& sweep) {
    std::sort(sweep.events.begin(), sweep.events.end(),
              [](const Event& a, const Event& b) { return a.at < b.at; });
    for (const Event& event : sweep.events) {
        if (sweep.boundaries.empty() || sweep.boundaries.back() != event.at) {
            sweep.boundaries.push_back(event.at);
        }
    }
}

bool RuleSetBuilder::fits(std::size_t boundaries) const {
    constexpr std::size_t most = BoundaryIndex<std::uint32_t>::max_boundaries;
    const std::size_t words = boundaries * (vectors_.shape().stride + 5);
    return boundaries < most &&
           (set_.arena_.size() + words) * sizeof(std::uint64_t) + vectors_.pieces().size_bytes() <=
               limits_.bytes;
}

std::uint32_t RuleSetBuilder::write_records(const Sweep& sweep, std::size_t extra) {
    const std::size_t stride = vectors_.shape().stride;
    const std::uint32_t at = arena_take(set_.arena_, (sweep.boundaries.size() + 1 + extra) * stride);
    std::uint64_t* record = set_.arena_.data() + at;
    vectors_.clear();
    for (const std::uint32_t row : sweep.from_start) vectors_.set(row, true);
    vectors_.write(record);
    for (std::size_t i = 0; i < sweep.events.size();) {
        const Wide boundary = sweep.events[i].at;
        for (; i < sweep.events.size() && sweep.events[i].at == boundary; ++i) {
            vectors_.set(sweep.events[i].row, sweep.events[i].begins);
        }
        record += stride;
        vectors_.write(record);
    }
    return at;
}

RuleSetBuilder::Sweep RuleSetBuilder::sweep_addresses(Prefixes prefixes, bool ipv6) const {
    const Wide all = ~static_cast<Wide>(0);
    const Wide last = ipv6 ? all : all >> 96U;
    Sweep sweep;
    std::vector<Range> ranges;
    for (std::uint32_t row = 0; row < rows_.drafts.size(); ++row) {
        const std::vector<net::Prefix>& list = *(rows_.drafts[row].*prefixes);
        ranges.clear();
        if (list.empty()) ranges.push_back({0, last});
        for (const net::Prefix& prefix : list) {
            if (prefix.is_v4() == ipv6) continue;
            const Wide first = wide_of(prefix.address()) & last;
            const Wide hosts = prefix.bits() == 128 ? 0 : all >> prefix.bits();
            ranges.push_back({first, first | (hosts & last)});
        }
        add(sweep, ranges, row, last);
    }
    finish(sweep);
    return sweep;
}

bool RuleSetBuilder::build_address4(Prefixes prefixes,
                                    RuleSet::Dimension<BoundaryIndex<std::uint32_t>>& dimension) {
    const Sweep sweep = sweep_addresses(prefixes, false);
    if (!fits(sweep.boundaries.size())) return false;
    std::vector<std::uint32_t> words;
    words.reserve(sweep.boundaries.size());
    for (const Wide boundary : sweep.boundaries) words.push_back(static_cast<std::uint32_t>(boundary));
    dimension.index = BoundaryIndex<std::uint32_t>::build(words, set_.arena_);
    dimension.records_at = write_records(sweep, 0);
    return true;
}

bool RuleSetBuilder::build_address6(Prefixes prefixes, RuleSet::Dimension<RuleSet::WideIndex>& dimension) {
    const Sweep sweep = sweep_addresses(prefixes, true);
    const std::size_t count = sweep.boundaries.size();
    if (!fits(count)) return false;
    std::vector<std::uint64_t> highs;
    std::vector<std::uint32_t> starts;
    std::vector<std::uint64_t> lows;
    for (std::size_t i = 0; i < count; ++i) {
        const auto high = static_cast<std::uint64_t>(sweep.boundaries[i] >> 64U);
        if (highs.empty() || highs.back() != high) {
            highs.push_back(high);
            starts.push_back(static_cast<std::uint32_t>(i));
        }
        lows.push_back(static_cast<std::uint64_t>(sweep.boundaries[i]));
    }
    starts.push_back(static_cast<std::uint32_t>(count));
    Arena& arena = set_.arena_;
    dimension.index.highs = BoundaryIndex<std::uint64_t>::build(highs, arena);
    dimension.index.highs_at = arena_take(arena, highs.size());
    std::copy(highs.begin(), highs.end(), arena.begin() + dimension.index.highs_at);
    dimension.index.starts_at = arena_take(arena, (starts.size() + 1) / 2);
    std::memcpy(arena.data() + dimension.index.starts_at, starts.data(), starts.size() * sizeof starts[0]);
    dimension.index.lows_at = arena_take(arena, lows.size());
    std::copy(lows.begin(), lows.end(), arena.begin() + dimension.index.lows_at);
    dimension.records_at = write_records(sweep, 0);
    return true;
}

bool RuleSetBuilder::build_lane(std::uint8_t protocol, RuleSet::Lane& lane) {
    const Wide last = 65535;  // types end at 255, which the range need not know
    Sweep sweep;
    std::vector<std::uint32_t> bare;
    std::vector<Range> ranges;
    for (std::uint32_t row = 0; row < rows_.drafts.size(); ++row) {
        const DraftRow& draft = rows_.drafts[row];
        ranges.clear();
        bool without_header = draft.services.empty();
        if (draft.services.empty()) ranges.push_back({0, last});
        for (const ServiceMatch& service : draft.services) {
            if (!concerns(service, protocol)) continue;
            without_header |= matches_bare(service);
            if (!is_icmp(protocol)) {
                ranges.push_back({service.destination_port.first, service.destination_port.last});
            } else if (service.icmp_type == ServiceMatch::any_icmp) {
                ranges.push_back({0, last});
            } else {
                ranges.push_back({service.icmp_type, service.icmp_type});
            }
        }
        add(sweep, ranges, row, last);
        if (without_header) bare.push_back(row);
    }
    finish(sweep);
    if (!fits(sweep.boundaries.size())) return false;
    std::vector<std::uint16_t> words;
    for (const Wide boundary : sweep.boundaries) words.push_back(static_cast<std::uint16_t>(boundary));
    lane.ports.index = BoundaryIndex<std::uint16_t>::build(words, set_.arena_);
    lane.ports.records_at = write_records(sweep, 1);
    lane.bare_at =
        static_cast<std::uint32_t>(lane.ports.records_at + (words.size() + 1) * vectors_.shape().stride);
    vectors_.clear();
    for (const std::uint32_t row : bare) vectors_.set(row, true);
    vectors_.write(set_.arena_.data() + lane.bare_at);
    return true;
}

// Protocols that have no tree of their own: a record for each that a rule names, after one for all the rest.
void RuleSetBuilder::build_protocols() {
    std::vector<std::uint8_t>& named = set_.protocols_;
    for (const DraftRow& draft : rows_.drafts) {
        for (const ServiceMatch& service : draft.services) {
            const std::uint8_t protocol = service.protocol;
            if (protocol != 0 && !has_ports(protocol) && !is_icmp(protocol)) named.push_back(protocol);
        }
    }
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    const std::size_t stride = vectors_.shape().stride;
    set_.protocols_at_ = arena_take(set_.arena_, (named.size() + 1) * stride);
    for (std::size_t i = 0; i <= named.size(); ++i) {
        vectors_.clear();
        for (std::uint32_t row = 0; row < rows_.drafts.size(); ++row) {
            const auto& services = rows_.drafts[row].services;
            bool matches = services.empty();
            for (const ServiceMatch& service : services) {
                matches |= service.protocol == 0 ? matches_bare(service)
                                                 : i != 0 && service.protocol == named[i - 1];
            }
            if (matches) vectors_.set(row, true);
        }
        vectors_.write(set_.arena_.data() + set_.protocols_at_ + i * stride);
    }
}

void RuleSetBuilder::build_zones(std::vector<model::ZoneIndex> model::FirewallRule::*zones,
                                 std::uint32_t& at) {
    const std::size_t stride = vectors_.shape().stride;
    const std::size_t count = program_.zones.size();
    at = arena_take(set_.arena_, (count + 1) * stride);
    for (std::size_t zone = 0; zone <= count; ++zone) {
        vectors_.clear();
        for (std::uint32_t row = 0; row < rows_.drafts.size(); ++row) {
            const auto& list = rows_.drafts[row].rule->*zones;
            const bool matches = list.empty() || std::any_of(list.begin(), list.end(), [&](auto one) {
                                     return one == model::any_zone || one == zone;
                                 });
            if (matches) vectors_.set(row, true);
        }
        vectors_.write(set_.arena_.data() + at + zone * stride);
    }
}

base::Result<RuleSet> RuleSetBuilder::build() {
    using model::FirewallRule;
    set_.rule_count_ = static_cast<std::uint32_t>(program_.rules.size());
    set_.stride_ = vectors_.shape().stride;
    set_.aggregate_words_ = vectors_.shape().aggregate_words;
    set_.zone_count_ = static_cast<std::uint32_t>(program_.zones.size());
    build_zones(&FirewallRule::from, set_.from_at_);
    build_zones(&FirewallRule::to, set_.to_at_);
    build_protocols();
    const bool built = build_lane(tcp, set_.ports_[0]) && build_lane(udp, set_.ports_[1]) &&
                       build_lane(icmp, set_.icmp_[0]) && build_lane(icmpv6, set_.icmp_[1]) &&
                       build_address4(&DraftRow::sources, set_.source4_) &&
                       build_address4(&DraftRow::destinations, set_.destination4_) &&
                       build_address6(&DraftRow::sources, set_.source6_) &&
                       build_address6(&DraftRow::destinations, set_.destination6_);
    const std::size_t piece_bytes = vectors_.pieces().size_bytes();
    if (!built || set_.arena_.size() * sizeof(std::uint64_t) + piece_bytes > limits_.bytes) {
        return base::fail(ErrorCode::exhausted,
                          fmt::format("the rules need more than {} bytes", limits_.bytes), "firewall rules",
                          "fewer rules, or fewer different prefixes in them");
    }
    set_.pieces_at_ = arena_take(set_.arena_, piece_bytes / sizeof(std::uint64_t));
    if (piece_bytes != 0) {
        std::memcpy(set_.arena_.data() + set_.pieces_at_, vectors_.pieces().data(), piece_bytes);
    }
    set_.arena_.shrink_to_fit();
    set_.rows_.reserve(rows_.drafts.size());
    for (const DraftRow& draft : rows_.drafts) {
        set_.rows_.push_back(draft.row);
        set_.asks_source_ = set_.asks_source_ || draft.row.source_asks != 0;
        set_.asks_destination_ = set_.asks_destination_ || draft.row.destination_asks != 0;
    }
    set_.questions_ = std::move(rows_.questions);
    set_.asked_ = std::move(rows_.asked);
    set_.users_ = std::move(rows_.users);
    set_.windows_ = std::move(rows_.windows);
    return std::move(set_);
}

}  // namespace sluice::dataplane::firewall
