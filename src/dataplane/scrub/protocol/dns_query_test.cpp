#include "dataplane/scrub/protocol/dns_query.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::dataplane::scrub::protocol {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}
#define TEXT(literal) std::string_view(literal, sizeof(literal) - 1)

void append(Bytes& to, std::string_view more) {
    to.insert(to.end(), more.begin(), more.end());
}

// www.example.net, type A, class IN
Bytes question(std::uint16_t type = 1, std::uint16_t kind = 1) {
    Bytes out = bytes(TEXT("\x12\x34\x01\x00\0\1\0\0\0\0\0\0\3www\7example\3net\0"));
    for (const std::uint16_t value : {type, kind}) {
        out.push_back(static_cast<std::uint8_t>(value >> 8U));
        out.push_back(static_cast<std::uint8_t>(value));
    }
    return out;
}
Bytes with_options(std::string_view data) {
    Bytes out = question();
    out[11] = 1;
    append(out, TEXT("\0\0\x29\x04\xd0\0\0\x80\0"));
    out.push_back(0);
    out.push_back(static_cast<std::uint8_t>(data.size()));
    append(out, data);
    return out;
}

TEST(DnsQuery, OrdinaryQuestions) {
    EXPECT_TRUE(is_dns_query(question()));
    for (const std::uint16_t type : {2, 6, 15, 16, 28, 33, 43, 48, 64, 65, 255, 257}) {
        EXPECT_TRUE(is_dns_query(question(type))) << type;
    }
    EXPECT_TRUE(is_dns_query(question(16, 3))) << "version.bind, class CH";
    Bytes root = bytes(TEXT("\0\0\0\x10\0\1\0\0\0\0\0\0\0\0\2\0\1"));
    EXPECT_TRUE(is_dns_query(root)) << "the root's servers, with CD";
}

TEST(DnsQuery, Extensions) {
    EXPECT_TRUE(is_dns_query(with_options("")));
    EXPECT_TRUE(
        is_dns_query(with_options(TEXT("\0\x0a\0\x08"
                                       "abcdefgh"))))
        << "a cookie";
    EXPECT_TRUE(
        is_dns_query(with_options(TEXT("\0\x0a\0\x08"
                                       "abcdefgh\0\x0c\0\0"))))
        << "and padding";
    EXPECT_FALSE(
        is_dns_query(with_options(TEXT("\0\x0a\0\x09"
                                       "abcdefgh"))))
        << "an option too long";
    EXPECT_FALSE(is_dns_query(with_options(TEXT("\0\x0a\0")))) << "an option cut";
    Bytes two = with_options("");
    two[11] = 2;
    append(two, TEXT("\0\0\x29\x04\xd0\0\0\0\0\0\0"));
    EXPECT_FALSE(is_dns_query(two)) << "OPT twice";
    Bytes named = question();
    named[11] = 1;
    append(named, TEXT("\1a\0\0\x29\x04\xd0\0\0\0\0\0\0"));
    EXPECT_FALSE(is_dns_query(named)) << "OPT of another name than the root";
    Bytes signed_query = with_options("");
    signed_query[11] = 2;
    append(signed_query, TEXT("\3key\0\0\xfa\0\xff\0\0\0\0\0\2xx"));
    EXPECT_TRUE(is_dns_query(signed_query)) << "TSIG behind it";
    Bytes address = question();
    address[11] = 1;
    append(address, TEXT("\1a\0\0\1\0\1\0\0\0\0\0\4abcd"));
    EXPECT_FALSE(is_dns_query(address)) << "an address record asks nothing";
}

TEST(DnsQuery, WrongHeaders) {
    const auto with = [](std::size_t at, std::uint8_t value) {
        Bytes out = question();
        out[at] = value;
        return out;
    };
    EXPECT_FALSE(is_dns_query(with(2, 0x81))) << "an answer";
    EXPECT_FALSE(is_dns_query(with(2, 0x21))) << "NOTIFY";
    EXPECT_FALSE(is_dns_query(with(2, 0x03))) << "truncated";
    EXPECT_FALSE(is_dns_query(with(3, 0x40))) << "the bit without a name";
    EXPECT_FALSE(is_dns_query(with(3, 0x05))) << "a result";
    EXPECT_FALSE(is_dns_query(with(5, 0))) << "no question";
    EXPECT_FALSE(is_dns_query(with(5, 2))) << "two questions";
    EXPECT_FALSE(is_dns_query(with(7, 1))) << "an answer record";
    EXPECT_FALSE(is_dns_query(with(9, 1))) << "an authority record";
    EXPECT_FALSE(is_dns_query(with(11, 1))) << "an additional record that is not there";
    EXPECT_FALSE(is_dns_query(with(11, 3))) << "more of them than anybody needs";
}

TEST(DnsQuery, WrongNamesAndTypes) {
    for (const std::uint16_t type : {0, 41, 250, 251, 252, 253, 254, 65535}) {
        EXPECT_FALSE(is_dns_query(question(type))) << type;
    }
    EXPECT_FALSE(is_dns_query(question(1, 2)));
    Bytes pointer = bytes(TEXT("\0\0\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"));
    EXPECT_FALSE(is_dns_query(pointer)) << "a name that points to itself";
    Bytes longest = question();
    longest.resize(12);
    for (int i = 0; i < 3; ++i) append(longest, "\x3f" + std::string(63, 'a'));
    Bytes too_long = longest;
    append(longest, "\x3d" + std::string(61, 'a') + TEXT("\0\0\1\0\1").data());
    append(longest, TEXT("\0\0\1\0\1"));
    EXPECT_TRUE(is_dns_query(longest)) << "255 bytes";
    append(too_long, "\x3e" + std::string(62, 'a'));
    append(too_long, TEXT("\0\0\1\0\1"));
    EXPECT_FALSE(is_dns_query(too_long)) << "256 bytes";
}

// Whatever is cut off or added makes it wrong: no prefix of a query is a query.
TEST(DnsQuery, NothingMissingAndNothingBehind) {
    for (const Bytes& whole : {question(), with_options(TEXT("\0\x0a\0\x08"
                                                             "abcdefgh"))}) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            // In memory of its own size, for the sanitizers.
            const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            EXPECT_FALSE(is_dns_query(part)) << length;
        }
        Bytes more = whole;
        more.push_back(0);
        EXPECT_FALSE(is_dns_query(more));
    }
}

}  // namespace
}  // namespace sluice::dataplane::scrub::protocol
