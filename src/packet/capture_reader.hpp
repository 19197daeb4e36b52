// Reads capture files (pcap and pcapng, micro- and nanoseconds) packet by packet, through libpcap.
//
// Hostile input is normal: libpcap checks the file's own lengths; a packet longer than max_packet_bytes is
// skipped and counted. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace sluice::packet {

// The link layers that Sluice understands (https://www.tcpdump.org/linktypes.html).
enum class CaptureLink : std::uint8_t { ethernet, raw_ip, linux_sll, linux_sll2, ppp, null_loopback };

struct CapturedFrame {
    std::span<const std::uint8_t> bytes;  // as captured; valid until the next call
    std::uint32_t wire_length = 0;        // as it was on the wire; may be larger
    base::Timestamp at{};
};

class CaptureReader {
  public:
    static constexpr std::size_t max_packet_bytes = 65'535 + 64;

    // Errors: io (cannot be read), corrupt (no capture file), invalid_argument (a link layer that Sluice does
    // not know).
    [[nodiscard]] static base::Result<CaptureReader> open(const std::filesystem::path& file);
    ~CaptureReader();
    CaptureReader(CaptureReader&&) noexcept;
    CaptureReader& operator=(CaptureReader&&) noexcept;

    [[nodiscard]] CaptureLink link() const;
    // The next packet; empty at the end of the file. An error when the file is cut or damaged: what came
    // before counts.
    [[nodiscard]] base::Result<std::optional<CapturedFrame>> next();

    // For progress: how far into the file, and how long it is.
    [[nodiscard]] std::uint64_t bytes_read() const;
    [[nodiscard]] std::uint64_t bytes_total() const;
    [[nodiscard]] std::uint64_t oversized() const;

  private:
    struct State;
    explicit CaptureReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace sluice::packet
