// Every checksum of thousands of random packets, changed step by step, against one made anew.
#include "dataplane/nat/rewrite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::nat {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937_64;

constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;
constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t icmpv6 = 58;
constexpr std::uint8_t udp_lite = 136;

net::Address any_address(Random& random, bool ipv6) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (!ipv6) return net::Address::v4_from(bytes.data());
    bytes[0] = 0x20;
    return net::Address::v6_from(bytes.data());
}

std::uint32_t checksum_offset(std::uint8_t protocol) {
    return protocol == tcp ? 16 : protocol == udp || protocol == udp_lite ? 6 : 2;
}

// The checksum of a whole transport message, made anew; its own field counts as zero.
std::uint16_t right_checksum(Bytes message, std::uint8_t protocol, const net::Address& source,
                             const net::Address& destination) {
    net::put16(message.data() + checksum_offset(protocol), 0);
    const std::uint64_t sum = protocol == icmp
                                  ? 0
                                  : net::pseudo_header_sum(source, destination, protocol,
                                                           static_cast<std::uint32_t>(message.size()));
    const std::uint16_t field = net::checksum_finish(net::checksum_add(sum, message));
    return protocol == udp && field == 0 ? 0xffff : field;
}

// A random IP packet with right checksums.
struct Sample {
    Bytes bytes;  // from the IP header on
    std::uint32_t l4 = 0;
    std::uint8_t protocol = 0;
    bool ipv6 = false;
    bool unchecked = false;  // UDP without checksum
};

Bytes any_transport(Random& random, std::uint8_t protocol) {
    Bytes message(20 + random() % 60);
    for (auto& byte : message) byte = static_cast<std::uint8_t>(random());
    if (protocol == tcp) message[12] = 0x50;
    if (protocol == udp) net::put16(message.data() + 4, static_cast<std::uint32_t>(message.size()));
    if (protocol == icmp) message[0] = random() % 2 == 0 ? 8 : 0;
    if (protocol == icmpv6) message[0] = random() % 2 == 0 ? 128 : 129;
    // Sums near zero are where one's complement can go wrong.
    if (random() % 3 == 0) std::fill(message.begin() + 8, message.end(), random() % 2 == 0 ? 0x00 : 0xff);
    if (protocol == tcp) message[12] = 0x50;
    return message;
}

Sample any_packet(Random& random, bool ipv6, std::uint8_t protocol) {
    Sample sample;
    sample.ipv6 = ipv6;
    sample.protocol = protocol;
    const net::Address source = any_address(random, ipv6);
    const net::Address destination = any_address(random, ipv6);
    Bytes message = any_transport(random, protocol);
    sample.unchecked = protocol == udp && !ipv6 && random() % 5 == 0;
    net::put16(message.data() + checksum_offset(protocol),
               sample.unchecked ? 0 : right_checksum(message, protocol, source, destination));
    const std::uint32_t options = random() % 4 == 0 ? 8 : 0;
    if (ipv6) {
        sample.l4 = 40 + options;
        sample.bytes.resize(sample.l4);
        sample.bytes[0] = 0x60;
        net::put16(sample.bytes.data() + 4, static_cast<std::uint32_t>(message.size()) + options);
        sample.bytes[6] = options != 0 ? 60 : protocol;
        if (options != 0) sample.bytes[40] = protocol;
        sample.bytes[7] = 64;
        std::copy_n(source.bytes().begin(), 16, sample.bytes.begin() + 8);
        std::copy_n(destination.bytes().begin(), 16, sample.bytes.begin() + 24);
    } else {
        sample.l4 = 20 + options;
        sample.bytes.resize(sample.l4, 1);
        sample.bytes[0] = static_cast<std::uint8_t>(0x40U | sample.l4 / 4);
        net::put16(sample.bytes.data() + 2, sample.l4 + static_cast<std::uint32_t>(message.size()));
        net::put16(sample.bytes.data() + 4, static_cast<std::uint32_t>(random() & 0xffffU));
        net::put16(sample.bytes.data() + 6, 0);
        sample.bytes[8] = 64;
        sample.bytes[9] = protocol;
        std::copy_n(source.bytes().begin() + 12, 4, sample.bytes.begin() + 12);
        std::copy_n(destination.bytes().begin() + 12, 4, sample.bytes.begin() + 16);
        net::put16(sample.bytes.data() + 10, 0);
        net::put16(sample.bytes.data() + 10, net::checksum({sample.bytes.data(), sample.l4}));
    }
    sample.bytes.insert(sample.bytes.end(), message.begin(), message.end());
    return sample;
}

// A fragment of the packet: its header with this offset and more-flag.
Sample fragment_of(const Sample& whole, std::uint32_t offset, std::uint32_t bytes, bool more) {
    Sample piece = whole;
    piece.bytes.resize(whole.l4);
    if (whole.ipv6) {
        piece.bytes.insert(piece.bytes.end(), {whole.protocol, 0, 0, 0, 1, 2, 3, 4});
        (whole.l4 == 40 ? piece.bytes[6] : piece.bytes[40]) = 44;
        net::put16(piece.bytes.data() + whole.l4 + 2, offset | (more ? 1U : 0U));
        net::put16(piece.bytes.data() + 4, whole.l4 - 40 + 8 + bytes);
        piece.l4 += 8;
    } else {
        net::put16(piece.bytes.data() + 2, whole.l4 + bytes);
        net::put16(piece.bytes.data() + 6, offset / 8 | (more ? 0x2000U : 0U));
        net::put16(piece.bytes.data() + 10, 0);
        net::put16(piece.bytes.data() + 10, net::checksum({piece.bytes.data(), whole.l4}));
    }
    const auto first = whole.bytes.begin() + whole.l4 + offset;
    piece.bytes.insert(piece.bytes.end(), first, first + bytes);
    return piece;
}

Bytes framed(const Bytes& packet, bool ipv6) {
    Bytes frame(12, 2);
    frame.push_back(ipv6 ? 0x86 : 0x08);
    frame.push_back(ipv6 ? 0xdd : 0x00);
    frame.insert(frame.end(), packet.begin(), packet.end());
    return frame;
}

packet::Frame view(Bytes& bytes) {
    return {bytes.data(), static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(bytes.size()),
            nullptr};
}

Translation any_translation(Random& random, bool ipv6) {
    Translation translation;
    translation.parts = static_cast<std::uint8_t>(random() % 16);
    translation.new_source = any_address(random, ipv6);
    translation.new_destination = any_address(random, ipv6);
    translation.new_source_port = static_cast<std::uint16_t>(random());
    translation.new_destination_port = static_cast<std::uint16_t>(random());
    return translation;
}

// What the IP header and the ports say is what was asked for, the rest is as it was.
void check_fields(const Bytes& before, const Bytes& after, const packet::Key& old_key,
                  const Translation& asked) {
    const packet::Key key = packet::parse(after);
    ASSERT_EQ(key.error, packet::ParseError::none);  // the IPv4 header's checksum among others
    EXPECT_EQ(key.source, asked.has(Translation::source_address) ? asked.new_source : old_key.source);
    EXPECT_EQ(key.destination,
              asked.has(Translation::destination_address) ? asked.new_destination : old_key.destination);
    if (key.protocol == tcp || key.protocol == udp) {
        EXPECT_EQ(key.source_port,
                  asked.has(Translation::source_port) ? asked.new_source_port : old_key.source_port);
        EXPECT_EQ(key.destination_port, asked.has(Translation::destination_port) ? asked.new_destination_port
                                                                                 : old_key.destination_port);
    }
    ASSERT_EQ(before.size(), after.size());
    EXPECT_TRUE(
        std::equal(before.begin() + key.l4_offset + 18, before.end(), after.begin() + key.l4_offset + 18));
}

void check_transport(const Sample& sample, const Bytes& frame, const Translation& asked) {
    const packet::Key key = packet::parse(frame);
    const Bytes message(frame.begin() + key.l4_offset, frame.end());
    const std::uint32_t field = net::get16(message.data() + checksum_offset(sample.protocol));
    if (sample.unchecked) {
        EXPECT_EQ(field, 0U);
        return;
    }
    EXPECT_EQ(field, right_checksum(message, sample.protocol, key.source, key.destination))
        << "protocol " << int{sample.protocol} << " parts " << int{asked.parts};
}

TEST(Rewrite, KeepsEveryChecksumRight) {
    Random random(7);
    for (int i = 0; i < 20'000 && !testing::Test::HasFailure(); ++i) {
        const bool ipv6 = i % 2 == 1;
        const std::array<std::uint8_t, 4> protocols{tcp, udp, ipv6 ? icmpv6 : icmp, udp_lite};
        const Sample sample = any_packet(random, ipv6, protocols[random() % 4]);
        Bytes frame = framed(sample.bytes, ipv6);
        const Bytes before = frame;
        const packet::Key key = packet::parse(frame);
        ASSERT_EQ(key.error, packet::ParseError::none);
        const Translation asked = any_translation(random, ipv6);
        packet::Frame in_place = view(frame);
        ASSERT_TRUE(rewrite(key, in_place, asked));
        check_fields(before, frame, key, asked);
        check_transport(sample, frame, asked);
    }
}

TEST(Rewrite, FragmentsTogetherAreTheRewrittenPacket) {
    Random random(8);
    for (int i = 0; i < 5'000 && !testing::Test::HasFailure(); ++i) {
        const bool ipv6 = i % 2 == 1;
        const Sample whole = any_packet(random, ipv6, random() % 2 == 0 ? tcp : udp);
        const auto message = static_cast<std::uint32_t>(whole.bytes.size() - whole.l4);
        if (message <= 24) continue;
        const Translation asked = any_translation(random, ipv6);
        Bytes first = framed(fragment_of(whole, 0, 24, true).bytes, ipv6);
        Bytes second = framed(fragment_of(whole, 24, message - 24, false).bytes, ipv6);
        Bytes joined;
        for (Bytes* piece : {&first, &second}) {
            const packet::Key key = packet::parse(*piece);
            ASSERT_EQ(key.error, packet::ParseError::none);
            packet::Frame frame = view(*piece);
            ASSERT_TRUE(rewrite(key, frame, asked));
            joined.insert(joined.end(), piece->begin() + key.l4_offset, piece->end());
        }
        const packet::Key key = packet::parse(second);
        ASSERT_EQ(key.error, packet::ParseError::none);
        const std::uint32_t field = net::get16(joined.data() + checksum_offset(whole.protocol));
        EXPECT_EQ(field,
                  whole.unchecked ? 0 : right_checksum(joined, whole.protocol, key.source, key.destination));
    }
}

TEST(Rewrite, LeavesAFirstFragmentAloneThatHidesItsChecksum) {
    Random random(9);
    const Sample whole = any_packet(random, false, tcp);
    Bytes frame = framed(fragment_of(whole, 0, 8, true).bytes, false);
    const Bytes before = frame;
    packet::Frame in_place = view(frame);
    EXPECT_FALSE(rewrite(packet::parse(frame), in_place, any_translation(random, false)));
    EXPECT_EQ(frame, before);
}

// An ICMP error about the packet, as its receiver sends it.
Bytes error_about(Random& random, const Sample& about, std::size_t quoted_bytes) {
    Bytes message{static_cast<std::uint8_t>(about.ipv6 ? 1 : 3), 1, 0, 0, 0, 0, 0, 0};
    const std::size_t quoted = std::min(quoted_bytes, about.bytes.size());
    message.insert(message.end(), about.bytes.begin(),
                   about.bytes.begin() + static_cast<std::ptrdiff_t>(quoted));
    const std::uint8_t protocol = about.ipv6 ? icmpv6 : icmp;
    Sample error = any_packet(random, about.ipv6, protocol);
    error.bytes.resize(error.l4);
    if (about.ipv6) {
        net::put16(error.bytes.data() + 4, error.l4 - 40 + static_cast<std::uint32_t>(message.size()));
    } else {
        net::put16(error.bytes.data() + 2, error.l4 + static_cast<std::uint32_t>(message.size()));
        net::put16(error.bytes.data() + 10, 0);
        net::put16(error.bytes.data() + 10, net::checksum({error.bytes.data(), error.l4}));
    }
    Bytes frame = framed(error.bytes, about.ipv6);
    frame.insert(frame.end(), message.begin(), message.end());
    const packet::Key outer = packet::parse(frame);
    net::put16(frame.data() + outer.l4_offset + 2,
               right_checksum(message, protocol, outer.source, outer.destination));
    return frame;
}

TEST(Rewrite, AnErrorIsChangedWithThePacketThatItQuotes) {
    Random random(10);
    int with_checksum = 0;
    for (int i = 0; i < 20'000 && !testing::Test::HasFailure(); ++i) {
        const bool ipv6 = i % 2 == 1;
        const std::array<std::uint8_t, 3> protocols{tcp, udp, ipv6 ? icmpv6 : icmp};
        const Sample about = any_packet(random, ipv6, protocols[random() % 3]);
        Bytes frame = error_about(random, about, about.l4 + 8 + random() % 40);
        const packet::Key key = packet::parse(frame);
        ASSERT_TRUE(is_icmp_error(key));
        packet::Frame in_place = view(frame);
        const auto quoted = quoted_packet(key, in_place);
        ASSERT_TRUE(quoted.has_value());
        EXPECT_EQ(quoted->protocol, about.protocol);
        ASSERT_TRUE(quoted->has_ports);
        Translation inner = any_translation(random, ipv6);
        Translation outer = any_translation(random, ipv6);
        rewrite_quoted(key, in_place, *quoted, inner);
        ASSERT_TRUE(rewrite(key, in_place, outer));

        // Of the error: both headers are right again.
        const packet::Key after = packet::parse(frame);
        ASSERT_EQ(after.error, packet::ParseError::none);
        const Bytes message(frame.begin() + after.l4_offset, frame.end());
        EXPECT_EQ(net::get16(message.data() + 2),
                  right_checksum(message, after.protocol, after.source, after.destination))
            << "outer " << int{outer.parts} << " inner " << int{inner.parts};
        // Of the quote: what was asked for, and its checksums as if it had been sent so.
        const auto changed = quoted_packet(after, in_place);
        ASSERT_TRUE(changed.has_value());
        EXPECT_EQ(changed->source,
                  inner.has(Translation::source_address) ? inner.new_source : quoted->source);
        EXPECT_EQ(changed->destination,
                  inner.has(Translation::destination_address) ? inner.new_destination : quoted->destination);
        Bytes sent(about.bytes);
        std::copy(frame.begin() + changed->l3_offset, frame.end(), sent.begin());
        if (!ipv6) {
            EXPECT_EQ(net::checksum({sent.data(), about.l4}), 0);
        }
        const std::uint32_t at = checksum_offset(about.protocol);
        if (about.l4 + at + 2 > frame.size() - changed->l3_offset || about.unchecked) continue;
        ++with_checksum;
        const Bytes transport(sent.begin() + about.l4, sent.end());
        EXPECT_EQ(net::get16(transport.data() + at),
                  right_checksum(transport, about.protocol, changed->source, changed->destination));
    }
    EXPECT_GT(with_checksum, 10'000);
}

TEST(Rewrite, ReadsNoQuoteWhereThereIsNone) {
    const auto quote_of = [](std::string_view text) {
        Bytes frame = packet::parse_packet_text(text).value();
        return quoted_packet(packet::parse(frame), view(frame)).has_value();
    };
    EXPECT_FALSE(quote_of("tcp 192.0.2.1:1 > 192.0.2.2:2 syn"));
    EXPECT_FALSE(quote_of("icmp 192.0.2.1 > 192.0.2.2 type 8 payload 40"));
    EXPECT_FALSE(quote_of("icmp 192.0.2.1 > 192.0.2.2 type 3"));
    EXPECT_FALSE(quote_of("icmp 192.0.2.1 > 192.0.2.2 type 3 payload 40"));  // quotes nonsense
    EXPECT_FALSE(quote_of("icmpv6 2001:db8::1 > 2001:db8::2 type 1 payload 10"));
}

}  // namespace
}  // namespace sluice::dataplane::nat
