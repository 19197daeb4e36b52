// What a DNS client over UDP gets to read, byte by byte.
#include "dataplane/scrub/truncated_answer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::scrub {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

const Bytes question = {3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1};

Bytes header(std::uint8_t flags, std::uint8_t more_flags = 0, std::uint8_t additional = 0) {
    return {0xbe, 0xef, flags, more_flags, 0, 1, 0, 0, 0, 0, 0, additional};
}

struct Exchange {
    bool answered = false;
    Bytes query;   // the whole frame
    Bytes answer;  // the whole frame, as it is afterwards
    Bytes message;
};

// `way` is the packet's text without the payload's length.
Exchange ask(const Bytes& message, const std::string& way = "udp 198.18.0.5:4000 > 203.0.113.9:53") {
    Exchange out;
    Bytes frame = packet::parse_packet_text(way + " payload " + std::to_string(message.size())).value();
    std::copy(message.begin(), message.end(), frame.end() - static_cast<std::ptrdiff_t>(message.size()));
    out.query = frame;
    const packet::Key question_key = packet::parse(frame);
    packet::Frame view{frame.data(), static_cast<std::uint32_t>(frame.size()),
                       static_cast<std::uint32_t>(frame.size()), nullptr};
    out.answered = answer_truncated(question_key, view);
    frame.resize(view.length);
    out.answer = frame;
    if (!out.answered) return out;

    const packet::Key key = packet::parse_stepwise(frame);  // IPv4's checksum, too
    EXPECT_EQ(key.error, packet::ParseError::none);
    EXPECT_FALSE(key.has(packet::key_bad_transport));
    EXPECT_EQ(key.source, question_key.destination);
    EXPECT_EQ(key.destination, question_key.source);
    EXPECT_EQ(key.source_port, question_key.destination_port);
    EXPECT_EQ(key.destination_port, question_key.source_port);
    EXPECT_EQ(key.vlan, question_key.vlan);
    EXPECT_LE(out.answer.size(), out.query.size());
    EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + 6, out.query.begin() + 6));
    EXPECT_TRUE(std::equal(frame.begin() + 6, frame.begin() + 12, out.query.begin()));
    const std::span datagram = std::span(frame).subspan(key.l4_offset, key.l4_length());
    const auto sum = net::pseudo_header_sum(key.source, key.destination, key.protocol, key.l4_length());
    EXPECT_EQ(net::checksum_finish(net::checksum_add(sum, datagram)), 0);
    out.message = Bytes(datagram.begin() + 8, datagram.end());
    return out;
}

void expect_untouched(const Bytes& message, const std::string& why) {
    const Exchange it = ask(message);
    EXPECT_FALSE(it.answered) << why;
    EXPECT_EQ(it.answer, it.query) << why;
}

const char* const ways[] = {
    "udp 198.18.0.5:4000 > 203.0.113.9:53",
    "udp 198.18.0.5:4000 > 203.0.113.9:53 options 3 vlan 12 ttl 3",
    "udp [2001:db8:f::5]:4000 > [2001:db8:3::9]:53",
    "udp [2001:db8:f::5]:4000 > [2001:db8:3::9]:53 extension destination vlan 12",
};

TEST(TruncatedAnswer, KeepsIdAndQuestionAndSaysTruncated) {
    for (const char* way : ways) {
        const Exchange it = ask(header(0x01, 0x30) + question, way);
        EXPECT_TRUE(it.answered) << way;
        EXPECT_EQ(it.message, header(0x83, 0x10) + question) << way;  // recursion desired, checking disabled
    }
}

TEST(TruncatedAnswer, AnOptIsAnsweredByOneWithoutOptions) {
    const Bytes opt = {0, 0, 41, 0x10, 0, 0, 0, 0x80, 0, 0, 8, 0, 3, 0, 4, 'n', 's', 'i', 'd'};
    const Bytes short_opt = {0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0};
    for (const char* way : ways) {
        EXPECT_EQ(ask(header(0, 0, 1) + question + opt, way).message,
                  header(0x82, 0, 1) + question + short_opt);
    }
}

TEST(TruncatedAnswer, AClientThatKnowsTheServersCookieGetsItBack) {
    const Bytes client = {1, 2, 3, 4, 5, 6, 7, 8};
    const Bytes server = {9, 10, 11, 12, 13, 14, 15, 16};
    const auto opt = [](std::uint8_t length) { return Bytes{0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, length}; };
    const Bytes padding = {0, 12, 0, 2, 0, 0};
    const Bytes both = Bytes{0, 10, 0, 16} + client + server;
    const Bytes alone = Bytes{0, 10, 0, 8} + client;
    EXPECT_EQ(ask(header(0, 0, 1) + question + opt(26) + padding + both).message,
              header(0x82, 0, 1) + question + opt(20) + both);
    EXPECT_EQ(ask(header(0, 0, 1) + question + opt(12) + alone).message,
              header(0x82, 0, 1) + question + opt(0));
}

TEST(TruncatedAnswer, OtherRecordsAreLeftOut) {
    const Bytes tsig = {0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 2, 1, 2};
    EXPECT_EQ(ask(header(0, 0, 1) + question + tsig).message, header(0x82) + question);
    // An OPT that claims more than there is.
    const Bytes opt = {0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 9, 1};
    EXPECT_EQ(ask(header(0, 0, 1) + question + opt).message, header(0x82) + question);
}

TEST(TruncatedAnswer, OnlyAQueryIsAnswered) {
    expect_untouched(header(0x80) + question, "a response");
    expect_untouched(header(0x28) + question, "an update");
    expect_untouched({}, "nothing");
    expect_untouched(header(0), "no question");
    Bytes two = header(0) + question + question;
    two[5] = 2;
    expect_untouched(two, "two questions");
    Bytes with_answer = header(0) + question;
    with_answer[7] = 1;
    expect_untouched(with_answer, "an answer in it");
    expect_untouched(header(0) + Bytes{0xc0, 0x0c, 0, 1, 0, 1}, "a pointer for a name");
    expect_untouched(header(0) + Bytes{3, 'w', 'w', 'w'}, "a name without an end");
    expect_untouched(header(0) + Bytes{9, 'w', 'w', 'w', 0, 0, 1, 0, 1}, "a label that is too long");
    expect_untouched(header(0) + Bytes{0, 0, 1, 0}, "no class");
    Bytes long_name = header(0);
    for (int i = 0; i < 64; ++i) long_name = long_name + Bytes{3, 'a', 'b', 'c'};
    expect_untouched(long_name + Bytes{0, 0, 1, 0, 1}, "a name of 257 bytes");
}

TEST(TruncatedAnswer, APieceOfAPacketIsNotAnswered) {
    EXPECT_FALSE(ask(header(0) + question, "udp 198.18.0.5:4000 > 203.0.113.9:53 more id 7").answered);
    EXPECT_FALSE(ask(header(0) + question, "tcp 198.18.0.5:4000 > 203.0.113.9:53 ack").answered);
}

TEST(TruncatedAnswer, TheLongestNameIsAnswered) {
    Bytes name;
    for (int i = 0; i < 63; ++i) name = name + Bytes{3, 'a', 'b', 'c'};
    name = name + Bytes{1, 'd', 0};  // 255 bytes
    ASSERT_EQ(name.size(), 255U);
    const Bytes whole = name + Bytes{0, 255, 0, 1};
    EXPECT_EQ(ask(header(0) + whole).message, header(0x82) + whole);
}

}  // namespace
}  // namespace sluice::dataplane::scrub
