// Any datagram to port 53, over both families: no byte outside the frame is touched (the sanitizers watch),
// what is answered is never longer than its question, is whole, and is a truncated answer to the same
// question; what is not answered stays as it was. The first byte of the input chooses the headers, the rest
// is the message.
#include "dataplane/scrub/truncated_answer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace {

using namespace sluice;
using Bytes = std::vector<std::uint8_t>;

void require(bool holds) {
    if (!holds) std::abort();
}

const Bytes& headers(std::size_t which) {
    static const std::array<Bytes, 4> all = [] {
        const char* texts[] = {"udp 198.18.0.5:4000 > 203.0.113.9:53",
                               "udp 198.18.0.5:4000 > 203.0.113.9:53 options 3 vlan 12",
                               "udp [2001:db8:f::5]:4000 > [2001:db8:3::9]:53",
                               "udp [2001:db8:f::5]:4000 > [2001:db8:3::9]:53 extension hop-by-hop"};
        std::array<Bytes, 4> out;
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = packet::parse_packet_text(texts[i]).value();
        return out;
    }();
    return all[which % all.size()];
}

// The message behind the headers, lengths put right.
Bytes frame_of(const Bytes& head, const std::uint8_t* message, std::size_t size) {
    Bytes frame = head;
    const packet::Key key = packet::parse(head);
    frame.insert(frame.end(), message, message + size);
    std::uint8_t* ip = frame.data() + key.l3_offset;
    if (key.has(packet::key_ipv6)) {
        net::put16(ip + 4, frame.size() - key.l3_offset - 40);
    } else {
        net::put16(ip + 2, frame.size() - key.l3_offset);
        net::put16(ip + 10, 0);
        net::put16(ip + 10, net::checksum({ip, static_cast<std::size_t>(key.l4_offset - key.l3_offset)}));
    }
    net::put16(frame.data() + key.l4_offset + 4, 8 + size);
    return frame;
}

void check_answer(std::span<const std::uint8_t> answer, const packet::Key& question,
                  const std::uint8_t* message, std::size_t size) {
    const packet::Key key = packet::parse_stepwise(answer);
    require(key.error == packet::ParseError::none && key.has(packet::key_transport));
    require(key.source == question.destination && key.destination == question.source);
    require(key.source_port == 53 && key.destination_port == question.source_port);
    const auto datagram = answer.subspan(key.l4_offset, key.l4_length());
    const auto sum = net::pseudo_header_sum(key.source, key.destination, key.protocol, key.l4_length());
    require(net::checksum_finish(net::checksum_add(sum, datagram)) == 0);
    const auto dns = datagram.subspan(8);
    require(dns.size() >= 17 && dns.size() <= size);
    require(std::equal(dns.begin(), dns.begin() + 2, message));  // ID
    require((dns[2] & 0xfeU) == 0x82 && (dns[3] & 0x0fU) == 0);  // a response, truncated, no error
    for (const std::size_t at : {6, 7, 8, 9, 10}) require(dns[at] == 0);
    const std::size_t records = dns[11] == 0 ? 0 : 11;
    require(dns.size() >= 17 + records);
    require(std::equal(dns.begin() + 12, dns.begin() + 17, message + 12));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint8_t* message = data + 1;
    const std::size_t length = std::min<std::size_t>(size - 1, 1400);
    Bytes frame = frame_of(headers(data[0]), message, length);
    const Bytes before = frame;
    const packet::Key key = packet::parse(frame);
    const auto room = static_cast<std::uint32_t>(frame.size());
    packet::Frame view{frame.data(), room, room, nullptr};
    if (!dataplane::scrub::answer_truncated(key, view)) {
        require(frame == before && view.length == room);
        return 0;
    }
    require(view.length <= before.size());
    check_answer(view.bytes(), key, message, length);
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<Bytes> seeds;
    const Bytes name = {3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1};
    const Bytes opt = {0,  0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 24, 0,  12, 0,  0,  0,  10, 0,
                       16, 1, 2,  3, 4,    5, 6, 7,    8, 9, 10, 11, 12, 13, 14, 15, 16};
    for (std::uint8_t which = 0; which < 4; ++which) {
        Bytes plain = {which, 0xbe, 0xef, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
        plain.insert(plain.end(), name.begin(), name.end());
        seeds.push_back(plain);
        plain[12] = 1;
        plain.insert(plain.end(), opt.begin(), opt.end());
        seeds.push_back(plain);
    }
    return seeds;
}
