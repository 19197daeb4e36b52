#include "pieces.hpp"

#include <algorithm>
#include <span>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"
#include "packet/parser.hpp"

namespace sluice::integration {
namespace {

constexpr std::size_t ethernet = 14;
constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;

void finish_ipv4(Bytes& frame, std::uint16_t id, std::uint16_t flags_and_offset) {
    std::uint8_t* ip = frame.data() + ethernet;
    net::put16(ip + 2, static_cast<std::uint16_t>(frame.size() - ethernet));
    net::put16(ip + 4, id);
    net::put16(ip + 6, flags_and_offset);
    net::put16(ip + 10, 0);
    net::put16(ip + 10, net::checksum({ip, ipv4_header}));
}
void finish_ipv6(Bytes& frame) {
    net::put16(frame.data() + ethernet + 4,
               static_cast<std::uint16_t>(frame.size() - ethernet - ipv6_header));
}

Bytes piece_of(const Bytes& frame, bool ipv6, std::size_t offset, std::size_t size, bool more,
               std::uint16_t id) {
    const std::size_t header = ethernet + (ipv6 ? ipv6_header : ipv4_header);
    Bytes out(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(header));
    if (ipv6) {
        const std::uint8_t next = out[ethernet + 6];
        out[ethernet + 6] = 44;
        out.insert(out.end(), {next, 0, 0, 0, 0, 0, 0, 0});
        net::put16(out.data() + header + 2, static_cast<std::uint16_t>(offset | (more ? 1U : 0U)));
        net::put16(out.data() + header + 6, id);
    }
    const auto begin = frame.begin() + static_cast<std::ptrdiff_t>(header + offset);
    out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    if (ipv6) {
        finish_ipv6(out);
    } else {
        finish_ipv4(out, id, static_cast<std::uint16_t>(offset / 8 | (more ? 0x2000U : 0U)));
    }
    return out;
}

struct Piece {
    std::size_t offset;
    bool more;
    std::span<const std::uint8_t> bytes;
};

}  // namespace

std::vector<Bytes> cut(const Bytes& frame, std::size_t size, std::uint16_t id) {
    const bool ipv6 = frame[12] == 0x86;
    const std::size_t all = frame.size() - ethernet - (ipv6 ? ipv6_header : ipv4_header);
    std::vector<Bytes> out;
    for (std::size_t at = 0; at < all; at += size) {
        const std::size_t here = std::min(size, all - at);
        out.push_back(piece_of(frame, ipv6, at, here, at + here < all, id));
    }
    return out;
}

Bytes join(const std::vector<Bytes>& frames) {
    std::vector<Piece> pieces;
    packet::Key first{};
    std::span<const std::uint8_t> link;
    for (const Bytes& frame : frames) {
        const packet::Key key = packet::parse(frame);
        if (key.error != packet::ParseError::none) return {};
        if (key.fragment_offset == 0) {
            first = key;
            link = frame;
        }
        pieces.push_back({key.fragment_offset, key.has(packet::key_more_fragments),
                          std::span(frame).subspan(key.l4_offset, key.l4_length())});
    }
    if (link.empty()) return {};
    std::sort(pieces.begin(), pieces.end(),
              [](const Piece& a, const Piece& b) { return a.offset < b.offset; });
    const bool ipv6 = first.has(packet::key_ipv6);
    Bytes out(link.begin(), link.begin() + 12);
    out.push_back(ipv6 ? 0x86 : 0x08);
    out.push_back(ipv6 ? 0xdd : 0x00);
    const auto header = link.subspan(first.l3_offset, ipv6 ? ipv6_header : ipv4_header);
    out.insert(out.end(), header.begin(), header.end());
    std::size_t next = 0;
    for (const Piece& piece : pieces) {
        if (piece.offset != next || piece.more != (&piece != &pieces.back())) return {};
        out.insert(out.end(), piece.bytes.begin(), piece.bytes.end());
        next += piece.bytes.size();
    }
    if (ipv6) {
        out[ethernet + 6] = first.protocol;
        finish_ipv6(out);
    } else {
        finish_ipv4(out, 0, 0);
    }
    return out;
}

bool has_right_checksum(const Bytes& frame) {
    const packet::Key key = packet::parse(frame);
    const auto transport = std::span(frame).subspan(key.l4_offset, key.l4_length());
    const bool icmp = key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmp);
    const auto sum =
        icmp ? 0 : net::pseudo_header_sum(key.source, key.destination, key.protocol, key.l4_length());
    return net::checksum_finish(net::checksum_add(sum, transport)) == 0;
}

}  // namespace sluice::integration
