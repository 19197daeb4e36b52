#include "dataplane/forward.hpp"

#include "net/big_endian.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane {

std::uint8_t* write_link(const WayOut& way, const Mac& to, std::uint16_t type, std::uint8_t* at) {
    std::memcpy(at, to.data(), to.size());
    std::memcpy(at + 6, way.source.data(), way.source.size());
    at += 12;
    if (way.vlan != 0) {
        net::put16(at, way.inner_vlan != 0 ? net::ether_type::qinq : net::ether_type::vlan);
        net::put16(at + 2, way.vlan);
        at += 4;
    }
    if (way.inner_vlan != 0) {
        net::put16(at, net::ether_type::vlan);
        net::put16(at + 2, way.inner_vlan);
        at += 4;
    }
    net::put16(at, type);
    return at + 2;
}

void write_ethernet(const WayOut& way, const Mac& to, const packet::Key& key, packet::Frame& frame) {
    const std::uint32_t header = 14U + (way.vlan != 0 ? 4U : 0U) + (way.inner_vlan != 0 ? 4U : 0U);
    // The new header ends where the IP header begins; longer or shorter than the old one.
    const std::int32_t shift = static_cast<std::int32_t>(key.l3_offset) - static_cast<std::int32_t>(header);
    frame.data += shift;
    frame.length = static_cast<std::uint32_t>(static_cast<std::int32_t>(frame.length) - shift);
    frame.room = static_cast<std::uint32_t>(static_cast<std::int32_t>(frame.room) - shift);
    const bool v6 = key.has(packet::key_ipv6);
    write_link(way, to, v6 ? net::ether_type::ipv6 : net::ether_type::ipv4, frame.data);
    if (way.tunnel != nullptr) {
        // One flow, one path: the ends and the ports choose it.
        const std::uint32_t entropy = key.source_port ^ key.destination_port ^ key.source.bytes()[15] ^
                                      static_cast<std::uint32_t>(key.destination.bytes()[15]) << 6U;
        packet::wrap_vxlan(*way.tunnel, entropy, frame);
    }
}

}  // namespace sluice::dataplane
