// RuleSet::compile step by step: rows, then for each dimension its boundaries, the search tree over them and
// a record for every interval between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "dataplane/firewall/bit_vectors.hpp"
#include "dataplane/firewall/rule_rows.hpp"
#include "dataplane/firewall/rule_set.hpp"

namespace sluice::dataplane::firewall {

class RuleSetBuilder {
  public:
    RuleSetBuilder(const model::FirewallProgram& program, Rows rows, const RuleSet::Limits& limits);
    [[nodiscard]] base::Result<RuleSet> build();

  private:
    // Numbers of every dimension in one type: an address, a port, a type.
    using Wide = unsigned __int128;
    struct Range {
        Wide first = 0;
        Wide last = 0;
    };
    // A row begins or ends to match at a number.
    struct Event {
        Wide at = 0;
        std::uint32_t row = 0;
        bool begins = false;
    };
    struct Sweep {
        std::vector<std::uint32_t> from_start;  // rows that match at 0
        std::vector<Event> events;              // ascending
        std::vector<Wide> boundaries;           // of the events, each once
    };

    static void add(Sweep& sweep, std::vector<Range>& ranges, std::uint32_t row, Wide last);
    static void finish(Sweep& sweep);
    [[nodiscard]] bool fits(std::size_t boundaries) const;
    // Records of all intervals, and `extra` unwritten ones behind them.
    [[nodiscard]] std::uint32_t write_records(const Sweep& sweep, std::size_t extra);

    using Prefixes = const std::vector<net::Prefix>* DraftRow::*;
    [[nodiscard]] Sweep sweep_addresses(Prefixes prefixes, bool ipv6) const;
    [[nodiscard]] bool build_address4(Prefixes prefixes,
                                      RuleSet::Dimension<BoundaryIndex<std::uint32_t>>& dimension);
    [[nodiscard]] bool build_address6(Prefixes prefixes, RuleSet::Dimension<RuleSet::WideIndex>& dimension);
    [[nodiscard]] bool build_lane(std::uint8_t protocol, RuleSet::Lane& lane);
    void build_protocols();
    void build_zones(std::vector<model::ZoneIndex> model::FirewallRule::*zones, std::uint32_t& at);

    const model::FirewallProgram& program_;
    Rows rows_;
    RuleSet::Limits limits_;
    BitVectors vectors_;
    RuleSet set_;
};

}  // namespace sluice::dataplane::firewall
