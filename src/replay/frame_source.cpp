#include "replay/frame_source.hpp"

#include <algorithm>
#include <array>

#include "net/protocol.hpp"

namespace sluice::replay {
namespace {

constexpr std::size_t ethernet_bytes = 14;

// How many bytes the link layer puts before the IP header; the IP header's own version tells the family.
constexpr std::size_t link_header_bytes(packet::CaptureLink link) {
    switch (link) {
        case packet::CaptureLink::ethernet:
        case packet::CaptureLink::raw_ip:
            return 0;
        case packet::CaptureLink::linux_sll:
            return 16;
        case packet::CaptureLink::linux_sll2:
            return 20;
        case packet::CaptureLink::ppp:
            return 4;
        case packet::CaptureLink::null_loopback:
            return 4;
    }
    return 0;
}

std::size_t at_most_a_frame(std::size_t bytes) {
    return std::min(bytes, packet::CaptureReader::max_packet_bytes);
}

}  // namespace

base::Result<FrameSource> FrameSource::open(const std::filesystem::path& file) {
    auto reader = packet::CaptureReader::open(file);
    if (!reader) return std::unexpected(reader.error());
    return FrameSource(std::move(*reader));
}

void FrameSource::write_ethernet(const packet::CapturedFrame& captured) {
    const std::size_t wire =
        at_most_a_frame(std::max<std::size_t>(captured.wire_length, captured.bytes.size()));
    if (wire > captured.bytes.size()) ++filled_up_;
    if (reader_.link() == packet::CaptureLink::ethernet) {
        frame_.assign(captured.bytes.begin(), captured.bytes.end());
        frame_.resize(wire, 0);
        return;
    }
    const std::size_t skip = std::min(link_header_bytes(reader_.link()), captured.bytes.size());
    const auto ip = captured.bytes.subspan(skip);
    // Locally administered addresses that say what they are: no such link was there.
    static constexpr std::array<std::uint8_t, 12> addresses{0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2};
    frame_.assign(addresses.begin(), addresses.end());
    const bool v6 = !ip.empty() && (ip[0] >> 4U) == 6;
    const std::uint16_t type = v6 ? net::ether_type::ipv6 : net::ether_type::ipv4;
    frame_.push_back(static_cast<std::uint8_t>(type >> 8U));
    frame_.push_back(static_cast<std::uint8_t>(type & 0xffU));
    frame_.insert(frame_.end(), ip.begin(), ip.end());
    frame_.resize(at_most_a_frame(wire - skip + ethernet_bytes), 0);
}

base::Result<std::optional<TimedFrame>> FrameSource::next() {
    auto captured = reader_.next();
    if (!captured) return std::unexpected(captured.error());
    if (!*captured) return std::nullopt;
    ++packets_;
    write_ethernet(**captured);
    if ((*captured)->at < latest_) ++out_of_order_;
    latest_ = std::max(latest_, (*captured)->at);
    return TimedFrame{.at = latest_, .bytes = frame_};
}

}  // namespace sluice::replay
