#include "dataplane/scrub/protocol/http_head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::dataplane::scrub::protocol {
namespace {

struct Read {
    Progress progress = Progress::more;
    std::size_t used = 0;
    std::uint32_t body = 0;

    bool operator==(const Read&) const = default;
};

// In pieces of `step` bytes, each in memory of its own size.
Read read(const std::string& text, std::size_t step = 1'000'000) {
    HttpHead head;
    Read out;
    for (std::size_t at = 0; at < text.size() && out.progress == Progress::more; at += step) {
        const std::string piece = text.substr(at, step);
        const std::vector<std::uint8_t> bytes(piece.begin(), piece.end());
        std::size_t used = 0;
        out.progress = head.feed(bytes, used);
        out.used += used;
    }
    out.body = head.body_bytes();
    return out;
}

TEST(HttpHead, WholeHeads) {
    for (const std::string head :
         {"GET / HTTP/1.1\r\nHost: www.example.net\r\n\r\n", "GET /a?b=c%20d HTTP/1.0\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
          "CONNECT example.net:443 HTTP/1.1\r\nHost: example.net\r\n\r\n",
          "VERSION-CONTROL /x HTTP/1.1\r\n\r\n",
          "GET http://example.net/ HTTP/1.1\r\nHost: example.net\r\n\r\n", "\r\nGET / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
          "PRI * HTTP/2.0\r\n\r\n", "GET /\xc3\xa4 HTTP/1.1\r\n\r\n"}) {
        for (const std::size_t step : {1UL, 2UL, 7UL, 1000UL}) {
            EXPECT_EQ(read(head + "what is behind it", step).progress, Progress::whole) << head << step;
            EXPECT_EQ(read(head, step), (Read{Progress::whole, head.size(), 0})) << head << step;
        }
        for (std::size_t length = 0; length < head.size(); ++length) {
            EXPECT_EQ(read(head.substr(0, length)).progress, Progress::more) << head.substr(0, length);
        }
    }
}

TEST(HttpHead, WhatIsNone) {
    for (const std::string text :
         {"get / HTTP/1.1\r\n", "GET  / HTTP/1.1\r\n", "GET /\r\n", "GET / HTTP/x.1\r\n",
          "GET / HTTP/1.1 \r\n", "GET / FTP/1.1\r\n", "GET / HTTP/1.1\rX", "\x16\x03\x01\x02",
          "SSH-2.0-OpenSSH\r\n", "GET \x01 HTTP/1.1\r\n", "GET /\x7f HTTP/1.1\r\n", " GET / HTTP/1.1\r\n",
          "\r\n\r\n\r\nGET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n",
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n", "G3T / HTTP/1.1\r\n",
          "GET / HTTP/1.1\r\nA: b\r\n\rx"}) {
        for (const std::size_t step : {1UL, 3UL, 1000UL}) {
            EXPECT_EQ(read(text, step).progress, Progress::bad) << text << " by " << step;
        }
    }
}

TEST(HttpHead, WhatTheRequestBringsAlong) {
    EXPECT_EQ(read("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 123\r\nA: b\r\n\r\n").body, 123U);
    EXPECT_EQ(read("POST / HTTP/1.1\r\ncontent-length:7\r\n\r\n", 1).body, 7U);
    EXPECT_EQ(read("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n").body, 0xffffffffU);
    EXPECT_EQ(read("POST / HTTP/1.1\r\nX-Content-Length: 123\r\nContent-Lengthy: 4\r\n\r\n").body, 0U);
    EXPECT_EQ(read("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n").body, 0U);
}

TEST(HttpHead, AnEndlessHeadIsNone) {
    const std::string start = "GET / HTTP/1.1\r\n";
    std::string text = start;
    while (text.size() < 70'000) text += "X-A: b\r\n";
    EXPECT_EQ(read(text, 1000).progress, Progress::bad);
    EXPECT_EQ(read(text.substr(0, 60'000), 1000).progress, Progress::more);
    EXPECT_EQ(read("GET /" + std::string(70'000, 'a'), 1000).progress, Progress::bad);
}

TEST(HttpHead, WhereARequestBegins) {
    const auto begins = [](const std::string& text) {
        return begins_request(std::vector<std::uint8_t>(text.begin(), text.end()));
    };
    EXPECT_TRUE(begins("GET / HTTP/1.1\r\n"));
    EXPECT_TRUE(begins("POST /x"));
    EXPECT_FALSE(begins("GET"));
    EXPECT_FALSE(begins("GETS /"));
    EXPECT_FALSE(begins(""));
    EXPECT_FALSE(begins("field=value&GET /"));
}

}  // namespace
}  // namespace sluice::dataplane::scrub::protocol
