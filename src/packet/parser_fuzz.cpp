// Any bytes as a frame: no read past its end (the sanitizers look), and the short cut for plain packets says
// what the step-by-step way says.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace packet = sluice::packet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy of exactly this size, so that one byte too far is seen.
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[size]);
    if (size != 0) std::memcpy(exact.get(), data, size);
    const std::span<const std::uint8_t> frame(exact.get(), size);
    const packet::Key key = packet::parse(frame);
    const packet::Key stepwise = packet::parse_stepwise(frame);
    if (key != stepwise) std::abort();
    if (key.error == packet::ParseError::none) {
        if (key.l4_offset < key.l3_offset + 20U ||
            key.l4_offset > std::uint32_t{key.l3_offset} + key.l3_length)
            std::abort();
        if (static_cast<std::size_t>(key.l3_offset) + key.l3_length > size) std::abort();
        if (key.has(packet::key_transport) && key.l4_length() < 4) std::abort();
    }
    (void)packet::describe_packet(frame);
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const char* text : {
             "tcp 198.51.100.7:4242 > 203.0.113.9:443 syn seq 7",
             "tcp 198.51.100.7:4242 > 203.0.113.9:443 ack options 3 payload 40 data-offset 8",
             "udp 198.51.100.7:53 > 203.0.113.9:4000 payload 60 vlan 12 vlan 13",
             "udp 198.51.100.7:53 > 203.0.113.9:4000 payload 64 more id 9",
             "icmp 198.51.100.7 > 203.0.113.9 type 8 payload 56",
             "protocol 47 198.51.100.7 > 203.0.113.9 payload 40",
             "tcp [2001:db8::1]:4242 > [2001:db8:1::10]:443 syn",
             "udp [2001:db8::1]:53 > [2001:db8:1::10]:9 payload 40 extension hop-by-hop extension routing",
             "udp [2001:db8::1]:53 > [2001:db8:1::10]:9 payload 40 more id 7",
             "icmpv6 2001:db8::1 > 2001:db8:1::10 type 135 payload 20",
         }) {
        seeds.push_back(packet::parse_packet_text(text).value());
    }
    return seeds;
}
