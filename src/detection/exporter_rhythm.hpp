// How long an interval a batch of records covers. Many exporters send in bursts (sfprobe each 0.4 s, flow
// caches once a second): a burst holds the traffic since the last one, and counted as if it were the traffic
// of one tick it would look like a spike. A batch that follows a silence therefore covers that silence; one
// amid a steady stream covers no more than its tick.
//
// State: a fixed table by exporter; an exporter that finds no room is treated as steady. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "net/address.hpp"

namespace sluice::detection {

class ExporterRhythm {
  public:
    // Milliseconds that a batch of this exporter, arriving now, covers: 0 … 2000.
    [[nodiscard]] std::uint16_t covered_ms(const net::Address& exporter, base::Instant now);

  private:
    static constexpr std::size_t capacity = 256;
    struct Entry {
        net::Address exporter;
        base::Instant last{};
        base::Instant burst_began{};
        std::uint16_t gap_ms = 0;
        bool in_use = false;
    };
    Entry* find(const net::Address& exporter, base::Instant now);

    std::array<Entry, capacity> entries_{};
    Entry* latest_ = nullptr;
};

}  // namespace sluice::detection
