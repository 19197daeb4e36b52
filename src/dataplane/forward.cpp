#include "dataplane/forward.hpp"

#include "net/protocol.hpp"

namespace sluice::dataplane {

namespace {

void put16(std::uint8_t* at, std::uint16_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8U);
    at[1] = static_cast<std::uint8_t>(value & 0xffU);
}

}  // namespace

void write_ethernet(const WayOut& way, const packet::Key& key, packet::Frame& frame) {
    const std::uint32_t header = 14U + (way.vlan != 0 ? 4U : 0U) + (way.inner_vlan != 0 ? 4U : 0U);
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
        put16(at, way.inner_vlan != 0 ? net::ether_type::qinq : net::ether_type::vlan);
        put16(at + 2, way.vlan);
        at += 4;
    }
    if (way.inner_vlan != 0) {
        put16(at, net::ether_type::vlan);
        put16(at + 2, way.inner_vlan);
        at += 4;
    }
    put16(at, v6 ? net::ether_type::ipv6 : net::ether_type::ipv4);
    if (way.tunnel != nullptr) {
        // One flow, one path: the ends and the ports choose it.
        const std::uint32_t entropy = key.source_port ^ key.destination_port ^ key.source.bytes()[15] ^
                                      static_cast<std::uint32_t>(key.destination.bytes()[15]) << 6U;
        packet::wrap_vxlan(*way.tunnel, entropy, frame);
    }
}

}  // namespace sluice::dataplane
