// Ethernet II (IEEE 802.3 section 3.2), VLAN tags (IEEE 802.1Q section 9):
//
//   | destination 6 | source 6 | [ 81 00 or 88 a8 | tag 2 ] … | EtherType 2 | IP …
//
// IPv4 (RFC 791 section 3.1)                        IPv6 (RFC 8200 section 3)
//   0  version 4, header words 4                      0  version 4, class 8, flow label 20
//   2  total length                                   4  payload length
//   4  identification                                 6  next header
//   6  0, DF, MF, fragment offset 13 (8-byte units)   7  hop limit
//   8  TTL                                            8  source 16
//   9  protocol                                      24  destination 16
//  10  header checksum                               40  extension headers (section 4): next header, length …
//  12  source 4                                          fragment (4.5): next, 0, offset 13, 0 2, M 1, id 32
//  16  destination 4
//  20  options
//
// TCP (RFC 9293 section 3.1): ports, seq, ack, offset 4 | 0 4 | flags 8 …   UDP (RFC 768): ports, length,
// checksum
#include "packet/parser.hpp"

#include <cstddef>
#include <cstring>

#include "net/protocol.hpp"

namespace sluice::packet {
namespace {

using net::IpProtocol;

constexpr std::uint32_t ethernet_bytes = 14;
constexpr std::uint32_t ipv4_bytes = 20;
constexpr std::uint32_t ipv6_bytes = 40;
constexpr std::uint32_t tcp_bytes = 20;
constexpr std::uint32_t udp_bytes = 8;
constexpr std::uint32_t icmp_bytes = 8;
constexpr std::uint32_t icmpv6_bytes = 4;

std::uint16_t u16(const std::uint8_t* at) {
    std::uint16_t value = 0;
    std::memcpy(&value, at, 2);
    return __builtin_bswap16(value);
}
std::uint32_t u32(const std::uint8_t* at) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}

// True for a header whose one's-complement sum is -0, whatever the byte order of the machine.
bool ipv4_checksum_ok(const std::uint8_t* header, std::uint32_t bytes) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < bytes; i += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, header + i, 4);
        sum += word;
    }
    sum = (sum & 0xffffffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return sum == 0xffffU;
}

// `at` is the transport header; `left` the bytes of the packet from there on.
void parse_transport(const std::uint8_t* at, std::uint32_t left, Key& key) {
    const auto protocol = static_cast<IpProtocol>(key.protocol);
    std::uint32_t needed = 0;
    switch (protocol) {
        case IpProtocol::tcp:
            needed = tcp_bytes;
            break;
        case IpProtocol::udp:
            needed = udp_bytes;
            break;
        case IpProtocol::icmp:
            needed = icmp_bytes;
            break;
        case IpProtocol::icmpv6:
            needed = icmpv6_bytes;
            break;
        default:
            return;
    }
    if (left < needed) {
        key.flags |= key_bad_transport;
        if (key.has(key_fragment)) key.flags |= key_tiny_fragment;
        return;
    }
    key.flags |= key_transport;
    if (protocol == IpProtocol::tcp) {
        key.source_port = u16(at);
        key.destination_port = u16(at + 2);
        key.tcp_flags = at[13];
        const std::uint32_t header = (at[12] >> 4U) * 4U;
        if (header < tcp_bytes) key.flags |= key_bad_transport;
        if (header > left) key.flags |= key.has(key_fragment) ? key_tiny_fragment : key_bad_transport;
    } else if (protocol == IpProtocol::udp) {
        key.source_port = u16(at);
        key.destination_port = u16(at + 2);
        const std::uint32_t length = u16(at + 4);
        if (length < udp_bytes || (length > left && !key.has(key_fragment))) key.flags |= key_bad_transport;
    } else {
        key.source_port = at[0];
        key.destination_port = at[1];
    }
}

void parse_ipv4(const std::uint8_t* ip, std::uint32_t left, Key& key) {
    if (left < ipv4_bytes) {
        key.error = ParseError::truncated;
        return;
    }
    if (ip[0] >> 4U != 4) {
        key.error = ParseError::bad_ip_version;
        return;
    }
    const std::uint32_t header = (ip[0] & 0x0fU) * 4U;
    const std::uint32_t total = u16(ip + 2);
    if (header < ipv4_bytes) {
        key.error = ParseError::bad_ip_header;
        return;
    }
    if (total < header || total > left) {
        key.error = ParseError::bad_length;
        return;
    }
    if (!ipv4_checksum_ok(ip, header)) {
        key.error = ParseError::bad_ip_checksum;
        return;
    }
    key.source = net::Address::v4_from(ip + 12);
    key.destination = net::Address::v4_from(ip + 16);
    key.protocol = ip[9];
    key.hop_limit = ip[8];
    key.l3_length = static_cast<std::uint16_t>(total);
    key.l4_offset = static_cast<std::uint16_t>(key.l3_offset + header);
    if (header > ipv4_bytes) key.flags |= key_options;
    const std::uint16_t fragment = u16(ip + 6);
    if ((fragment & 0x3fffU) != 0) {
        key.flags |= key_fragment;
        if ((fragment & 0x2000U) != 0) key.flags |= key_more_fragments;
        key.fragment_offset = static_cast<std::uint16_t>((fragment & 0x1fffU) * 8U);
        key.fragment_id = u16(ip + 4);
        if (key.fragment_offset != 0) {
            key.flags |= key_later_fragment;
            return;
        }
    }
    parse_transport(ip + header, total - header, key);
}

// Follows extension headers from `at`; gives the transport's offset from `ip`, or 0 after setting an error.
std::uint32_t follow_extensions(const std::uint8_t* ip, std::uint32_t total, Key& key) {
    std::uint32_t offset = ipv6_bytes;
    for (int i = 0; i <= max_extension_headers; ++i) {
        switch (static_cast<IpProtocol>(key.protocol)) {
            case IpProtocol::hop_by_hop:
            case IpProtocol::ipv6_routing:
            case IpProtocol::ipv6_destination:
            case IpProtocol::ah:
            case IpProtocol::ipv6_fragment:
                break;
            default:
                return offset;
        }
        key.flags |= key_options;
        if (offset + 8 > total) {
            key.error = ParseError::truncated;
            return 0;
        }
        const std::uint8_t* header = ip + offset;
        const auto kind = static_cast<IpProtocol>(key.protocol);
        key.protocol = header[0];
        if (kind == IpProtocol::ipv6_fragment) {
            const std::uint16_t field = u16(header + 2);
            offset += 8;
            if ((field & 0xfff9U) == 0) continue;  // an atomic fragment (RFC 6946) is no fragment
            key.flags |= key_fragment;
            key.fragment_id = u32(header + 4);
            key.fragment_offset = field & 0xfff8U;
            if ((field & 1U) != 0) key.flags |= key_more_fragments;
            if (key.fragment_offset != 0) {
                key.flags |= key_later_fragment;
                return offset;
            }
            continue;
        }
        offset += kind == IpProtocol::ah ? (header[1] + 2U) * 4U : (header[1] + 1U) * 8U;
        if (offset > total) {
            key.error = ParseError::truncated;
            return 0;
        }
    }
    key.error = ParseError::bad_ip_header;
    return 0;
}

void parse_ipv6(const std::uint8_t* ip, std::uint32_t left, Key& key) {
    if (left < ipv6_bytes) {
        key.error = ParseError::truncated;
        return;
    }
    if (ip[0] >> 4U != 6) {
        key.error = ParseError::bad_ip_version;
        return;
    }
    const std::uint32_t total = ipv6_bytes + u16(ip + 4);
    if (total > left || total > 0xffffU) {
        key.error = ParseError::bad_length;
        return;
    }
    key.flags |= key_ipv6;
    key.source = net::Address::v6_from(ip + 8);
    key.destination = net::Address::v6_from(ip + 24);
    key.protocol = ip[6];
    key.hop_limit = ip[7];
    key.l3_length = static_cast<std::uint16_t>(total);
    std::uint32_t transport = ipv6_bytes;
    if (key.protocol != static_cast<std::uint8_t>(IpProtocol::tcp) &&
        key.protocol != static_cast<std::uint8_t>(IpProtocol::udp)) {
        transport = follow_extensions(ip, total, key);
        if (key.error != ParseError::none) return;
    }
    key.l4_offset = static_cast<std::uint16_t>(key.l3_offset + transport);
    if (!key.has(key_later_fragment)) parse_transport(ip + transport, total - transport, key);
}

std::uint64_t load64(const std::uint8_t* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    return word;
}
void store64(std::uint8_t* at, std::uint64_t word) {
    std::memcpy(at, &word, 8);
}
std::uint32_t load32(const std::uint8_t* at) {
    std::uint32_t word = 0;
    std::memcpy(&word, at, 4);
    return word;
}

// What nearly every packet is: at most two tags, no options or extension headers, whole, TCP or UDP. Fills
// the key in whole words from whole words; says false for everything else and for everything that is wrong.

// What is known of a frame before its IP header is read.
struct Link {
    std::uint32_t offset = ethernet_bytes;  // of the IP header
    std::uint32_t vlan = 0;
    std::uint32_t inner_vlan = 0;
};

// The eight bytes of a key from its ports on: 0 for a transport that is not plain.
[[gnu::always_inline]] inline std::uint64_t plain_transport(const std::uint8_t* at, std::uint32_t left,
                                                            std::uint32_t protocol, std::uint32_t hop_limit,
                                                            std::uint32_t flags) {
    std::uint32_t tcp_flags = 0;
    if (protocol == static_cast<std::uint8_t>(IpProtocol::tcp)) {
        if (left < tcp_bytes) return 0;
        const std::uint32_t header = (at[12] >> 4U) * 4U;
        if (header < tcp_bytes || header > left) return 0;
        tcp_flags = at[13];
    } else {
        if (protocol != static_cast<std::uint8_t>(IpProtocol::udp) || left < udp_bytes) return 0;
        const std::uint32_t length = u16(at + 4);
        if (length < udp_bytes || length > left) return 0;
    }
    // Both ports at once: exchanged as a whole, then put back in their order.
    const std::uint32_t ports = __builtin_bswap32(load32(at));
    return (ports >> 16U | ports << 16U) |
           static_cast<std::uint64_t>(protocol | tcp_flags << 8U | hop_limit << 16U | flags << 24U) << 32U;
}

[[gnu::always_inline]] inline void write_key(Key& key, const Link& link, std::uint64_t transport,
                                             std::uint32_t header, std::uint32_t length) {
    static_assert(offsetof(Key, source_port) == 32 && offsetof(Key, protocol) == 36 &&
                  offsetof(Key, flags) == 39 && offsetof(Key, l3_offset) == 40 &&
                  offsetof(Key, l3_length) == 44 && offsetof(Key, fragment_id) == 48 &&
                  offsetof(Key, error) == 52 && offsetof(Key, vlan) == 54 &&
                  offsetof(Key, inner_vlan) == 56 && offsetof(Key, tunnel) == 60);
    auto* at = reinterpret_cast<std::uint8_t*>(&key);
    const std::uint64_t offsets =
        link.offset | (link.offset + header) << 16U | static_cast<std::uint64_t>(length) << 32U;
    store64(at + 32, transport);
    store64(at + 40, offsets);
    store64(at + 48, static_cast<std::uint64_t>(link.vlan) << 48U);
    store64(at + 56, link.inner_vlan);
}

[[gnu::always_inline]] inline bool parse_plain_ipv4(const std::uint8_t* ip, std::uint32_t left,
                                                    const Link& link, Key& key) {
    if (left < ipv4_bytes) return false;
    const std::uint64_t first = load64(ip);
    const std::uint64_t second = load64(ip + 8);
    const std::uint64_t third = load32(ip + 16);
    // Version 4 and five words; of bytes 6 and 7 all but don't-fragment (and the reserved bit) zero.
    if ((first & 0xff3f'0000'0000'00ffULL) != 0x45U) return false;
    // The header's sum, ones' complement: with the end-around carries it is 0xffff.
    std::uint64_t sum =
        (first & 0xffffffffU) + (first >> 32U) + (second & 0xffffffffU) + (second >> 32U) + third;
    sum = (sum & 0xffffU) + (sum >> 16U & 0xffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    if (sum != 0xffffU && sum != 0x1fffeU) return false;
    const std::uint32_t total = __builtin_bswap16(static_cast<std::uint16_t>(first >> 16U));
    if (total < ipv4_bytes || total > left) return false;
    const std::uint64_t transport = plain_transport(ip + ipv4_bytes, total - ipv4_bytes, second >> 8U & 0xffU,
                                                    second & 0xffU, key_transport);
    if (transport == 0) return false;
    // Word by word: a copy of an array on the stack would wait for its stores.
    auto* at = reinterpret_cast<std::uint8_t*>(&key);
    store64(at, 0);
    store64(at + 8, 0xffff0000U | second >> 32U << 32U);
    store64(at + 16, 0);
    store64(at + 24, 0xffff0000U | third << 32U);
    write_key(key, link, transport, ipv4_bytes, total);
    return true;
}

[[gnu::always_inline]] inline bool parse_plain_ipv6(const std::uint8_t* ip, std::uint32_t left,
                                                    const Link& link, Key& key) {
    if (left < ipv6_bytes || ip[0] >> 4U != 6) return false;
    const std::uint32_t payload = u16(ip + 4);
    if (payload > left - ipv6_bytes || payload > 0xffffU - ipv6_bytes) return false;
    const std::uint64_t transport =
        plain_transport(ip + ipv6_bytes, payload, ip[6], ip[7], key_transport | key_ipv6);
    if (transport == 0) return false;
    std::memcpy(static_cast<void*>(&key), ip + 8, 32);
    write_key(key, link, transport, ipv6_bytes, payload + ipv6_bytes);
    return true;
}

// Everything, step by step.
void parse_any(const std::uint8_t* data, std::uint32_t length, Key& key) {
    key = Key{};
    if (length < ethernet_bytes) {
        key.error = ParseError::truncated;
        return;
    }
    std::uint32_t offset = ethernet_bytes;
    std::uint16_t type = u16(data + 12);
    for (int tags = 0; type == net::ether_type::vlan || type == net::ether_type::qinq; ++tags) {
        if (tags == max_vlan_tags) {
            key.error = ParseError::not_ip;
            return;
        }
        if (length < offset + 4) {
            key.error = ParseError::truncated;
            return;
        }
        (tags == 0 ? key.vlan : key.inner_vlan) = u16(data + offset) & 0x0fffU;
        type = u16(data + offset + 2);
        offset += 4;
    }
    key.l3_offset = static_cast<std::uint16_t>(offset);
    if (type == net::ether_type::ipv4) {
        parse_ipv4(data + offset, length - offset, key);
    } else if (type == net::ether_type::ipv6) {
        parse_ipv6(data + offset, length - offset, key);
    } else {
        key.error = ParseError::not_ip;
    }
}

[[gnu::always_inline]] inline bool parse_plain(const std::uint8_t* data, std::uint32_t length,
                                               std::uint32_t type, const Link& link, Key& key) {
    if (type == net::ether_type::ipv4)
        return parse_plain_ipv4(data + link.offset, length - link.offset, link, key);
    return type == net::ether_type::ipv6 &&
           parse_plain_ipv6(data + link.offset, length - link.offset, link, key);
}

constexpr bool is_tag(std::uint32_t type) {
    return type == net::ether_type::vlan || type == net::ether_type::qinq;
}

// A frame with a tag or two.
inline bool parse_tagged(const std::uint8_t* data, std::uint32_t length, Key& key) {
    if (length < ethernet_bytes + 8) return false;
    Link link{.offset = ethernet_bytes + 4, .vlan = u16(data + 14) & 0x0fffU};
    std::uint32_t type = u16(data + 16);
    if (is_tag(type)) {
        link.offset += 4;
        link.inner_vlan = u16(data + 18) & 0x0fffU;
        type = u16(data + 20);
    }
    return parse_plain(data, length, type, link, key);
}

inline void parse_into(const std::uint8_t* data, std::uint32_t length, Key& key) {
    if (length >= ethernet_bytes) {
        const std::uint32_t type = u16(data + 12);
        if (is_tag(type) ? parse_tagged(data, length, key) : parse_plain(data, length, type, {}, key)) return;
    }
    parse_any(data, length, key);
}

}  // namespace

Key parse(std::span<const std::uint8_t> frame) {
    Key key{};
    parse_into(frame.data(), static_cast<std::uint32_t>(frame.size()), key);
    return key;
}

Key parse_stepwise(std::span<const std::uint8_t> frame) {
    Key key{};
    parse_any(frame.data(), static_cast<std::uint32_t>(frame.size()), key);
    return key;
}

void parse_burst(std::span<const Frame> frames, Key* keys) {
    for (std::size_t i = 0; i < frames.size(); ++i) parse_into(frames[i].data, frames[i].length, keys[i]);
}

}  // namespace sluice::packet
