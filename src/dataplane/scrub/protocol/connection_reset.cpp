// The headers are drawn in packet/parser.cpp.
#include "dataplane/scrub/protocol/connection_reset.hpp"

#include <cstring>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub::protocol {
namespace {

constexpr std::uint32_t tcp_bytes = 20;

}  // namespace

void write_reset(packet::Key& key, std::uint32_t sequence, packet::Frame& frame) {
    std::uint8_t* ip = frame.data + key.l3_offset;
    std::uint8_t* tcp = frame.data + key.l4_offset;
    const std::uint32_t header = static_cast<std::uint32_t>(key.l4_offset - key.l3_offset);
    if (key.has(packet::key_ipv6)) {
        constexpr std::uint32_t fixed = 40;
        net::put16(ip + 4, header - fixed + tcp_bytes);
    } else {
        net::put16(ip + 2, header + tcp_bytes);
        net::put16(ip + 10, 0);
        net::put16(ip + 10, net::checksum({ip, header}));
    }
    net::put16(tcp + 4, sequence >> 16U);
    net::put16(tcp + 6, sequence);
    tcp[12] = (tcp_bytes / 4) << 4U;
    tcp[13] = static_cast<std::uint8_t>(net::tcp_flag::rst | (tcp[13] & net::tcp_flag::ack));
    net::put16(tcp + 14, 0);  // window
    net::put16(tcp + 16, 0);  // checksum
    net::put16(tcp + 18, 0);  // urgent pointer
    const std::uint64_t sum = net::pseudo_header_sum(key.source, key.destination, key.protocol, tcp_bytes);
    net::put16(tcp + 16, net::checksum_finish(net::checksum_add(sum, {tcp, tcp_bytes})));
    key.l3_length = static_cast<std::uint16_t>(header + tcp_bytes);
    key.tcp_flags = tcp[13];
    frame.length = key.l4_offset + tcp_bytes;
}

}  // namespace sluice::dataplane::scrub::protocol
