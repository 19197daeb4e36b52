// Any frame whatever: reading the quote of an ICMP error and rewriting it stays within the frame, changes no
// length, and what was a packet is one afterwards.
#include <cstdlib>
#include <vector>

#include "dataplane/firewall/reject.hpp"
#include "dataplane/nat/rewrite.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace nat = sluice::dataplane::nat;
namespace packet = sluice::packet;
using sluice::net::Address;

namespace {

nat::Translation translation(bool ipv6) {
    nat::Translation all;
    all.parts = 15;
    all.new_source = ipv6 ? Address::parse("2001:db8:9::1").value() : Address::v4(0xc0000201);
    all.new_destination = ipv6 ? Address::parse("2001:db8:9::2").value() : Address::v4(0xc0000202);
    all.new_source_port = 1111;
    all.new_destination_port = 2222;
    return all;
}

packet::Frame view(std::vector<std::uint8_t>& bytes, std::size_t length) {
    return {bytes.data(), static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(bytes.size()),
            nullptr};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 9'000) return 0;
    std::vector<std::uint8_t> bytes(data, data + size);
    const packet::Key key = packet::parse(bytes);
    if (key.error != packet::ParseError::none) return 0;
    const nat::Translation all = translation(key.has(packet::key_ipv6));
    packet::Frame frame = view(bytes, size);
    if (const auto quoted = nat::quoted_packet(key, frame)) {
        nat::rewrite_quoted(key, frame, *quoted, all);
        const auto again = nat::quoted_packet(key, frame);
        if (!again || again->source != all.new_source || again->destination != all.new_destination)
            std::abort();
    }
    if (nat::rewrite(key, frame, all)) {
        const packet::Key after = packet::parse(bytes);
        if (after.error != packet::ParseError::none || after.source != all.new_source) std::abort();
    }
    std::vector<std::uint8_t> asked(data, data + size);
    asked.resize(size + 128);
    packet::Frame answer = view(asked, size);
    if (sluice::dataplane::firewall::reject(key, answer, Address{})) {
        const packet::Key made = packet::parse(answer.bytes());
        if (made.error != packet::ParseError::none || made.destination != key.source) std::abort();
        // No answer to an answer.
        if (sluice::dataplane::firewall::reject(made, answer, Address{})) std::abort();
    }
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const char* text :
         {"tcp 192.0.2.1:1000 > 198.51.100.1:80 syn", "udp 192.0.2.1:53 > 198.51.100.1:53 payload 60",
          "icmp 192.0.2.1 > 198.51.100.1 type 8 payload 20",
          "tcp [2001:db8::1]:1000 > [2001:db8::2]:80 ack payload 10",
          "udp [2001:db8::1]:53 > [2001:db8::2]:53 payload 60",
          "icmpv6 2001:db8::1 > 2001:db8::2 type 128 payload 20"}) {
        auto inner = packet::parse_packet_text(text).value();
        seeds.push_back(inner);
        // The same, quoted by an error.
        const bool ipv6 = inner[12] == 0x86;
        auto error = packet::parse_packet_text(ipv6 ? "icmpv6 2001:db8::3 > 2001:db8::1 type 3 payload 100"
                                                    : "icmp 203.0.113.1 > 192.0.2.1 type 11 payload 100")
                         .value();
        const std::size_t at = error.size() - 100 + (ipv6 ? 4 : 0);
        for (std::size_t i = 14; i < inner.size() && at + i - 14 < error.size(); ++i)
            error[at + i - 14] = inner[i];
        seeds.push_back(std::move(error));
    }
    return seeds;
}
