#include "packet/vxlan.hpp"

#include <cstring>
#include <span>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"
#include "packet/parser.hpp"

namespace sluice::packet {
namespace {

constexpr std::uint32_t ethernet_bytes = 14;
constexpr std::uint32_t udp_bytes = 8;
constexpr std::uint32_t vxlan_bytes = 8;
constexpr std::uint8_t identifier_valid = 0x08;
constexpr std::uint8_t hop_limit = 64;

void move_start(Frame& frame, std::int32_t by) {
    frame.data += by;
    frame.length = static_cast<std::uint32_t>(static_cast<std::int32_t>(frame.length) - by);
    frame.room = static_cast<std::uint32_t>(static_cast<std::int32_t>(frame.room) - by);
}

// Gives the bytes of the header.
std::uint32_t write_outer_ip(const VxlanWay& way, std::uint32_t payload, std::uint8_t* ip) {
    if (!way.local.is_v4()) {
        std::memset(ip, 0, 8);
        ip[0] = 0x60;
        net::put16(ip + 4, payload);
        ip[6] = static_cast<std::uint8_t>(net::IpProtocol::udp);
        ip[7] = hop_limit;
        std::memcpy(ip + 8, way.local.bytes().data(), 16);
        std::memcpy(ip + 24, way.remote.bytes().data(), 16);
        return 40;
    }
    std::memset(ip, 0, 12);
    ip[0] = 0x45;
    net::put16(ip + 2, 20 + payload);
    ip[6] = 0x40;  // don't fragment
    ip[8] = hop_limit;
    ip[9] = static_cast<std::uint8_t>(net::IpProtocol::udp);
    std::memcpy(ip + 12, way.local.bytes().data() + 12, 4);
    std::memcpy(ip + 16, way.remote.bytes().data() + 12, 4);
    net::put16(ip + 10, net::checksum({ip, 20}));
    return 20;
}

}  // namespace

bool open_vxlan(Key& key, Frame& frame) {
    if (!may_be_vxlan(key) || key.tunnel != 0) return false;
    const std::uint32_t header = key.l4_offset + udp_bytes;
    const std::uint32_t inner = header + vxlan_bytes;
    const std::uint32_t end = key.l3_offset + key.l3_length;
    if (end < inner + ethernet_bytes || (frame.data[header] & identifier_valid) == 0) return false;
    const std::uint8_t* vni = frame.data + header + 4;
    const std::uint32_t identifier =
        static_cast<std::uint32_t>(vni[0]) << 16U | static_cast<std::uint32_t>(vni[1]) << 8U | vni[2];
    frame.length = end;  // without Ethernet padding behind the outer packet
    move_start(frame, static_cast<std::int32_t>(inner));
    key = parse(frame.bytes());
    key.tunnel = Key::vxlan | identifier;
    return true;
}

void wrap_vxlan(const VxlanWay& way, std::uint32_t entropy, Frame& frame) {
    const bool ipv6 = !way.local.is_v4();
    const std::uint32_t payload = udp_bytes + vxlan_bytes + frame.length;
    move_start(frame, -static_cast<std::int32_t>(ipv6 ? vxlan_outer_ipv6 : vxlan_outer_ipv4));
    std::memcpy(frame.data, way.next_hop_mac, 6);
    std::memcpy(frame.data + 6, way.source_mac, 6);
    net::put16(frame.data + 12, ipv6 ? net::ether_type::ipv6 : net::ether_type::ipv4);
    std::uint8_t* ip = frame.data + ethernet_bytes;
    std::uint8_t* udp = ip + write_outer_ip(way, payload, ip);
    net::put16(udp, 0xc000U | (entropy & 0x3fffU));
    net::put16(udp + 2, vxlan_port);
    net::put16(udp + 4, payload);
    net::put16(udp + 6, 0);
    std::uint8_t* vxlan = udp + udp_bytes;
    std::memset(vxlan, 0, vxlan_bytes);
    vxlan[0] = identifier_valid;
    vxlan[4] = static_cast<std::uint8_t>(way.vni >> 16U);
    net::put16(vxlan + 5, way.vni);
    if (!ipv6) return;
    constexpr auto protocol = static_cast<std::uint8_t>(net::IpProtocol::udp);
    const std::uint16_t check = net::checksum_finish(
        net::checksum_add(net::pseudo_header_sum(way.local, way.remote, protocol, payload), {udp, payload}));
    net::put16(udp + 6, check == 0 ? 0xffffU : check);
}

}  // namespace sluice::packet
