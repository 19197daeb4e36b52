#include "dataplane/splice/segment.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataplane/flow/flow_world.hpp"
#include "dataplane/splice/cookie.hpp"
#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::splice {
namespace {

using flow::TextPacket;

// With the room that every port gives.
TextPacket packet_of(const std::string& text) {
    TextPacket out(text);
    const auto length = static_cast<std::uint32_t>(out.bytes.size());
    out.bytes.resize(std::max<std::size_t>(length, packet::min_room) + 64);
    out.frame = {out.bytes.data(), length, static_cast<std::uint32_t>(out.bytes.size()), nullptr};
    return out;
}

void expect_right_sums(const packet::Frame& frame) {
    const packet::Key key = packet::parse(frame.bytes());
    ASSERT_EQ(key.error, packet::ParseError::none) << "with the IPv4 header's checksum";
    const auto sum = net::pseudo_header_sum(key.source, key.destination, 6, key.l4_length());
    EXPECT_EQ(
        net::checksum_finish(net::checksum_add(sum, frame.bytes().subspan(key.l4_offset, key.l4_length()))),
        0);
    EXPECT_EQ(frame.length, key.l3_offset + key.l3_length);
}

constexpr const char* ends[] = {"198.18.0.5:1 > 203.0.113.9:443", "[2001:db8:f::5]:1 > [2001:db8:3::9]:443"};

}  // namespace

TEST(SpliceSegment, AnAnswerGoesBackWhereTheSegmentCameFrom) {
    for (const bool ipv6 : {false, true}) {
        for (const char* more : {"", " vlan 7", " payload 30"}) {
            auto syn = packet_of(fmt::format("tcp {} syn seq 4294967295{}", ends[ipv6 ? 1 : 0], more));
            const packet::Key asked = syn.key;
            const Numbers asking = read_numbers(syn.key, syn.frame);
            turn_back(syn.key,
                      {.sequence = 77,
                       .acknowledged = asking.sequence + 1,
                       .flags = net::tcp_flag::syn | net::tcp_flag::ack,
                       .size = offered_sizes[ipv6 ? 1 : 0]},
                      syn.frame);
            expect_right_sums(syn.frame);
            const packet::Key key = packet::parse(syn.frame.bytes());
            EXPECT_EQ(key.source, asked.destination);
            EXPECT_EQ(key.destination, asked.source);
            EXPECT_EQ(key.source_port, 443);
            EXPECT_EQ(key.tcp_flags, net::tcp_flag::syn | net::tcp_flag::ack);
            EXPECT_EQ(key.vlan, asked.vlan);
            const Numbers numbers = read_numbers(key, syn.frame);
            EXPECT_EQ(numbers.sequence, 77U);
            EXPECT_EQ(numbers.acknowledged, 0U) << "behind the last number comes 0";
            EXPECT_EQ(numbers.window, 0);
            EXPECT_EQ(read_size(key, syn.frame), ipv6 ? 1360 : 1380);
        }
    }
}

TEST(SpliceSegment, ReadsTheMssWhereverItStands) {
    const auto size = [](const char* options, unsigned words) {
        const auto syn =
            packet_of(fmt::format("tcp {} syn data-offset {} payload 40 data {}", ends[0], words, options));
        return read_size(syn.key, syn.frame);
    };
    EXPECT_EQ(size("020405b4", 6), 1460);
    EXPECT_EQ(size("0101020405b40000", 7), 1460) << "behind padding";
    EXPECT_EQ(size("0402080a0000000100000002020405b4", 9), 1460) << "behind SACK and time stamps";
    EXPECT_EQ(size("00000000", 6), 536) << "the list ends before it";
    EXPECT_EQ(size("030007020405b400", 7), 536) << "a length of 0 ends the list";
    EXPECT_EQ(size("0101010202040000", 6), 536) << "it is cut by the header's end";
    EXPECT_EQ(size("01010102", 6), 536);
}

TEST(SpliceCookie, GivesBackTheSynAndTheSize) {
    scrub::SynCookie cookies({1, 2});
    std::uint32_t number = 1;
    for (int i = 0; i < 20'000; ++i) {
        number = number * 1'664'525U + 1'013'904'223U;
        packet::Key key = packet_of(fmt::format("tcp {} syn", ends[i % 2])).key;
        key.source_port = static_cast<std::uint16_t>(number >> 7U);
        const std::uint64_t now = 3'600'000'000'000ULL + number;
        const std::uint32_t size_class = number >> 13U & 3U;
        const std::uint32_t c = cookie_of(cookies.make(key, now), number, size_class);
        EXPECT_EQ(size_of(c, i % 2 == 1), sizes[i % 2][size_class]);
        const std::uint64_t later = now + scrub::SynCookie::epoch_ns;
        EXPECT_EQ(proved_syn(cookies, key, number + 1, c + 1, later), number);
        EXPECT_EQ(proved_syn(cookies, key, number, c + 1, later), number) << "a question on the window";
        EXPECT_EQ(proved_syn(cookies, key, number + 1, c + 1, later + scrub::SynCookie::epoch_ns),
                  std::nullopt);
        for (const std::uint32_t wrong : {number - 1, number + 2, number + 5, ~number})
            EXPECT_NE(proved_syn(cookies, key, wrong, c + 1, now), wrong - 1) << number;
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_EQ(size_of(class_of_size(88, false), false), 536);
    EXPECT_EQ(size_of(class_of_size(1412, false), false), 1360);
    EXPECT_EQ(size_of(class_of_size(9000, false), false), 1460);
    EXPECT_EQ(size_of(class_of_size(9000, true), true), 1440);
}

TEST(SpliceSegment, BecomesAnotherAndKeepsItsWay) {
    for (const char* text :
         {"tcp 198.18.0.5:1 > 203.0.113.9:443 ack seq 8 ack-number 9 ttl 9 options 2",
          "tcp [2001:db8:f::5]:1 > [2001:db8:3::9]:443 ack extension hop-by-hop payload 70 "
          "ttl 9 vlan 5"}) {
        auto it = packet_of(text);
        become(it.key, {.sequence = 7, .window = 512, .flags = net::tcp_flag::syn, .size = 1360}, it.frame);
        expect_right_sums(it.frame);
        const packet::Key key = packet::parse(it.frame.bytes());
        EXPECT_EQ(key.tcp_flags, it.key.tcp_flags);
        EXPECT_EQ(key.l3_length, it.key.l3_length);
        EXPECT_EQ(key.l4_offset, it.key.l4_offset);
        EXPECT_EQ(key.hop_limit, 9);
        EXPECT_EQ(read_size(key, it.frame), 1360);
        const Numbers numbers = read_numbers(key, it.frame);
        EXPECT_EQ(numbers.sequence, 7U);
        EXPECT_EQ(numbers.acknowledged, 0U);
        EXPECT_EQ(numbers.window, 512);
    }
}

TEST(SpliceSegment, AWrongChecksumStaysWrong) {
    auto it = packet_of("tcp 198.18.0.5:1 > 203.0.113.9:443 ack seq 65535 ack-number 4294967295 payload 3");
    shift_sequence(it.key, it.frame, 1);
    shift_acknowledged(it.key, it.frame, 0xffff'0000U);
    expect_right_sums(it.frame);
    it.bytes[it.key.l4_offset + 16] ^= 0x10U;
    const std::uint16_t wrong = net::get16(&it.bytes[it.key.l4_offset + 16]);
    shift_sequence(it.key, it.frame, 77);
    shift_sequence(it.key, it.frame, 0U - 77U);
    EXPECT_EQ(net::get16(&it.bytes[it.key.l4_offset + 16]), wrong);
}

}  // namespace sluice::dataplane::splice
