// Writes Ethernet frames to a pcap file with nanosecond time stamps, through libpcap. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace sluice::packet {

class CaptureWriter {
  public:
    // Replaces the file. Errors: io.
    [[nodiscard]] static base::Result<CaptureWriter> create(const std::filesystem::path& file);
    ~CaptureWriter();
    CaptureWriter(CaptureWriter&&) noexcept;
    CaptureWriter& operator=(CaptureWriter&&) noexcept;

    void write(base::Timestamp at, std::span<const std::uint8_t> frame);
    // Everything is in the file, or an error says why not (a full disk). Call it before the writer goes.
    [[nodiscard]] base::Status finish();

  private:
    struct State;
    explicit CaptureWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace sluice::packet
