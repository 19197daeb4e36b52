// A capture's packets as Ethernet frames of the length that they had on the wire, whatever the capture's link
// layer, in order of time: what the gateway would have received.
//
// A packet that was captured in part is filled up with zeros: its headers decide, and what a filter on
// payload would have seen is not known. A packet without IP inside its link layer is handed on as it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "packet/capture_reader.hpp"

namespace sluice::replay {

struct TimedFrame {
    base::Timestamp at{};
    std::span<const std::uint8_t> bytes;  // an Ethernet frame; valid until the next call
};

// One thread.
class FrameSource {
  public:
    [[nodiscard]] static base::Result<FrameSource> open(const std::filesystem::path& file);

    // Empty at the end. A time stamp that runs backwards is held at the latest one, and counted.
    [[nodiscard]] base::Result<std::optional<TimedFrame>> next();

    [[nodiscard]] std::uint64_t bytes_read() const { return reader_.bytes_read(); }
    [[nodiscard]] std::uint64_t bytes_total() const { return reader_.bytes_total(); }
    [[nodiscard]] std::uint64_t packets() const { return packets_; }
    [[nodiscard]] std::uint64_t filled_up() const { return filled_up_; }
    [[nodiscard]] std::uint64_t out_of_order() const { return out_of_order_; }
    [[nodiscard]] std::uint64_t oversized() const { return reader_.oversized(); }

  private:
    explicit FrameSource(packet::CaptureReader reader) : reader_(std::move(reader)) {}
    void write_ethernet(const packet::CapturedFrame& captured);

    packet::CaptureReader reader_;
    std::vector<std::uint8_t> frame_;
    base::Timestamp latest_{};
    std::uint64_t packets_ = 0;
    std::uint64_t filled_up_ = 0;
    std::uint64_t out_of_order_ = 0;
};

}  // namespace sluice::replay
