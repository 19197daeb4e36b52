// What a receiver thread does: takes datagrams from its source, hands them to its handler, ticks.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/clock.hpp"
#include "telemetry/datagram_source.hpp"

namespace sluice::telemetry {

class ReceiveLoop {
  public:
    struct Config {
        unsigned batch = 64;
        std::uint32_t gather_us = 1000;
        std::uint32_t tick_interval_ms = 100;
    };
    ReceiveLoop(Config config, DatagramSource& source, DatagramHandler& handler, const base::Clock& clock)
        : config_(config), source_(source), handler_(handler), clock_(clock) {}

    // Until stop(), on the calling thread.
    void run();
    // Any thread; run() returns within a tick.
    void stop() { stopping_.store(true, std::memory_order_relaxed); }
    // Any thread; at most one tick old.
    [[nodiscard]] SourceStatistics statistics() const;

  private:
    void tick(base::Instant now);

    Config config_;
    DatagramSource& source_;
    DatagramHandler& handler_;
    const base::Clock& clock_;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    SourceStatistics statistics_;
};

}  // namespace sluice::telemetry
