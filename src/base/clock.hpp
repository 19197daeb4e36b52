// Time as a port, so that a test or a replay can run a day in a second.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sluice::base {

using Duration = std::chrono::nanoseconds;
// Wall time, UTC: for people, logs and records.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;
// Time that never jumps: for time-outs, rates and ticks.
using Instant = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// Thread-safe.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Timestamp wall() const = 0;
    [[nodiscard]] virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] Timestamp wall() const override {
        return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
    }
    [[nodiscard]] Instant now() const override { return std::chrono::steady_clock::now(); }
};

// Moves only when told to. Wall time and monotonic time advance together from their starts.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(Timestamp start = Timestamp{std::chrono::hours{24 * 365 * 50}}) : start_(start) {}
    [[nodiscard]] Timestamp wall() const override { return start_ + Duration{elapsed_ns_.load()}; }
    [[nodiscard]] Instant now() const override {
        return Instant{std::chrono::hours{1} + Duration{elapsed_ns_.load()}};
    }
    void advance(Duration step) { elapsed_ns_ += step.count(); }
    // Sets wall time; going backwards is ignored, as a capture's reordered time stamps must not turn time
    // back.
    void advance_to(Timestamp wall) {
        if (wall > this->wall()) advance(wall - this->wall());
    }

  private:
    Timestamp start_;
    std::atomic<std::int64_t> elapsed_ns_{0};
};

}  // namespace sluice::base
