// Where checksums lie (headers are drawn in packet/parser.cpp): IPv4 10; TCP 16; UDP, UDP-Lite (RFC 3828) and
// DCCP (RFC 4340 section 5.1) 6; ICMP and ICMPv6 2. All but ICMP's cover the addresses (pseudo header).
//
// ICMP error (RFC 792, RFC 4443 section 3): type 1 | code 1 | checksum 2 | 4 | the packet it is about …
#include "dataplane/nat/rewrite.hpp"

#include <cstring>

#include "net/protocol.hpp"

namespace sluice::dataplane::nat {
namespace {

using net::IpProtocol;

constexpr std::uint8_t udp_lite = 136;
constexpr std::uint8_t dccp = 33;
constexpr std::uint32_t icmp_header_bytes = 8;
constexpr std::uint32_t ipv4_bytes = 20;
constexpr std::uint32_t ipv6_bytes = 40;
constexpr int max_extensions = 8;

std::uint16_t load16(const std::uint8_t* at) {
    std::uint16_t value = 0;
    std::memcpy(&value, at, 2);
    return value;
}
void store16(std::uint8_t* at, std::uint16_t value) {
    std::memcpy(at, &value, 2);
}
std::uint32_t load32(const std::uint8_t* at) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, 4);
    return value;
}
std::uint16_t host16(const std::uint8_t* at) {
    return __builtin_bswap16(load16(at));
}

// A difference of one's-complement sums, in the machine's byte order: 16-bit words add up to the same in
// either (RFC 1071 section 2.B), and 32-bit words to the same modulo 2^16 - 1.
using Difference = std::uint64_t;

Difference changed16(std::uint16_t from, std::uint16_t to) {
    return static_cast<Difference>(static_cast<std::uint16_t>(~from)) + to;
}
Difference changed32(std::uint32_t from, std::uint32_t to) {
    return static_cast<Difference>(~from) + to;
}

// Equation 3: HC' = ~(~HC + ~m + m').
std::uint16_t updated(std::uint16_t field, Difference difference) {
    std::uint64_t sum = difference + static_cast<std::uint16_t>(~field);
    sum = (sum & 0xffffffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

// Stores an address of `bytes` 4 or 16 at its place in a header.
Difference put_address(std::uint8_t* at, const net::Address& address, bool ipv6) {
    if (!ipv6) {
        const std::uint32_t value = load32(address.bytes().data() + 12);
        const Difference difference = changed32(load32(at), value);
        std::memcpy(at, &value, 4);
        return difference;
    }
    Difference difference = 0;
    for (std::size_t i = 0; i < 16; i += 4) {
        difference += changed32(load32(at + i), load32(address.bytes().data() + i));
    }
    std::memcpy(at, address.bytes().data(), 16);
    return difference;
}

// Addresses of an IP header, and of IPv4 its checksum. The difference is what a pseudo header sees of it.
Difference put_addresses(std::uint8_t* ip, bool ipv6, const Translation& translation) {
    Difference difference = 0;
    if (translation.has(Translation::source_address)) {
        difference += put_address(ip + (ipv6 ? 8 : 12), translation.new_source, ipv6);
    }
    if (translation.has(Translation::destination_address)) {
        difference += put_address(ip + (ipv6 ? 24 : 16), translation.new_destination, ipv6);
    }
    if (!ipv6 && difference != 0) store16(ip + 10, updated(load16(ip + 10), difference));
    return difference;
}

Difference put_port(std::uint8_t* at, std::uint16_t host_order) {
    const std::uint16_t value = __builtin_bswap16(host_order);
    const Difference difference = changed16(load16(at), value);
    store16(at, value);
    return difference;
}

bool has_ports_at_start(std::uint8_t protocol) {
    return protocol == static_cast<std::uint8_t>(IpProtocol::tcp) ||
           protocol == static_cast<std::uint8_t>(IpProtocol::udp);
}

// Where the checksum of a transport lies, and whether it covers the addresses; 0: it has none that we know.
struct ChecksumPlace {
    std::uint32_t offset = 0;
    bool covers_addresses = true;
};
ChecksumPlace checksum_of(std::uint8_t protocol) {
    switch (protocol) {
        case static_cast<std::uint8_t>(IpProtocol::tcp):
            return {16, true};
        case static_cast<std::uint8_t>(IpProtocol::udp):
        case udp_lite:
        case dccp:
            return {6, true};
        case static_cast<std::uint8_t>(IpProtocol::icmp):
            return {2, false};
        case static_cast<std::uint8_t>(IpProtocol::icmpv6):
            return {2, true};
        default:
            return {};
    }
}

// Ports or the identifier of the transport header `l4`, of which `bytes` are there.
Difference put_ports(std::uint8_t* l4, std::uint32_t bytes, std::uint8_t protocol,
                     const Translation& translation) {
    Difference difference = 0;
    if (has_ports_at_start(protocol)) {
        if (bytes < 4) return 0;
        if (translation.has(Translation::source_port)) {
            difference += put_port(l4, translation.new_source_port);
        }
        if (translation.has(Translation::destination_port)) {
            difference += put_port(l4 + 2, translation.new_destination_port);
        }
    } else if (bytes >= icmp_header_bytes && is_icmp_query(protocol, l4[0])) {
        if (translation.has(Translation::source_port)) {
            difference += put_port(l4 + 4, translation.new_source_port);
        } else if (translation.has(Translation::destination_port)) {
            difference += put_port(l4 + 4, translation.new_destination_port);
        }
    }
    return difference;
}

// The transport checksum, where it is there. UDP without a checksum keeps none (RFC 768), and one that
// comes out as zero is sent as ones.
Difference put_checksum(std::uint8_t* l4, std::uint32_t bytes, std::uint8_t protocol, Difference addresses,
                        Difference ports) {
    const ChecksumPlace place = checksum_of(protocol);
    if (place.offset == 0 || bytes < place.offset + 2) return 0;
    const Difference difference = ports + (place.covers_addresses ? addresses : 0);
    if (difference == 0) return 0;
    const bool udp = protocol == static_cast<std::uint8_t>(IpProtocol::udp);
    const std::uint16_t old_field = load16(l4 + place.offset);
    if (udp && old_field == 0) return 0;
    std::uint16_t new_field = updated(old_field, difference);
    if (udp && new_field == 0) new_field = 0xffff;
    store16(l4 + place.offset, new_field);
    return changed16(old_field, new_field);
}

}  // namespace

bool is_icmp_query(std::uint8_t protocol, std::uint8_t type) {
    if (protocol == static_cast<std::uint8_t>(IpProtocol::icmpv6)) return type == 128 || type == 129;
    if (protocol != static_cast<std::uint8_t>(IpProtocol::icmp)) return false;
    return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

bool is_icmp_error(const packet::Key& key) {
    if (!key.has(packet::key_transport)) return false;
    const std::uint16_t type = key.source_port;
    if (key.protocol == static_cast<std::uint8_t>(IpProtocol::icmpv6)) return type < 128;
    if (key.protocol != static_cast<std::uint8_t>(IpProtocol::icmp)) return false;
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

namespace {

// The checksum of a whole TCP or UDP header.
void update_plain(const packet::Key& key, std::uint8_t* l4, Difference difference) {
    const bool udp = key.protocol == static_cast<std::uint8_t>(IpProtocol::udp);
    std::uint8_t* at = l4 + (udp ? 6 : 16);
    const std::uint16_t old_field = load16(at);
    if (udp && old_field == 0) return;
    const std::uint16_t field = updated(old_field, difference);
    store16(at, udp && field == 0 ? 0xffff : field);
}

// Whole TCP and UDP packets: both ports are one word.
void rewrite_plain(const packet::Key& key, std::uint8_t* l4, const Translation& translation,
                   Difference addresses) {
    const std::uint32_t old_ports = load32(l4);
    std::uint32_t ports = old_ports;
    if (translation.has(Translation::source_port)) {
        ports = (ports & 0xffff0000U) | __builtin_bswap16(translation.new_source_port);
    }
    if (translation.has(Translation::destination_port)) {
        ports = (ports & 0xffffU) |
                static_cast<std::uint32_t>(__builtin_bswap16(translation.new_destination_port)) << 16U;
    }
    std::memcpy(l4, &ports, 4);
    update_plain(key, l4, addresses + changed32(old_ports, ports));
}

}  // namespace

void rewrite_ends4(const packet::Key& key, packet::Frame& frame, const Ends4& ends) {
    std::uint8_t* ip = frame.data + key.l3_offset;
    std::uint8_t* l4 = frame.data + key.l4_offset;
    Difference difference = 0;  // as put_addresses(), all in registers
    const std::uint32_t source = load32(ip + 12);
    const std::uint32_t destination = load32(ip + 16);
    if (((source ^ ends.source) | (destination ^ ends.destination)) != 0) [[likely]] {
        difference = changed32(source, ends.source) + changed32(destination, ends.destination);
        const std::uint64_t both = static_cast<std::uint64_t>(ends.destination) << 32U | ends.source;
        std::memcpy(ip + 12, &both, 8);
        store16(ip + 10, updated(load16(ip + 10), difference));
    }
    const std::uint32_t old_ports = load32(l4);
    const std::uint32_t ports = __builtin_bswap16(ends.source_port) |
                                static_cast<std::uint32_t>(__builtin_bswap16(ends.destination_port)) << 16U;
    std::memcpy(l4, &ports, 4);
    update_plain(key, l4, difference + changed32(old_ports, ports));
}

bool rewrite(const packet::Key& key, packet::Frame& frame, const Translation& translation) {
    if (has_ports_at_start(key.protocol) && key.has(packet::key_transport)) {
        const Difference addresses =
            put_addresses(frame.data + key.l3_offset, key.has(packet::key_ipv6), translation);
        rewrite_plain(key, frame.data + key.l4_offset, translation, addresses);
        return true;
    }
    const bool later = key.has(packet::key_later_fragment);
    const std::uint32_t bytes = later ? 0 : key.l4_length();
    if (!later && bytes < checksum_of(key.protocol).offset + 2) {
        // A checksum over the addresses lies in the next fragment, out of reach.
        if (key.has(packet::key_fragment) && checksum_of(key.protocol).offset != 0) return false;
    }
    const Difference addresses =
        put_addresses(frame.data + key.l3_offset, key.has(packet::key_ipv6), translation);
    if (later) return true;
    std::uint8_t* l4 = frame.data + key.l4_offset;
    const Difference ports = put_ports(l4, bytes, key.protocol, translation);
    (void)put_checksum(l4, bytes, key.protocol, addresses, ports);
    return true;
}

namespace {

// Behind the quoted IPv6 header; false when the quote ends before its transport.
bool follow_quoted_extensions(const std::uint8_t* data, QuotedPacket& quoted, bool& later_fragment) {
    std::uint32_t at = quoted.l3_offset + ipv6_bytes;
    for (int i = 0; i < max_extensions; ++i) {
        const auto kind = static_cast<IpProtocol>(quoted.protocol);
        if (kind != IpProtocol::hop_by_hop && kind != IpProtocol::ipv6_routing &&
            kind != IpProtocol::ipv6_destination && kind != IpProtocol::ipv6_fragment) {
            quoted.l4_offset = static_cast<std::uint16_t>(at);
            return true;
        }
        if (at + 8 > quoted.end) return false;
        quoted.protocol = data[at];
        if (kind == IpProtocol::ipv6_fragment) {
            later_fragment = (host16(data + at + 2) & 0xfff8U) != 0;
            at += 8;
        } else {
            at += (data[at + 1] + 1U) * 8U;
        }
        if (at > quoted.end) return false;
    }
    return false;
}

bool read_quoted_ip(const std::uint8_t* data, QuotedPacket& quoted, bool& later_fragment) {
    const std::uint8_t* ip = data + quoted.l3_offset;
    const std::uint32_t bytes = quoted.end - quoted.l3_offset;
    if (quoted.ipv6) {
        if (bytes < ipv6_bytes || ip[0] >> 4U != 6) return false;
        quoted.source = net::Address::v6_from(ip + 8);
        quoted.destination = net::Address::v6_from(ip + 24);
        quoted.protocol = ip[6];
        return follow_quoted_extensions(data, quoted, later_fragment);
    }
    if (bytes < ipv4_bytes || ip[0] >> 4U != 4) return false;
    const std::uint32_t header = (ip[0] & 0x0fU) * 4U;
    if (header < ipv4_bytes || header > bytes) return false;
    quoted.source = net::Address::v4_from(ip + 12);
    quoted.destination = net::Address::v4_from(ip + 16);
    quoted.protocol = ip[9];
    quoted.l4_offset = static_cast<std::uint16_t>(quoted.l3_offset + header);
    later_fragment = (host16(ip + 6) & 0x1fffU) != 0;
    return true;
}

}  // namespace

std::optional<QuotedPacket> quoted_packet(const packet::Key& key, const packet::Frame& frame) {
    if (!is_icmp_error(key) || key.has(packet::key_later_fragment)) return std::nullopt;
    if (key.l4_length() < icmp_header_bytes) return std::nullopt;
    QuotedPacket quoted;
    quoted.ipv6 = key.has(packet::key_ipv6);
    quoted.l3_offset = static_cast<std::uint16_t>(key.l4_offset + icmp_header_bytes);
    quoted.end = static_cast<std::uint16_t>(key.l3_offset + key.l3_length);
    bool later_fragment = false;
    if (!read_quoted_ip(frame.data, quoted, later_fragment)) return std::nullopt;
    if (later_fragment) return quoted;
    const std::uint8_t* l4 = frame.data + quoted.l4_offset;
    const std::uint32_t bytes = quoted.end - quoted.l4_offset;
    if (has_ports_at_start(quoted.protocol)) {
        if (bytes < 4) return std::nullopt;
        quoted.source_port = host16(l4);
        quoted.destination_port = host16(l4 + 2);
        quoted.has_ports = true;
    } else if (quoted.protocol == static_cast<std::uint8_t>(IpProtocol::icmp) ||
               quoted.protocol == static_cast<std::uint8_t>(IpProtocol::icmpv6)) {
        // An error about an error is sent by nobody (RFC 1122 section 3.2.2).
        if (bytes < icmp_header_bytes || !is_icmp_query(quoted.protocol, l4[0])) return std::nullopt;
        quoted.source_port = quoted.destination_port = host16(l4 + 4);
        quoted.has_ports = true;
    }
    return quoted;
}

void rewrite_quoted(const packet::Key& key, packet::Frame& frame, const QuotedPacket& quoted,
                    const Translation& translation) {
    std::uint8_t* ip = frame.data + quoted.l3_offset;
    // An IPv4 header whose checksum is kept sums up to what it did before; an IPv6 header does not.
    const Difference addresses = put_addresses(ip, quoted.ipv6, translation);
    Difference all = quoted.ipv6 ? addresses : 0;
    if (quoted.has_ports) {
        std::uint8_t* l4 = frame.data + quoted.l4_offset;
        const std::uint32_t bytes = quoted.end - quoted.l4_offset;
        const Difference ports = put_ports(l4, bytes, quoted.protocol, translation);
        all += ports + put_checksum(l4, bytes, quoted.protocol, addresses, ports);
    }
    std::uint8_t* field = frame.data + key.l4_offset + 2;
    if (all != 0) store16(field, updated(load16(field), all));
}

}  // namespace sluice::dataplane::nat
