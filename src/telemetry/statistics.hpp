// What a decoder has done, counted by the thread that decodes and read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "model/flow_record.hpp"
#include "telemetry/loss_reason.hpp"

namespace sluice::telemetry {

// Counted by one thread, so that counting needs no locked instruction; read by any.
class Tally {
  public:
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t n) {
        value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
    }
    void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

inline constexpr std::size_t flow_source_count = static_cast<std::size_t>(model::FlowSource::packet) + 1;

struct DecoderStatistics {
    std::array<Tally, flow_source_count> datagrams;  // by protocol; of `packet`: captured packets
    std::array<Tally, flow_source_count> records;    // handed to the sink, by protocol
    std::array<Tally, loss_reason_count> lost;       // in the reason's unit

    Tally bytes;              // of datagrams
    Tally counter_samples;    // sFlow
    Tally options_records;    // v9 and IPFIX
    Tally templates_learned;  // new numbers
    Tally templates_changed;  // a known number with another layout
    Tally templates_withdrawn;
    Tally templates_expired;  // not repeated within template_lifetime_s
    Tally data_waited;        // sets decoded after their template came
    Tally restarts;           // of exporters, seen by sequence or uptime
    Tally reordered;          // datagrams that came late; their gap is taken back
    Tally sampling_unknown;   // records counted at the default rate although they name a sampler not yet
                              // described
    Tally samplers_refused;   // max_samplers_per_domain
    Tally exporters;          // now known
    Tally domains;            // now known
    Tally templates;          // now known

    void lose(LossReason reason, std::uint64_t n = 1) { lost[static_cast<std::size_t>(reason)].add(n); }
    [[nodiscard]] std::uint64_t lost_for(LossReason reason) const {
        return lost[static_cast<std::size_t>(reason)].value();
    }
    [[nodiscard]] std::uint64_t records_total() const {
        std::uint64_t total = 0;
        for (const Tally& tally : records) total += tally.value();
        return total;
    }
};

}  // namespace sluice::telemetry
