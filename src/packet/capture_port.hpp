// Capture files as a port: received from one file, transmitted to another (or nowhere). Time is the
// capture's: the clock moves to the time stamp of each burst's first packet, and a burst never spans more
// than a millisecond.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "packet/buffer_pool.hpp"
#include "packet/capture_reader.hpp"
#include "packet/capture_writer.hpp"
#include "packet/port.hpp"

namespace sluice::packet {

// One thread. Each of `from` and `to` may be nullptr; they outlive the port.
class CapturePort final : public Port {
  public:
    CapturePort(BufferPool& pool, base::ManualClock& clock, CaptureReader* from, CaptureWriter* to)
        : pool_(pool), clock_(clock), from_(from), to_(to) {}

    // Nothing more will be received: the file has ended, or is damaged (`failure`).
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] const std::optional<base::Error>& failure() const { return failure_; }
    // Packets that were longer than the pool's buffers.
    [[nodiscard]] std::uint64_t oversized() const { return oversized_; }

    [[nodiscard]] std::size_t receive(std::span<Frame> into) override;
    [[nodiscard]] std::size_t transmit(std::span<const Frame> frames) override;
    void release(std::span<const Frame> frames) override;

  private:
    bool read_ahead();

    BufferPool& pool_;
    base::ManualClock& clock_;
    CaptureReader* from_;
    CaptureWriter* to_;
    std::optional<CapturedFrame> ahead_;
    std::optional<base::Error> failure_;
    std::uint64_t oversized_ = 0;
    bool ended_ = false;
};

}  // namespace sluice::packet
