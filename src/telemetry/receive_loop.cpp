#include "telemetry/receive_loop.hpp"

#include <thread>

namespace sluice::telemetry {

void ReceiveLoop::run() {
    const base::Duration interval = std::chrono::milliseconds(config_.tick_interval_ms);
    base::Instant next_tick = clock_.now();
    while (!stopping_.load(std::memory_order_relaxed)) {
        const base::Instant before = clock_.now();
        if (before >= next_tick) {
            tick(before);
            next_tick = before + interval;
        }
        const auto datagrams = source_.receive(next_tick - before);
        if (datagrams.empty()) continue;
        handler_.on_datagrams(datagrams);
        // A wake-up costs as much as decoding several datagrams: let some gather, as nobody waits for
        // milliseconds.
        if (datagrams.size() < config_.batch && config_.gather_us > 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(config_.gather_us));
        }
    }
    tick(clock_.now());
}

void ReceiveLoop::tick(base::Instant now) {
    handler_.on_tick(now);
    const SourceStatistics taken = source_.statistics();
    const std::lock_guard lock(mutex_);
    statistics_ = taken;
}

SourceStatistics ReceiveLoop::statistics() const {
    const std::lock_guard lock(mutex_);
    return statistics_;
}

}  // namespace sluice::telemetry
