#include "dataplane/forward.hpp"

#include "net/protocol.hpp"

namespace sluice::dataplane {

void write_ethernet(const WayOut& way, const packet::Key& key, packet::Frame& frame) {
    const std::uint32_t header = way.vlan == 0 ? 14U : 18U;
    // The new header ends where the IP header begins; longer or shorter than the old one.
    const std::int32_t shift = static_cast<std::int32_t>(key.l3_offset) - static_cast<std::int32_t>(header);
    frame.data += shift;
    frame.length = static_cast<std::uint32_t>(static_cast<std::int32_t>(frame.length) - shift);
    frame.room = static_cast<std::uint32_t>(static_cast<std::int32_t>(frame.room) - shift);
    const bool v6 = key.has(packet::key_ipv6);
    std::memcpy(frame.data, (v6 ? way.next_hop6 : way.next_hop4).data(), 6);
    std::memcpy(frame.data + 6, way.source.data(), 6);
    std::uint8_t* at = frame.data + 12;
    if (way.vlan != 0) {
        at[0] = net::ether_type::vlan >> 8U;
        at[1] = net::ether_type::vlan & 0xffU;
        at[2] = static_cast<std::uint8_t>(way.vlan >> 8U);
        at[3] = static_cast<std::uint8_t>(way.vlan & 0xffU);
        at += 4;
    }
    const std::uint16_t type = v6 ? net::ether_type::ipv6 : net::ether_type::ipv4;
    at[0] = static_cast<std::uint8_t>(type >> 8U);
    at[1] = static_cast<std::uint8_t>(type & 0xffU);
}

}  // namespace sluice::dataplane
