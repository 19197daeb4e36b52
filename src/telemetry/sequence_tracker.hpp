// Follows an exporter's sequence numbers: what is missing, what came late, when it started anew.
//
// A number names the first unit of its datagram: a record in NetFlow v5 and IPFIX (RFC 7011 section 3.1), the
// datagram itself in v9 (RFC 3954 section 5.1) and sFlow. The next number expected is that plus the units.
#pragma once

#include <cstdint>

namespace sluice::telemetry {

struct SequenceStep {
    std::uint32_t missing = 0;    // units that were skipped
    std::uint32_t recovered = 0;  // units counted missing before, which this late datagram brings
    bool late = false;
    bool restarted = false;
};

class SequenceTracker {
  public:
    // Larger steps forward are restarts, in units.
    static constexpr std::int32_t max_gap = 1 << 24;
    // Steps back up to this many datagrams' worth of units are late arrivals, larger ones restarts.
    static constexpr std::int32_t reorder_window = 4096;
    // So many datagrams in a row that follow each other in the past are a restart after all.
    static constexpr unsigned late_run_limit = 3;

    // `restarted`: the exporter's uptime says so. `units_known` is false when the datagram holds units that
    // cannot be counted (data without template): the next datagram then only sets the expectation.
    SequenceStep observe(std::uint32_t first, std::uint32_t units, bool units_known = true,
                         bool restarted = false);

    [[nodiscard]] std::uint64_t missing() const { return missing_; }

  private:
    void expect(std::uint32_t next, bool certain) {
        expected_ = next;
        certain_ = certain;
        late_run_ = 0;
    }

    std::uint64_t missing_ = 0;
    std::uint32_t expected_ = 0;
    std::uint32_t late_next_ = 0;
    unsigned late_run_ = 0;
    bool certain_ = false;
};

}  // namespace sluice::telemetry
