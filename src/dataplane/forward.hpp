// What happens to a packet that goes on: one hop less, and the Ethernet header of the way out.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>

#include "packet/frame.hpp"
#include "packet/key.hpp"
#include "packet/vxlan.hpp"

namespace sluice::dataplane {

using Mac = std::array<std::uint8_t, 6>;

// The header of what leaves. Without `rewrite` the Ethernet header stays as it came (replay).
struct WayOut {
    bool rewrite = false;
    Mac source{};
    Mac next_hop4{};
    Mac next_hop6{};
    std::uint16_t vlan = 0;                    // 0: untagged
    std::uint16_t inner_vlan = 0;              // not 0: 802.1ad outside, this one within
    const packet::VxlanWay* tunnel = nullptr;  // not nullptr: the frame goes through it

    // Unless it is learned.
    [[nodiscard]] const Mac* next_hop(bool ipv6) const { return ipv6 ? &next_hop6 : &next_hop4; }

    auto operator<=>(const WayOut&) const = default;
};

// Addresses, tags and EtherType; gives where the rest begins.
std::uint8_t* write_link(const WayOut& way, const Mac& to, std::uint16_t type, std::uint8_t* at);

// The frame begins elsewhere afterwards when the number of its tags changes. Room before it is every port's
// promise (packet::min_headroom).
void write_ethernet(const WayOut& way, const Mac& to, const packet::Key& key, packet::Frame& frame);

inline void forward(const WayOut& way, const Mac& to, const packet::Key& key, packet::Frame& frame) {
    std::uint8_t* ip = frame.data + key.l3_offset;
    if (key.has(packet::key_ipv6)) {
        --ip[7];
    } else {
        // TTL − 1, and the header checksum kept right (RFC 1624): 0x0100 more, as one's complement has it.
        --ip[8];
        std::uint16_t check = 0;
        std::memcpy(&check, ip + 10, 2);
        const std::uint32_t sum = check + 0x0001U;  // 0x0100 in network order
        check = static_cast<std::uint16_t>(sum + (sum >= 0xffffU ? 1U : 0U));
        std::memcpy(ip + 10, &check, 2);
    }
    if (!way.rewrite) return;
    if (key.l3_offset == 14 && way.vlan == 0 && way.tunnel == nullptr) {
        std::memcpy(frame.data, to.data(), 6);
        std::memcpy(frame.data + 6, way.source.data(), 6);
    } else {
        write_ethernet(way, to, key, frame);
    }
}
inline void forward(const WayOut& way, const packet::Key& key, packet::Frame& frame) {
    forward(way, *way.next_hop(key.has(packet::key_ipv6)), key, frame);
}

}  // namespace sluice::dataplane
