#include "dataplane/scrub/protocol/sip_message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::dataplane::scrub::protocol {
namespace {

bool is_sip(const std::string& text) {
    // In memory of its own size, for the sanitizers.
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    return is_sip_message(bytes);
}

TEST(SipMessage, Requests) {
    EXPECT_TRUE(is_sip("INVITE sip:bob@biloxi.example.com SIP/2.0\r\nVia: SIP/2.0/UDP pc33\r\n\r\n"));
    EXPECT_TRUE(is_sip("REGISTER sips:ss2.biloxi.example.com SIP/2.0\r\n"));
    EXPECT_TRUE(is_sip("OPTIONS tel:+15551234 SIP/2.0\r\n"));
    EXPECT_TRUE(is_sip("\r\n\r\nACK sip:bob@[2001:db8::9]:5060;transport=udp SIP/2.0\r\n"))
        << "empty lines first";
    EXPECT_TRUE(is_sip("X-NEW+1 sip:a SIP/2.0\r\n")) << "methods are open-ended";
}

TEST(SipMessage, Answers) {
    EXPECT_TRUE(is_sip("SIP/2.0 200 OK\r\n"));
    EXPECT_TRUE(is_sip("SIP/2.0 100 \r\n")) << "without words";
    EXPECT_FALSE(is_sip("SIP/2.0 700 OK\r\n"));
    EXPECT_FALSE(is_sip("SIP/2.0 20 OK\r\n"));
    EXPECT_FALSE(is_sip("SIP/2.0 2000 OK\r\n"));
}

TEST(SipMessage, WhatKeepsAWayOpen) {
    EXPECT_TRUE(is_sip(""));
    EXPECT_TRUE(is_sip("\r\n\r\n"));
    EXPECT_TRUE(is_sip(std::string(4, '\0')));
    EXPECT_FALSE(is_sip(std::string(5, '\0')));
    const std::string stun(
        "\0\1\0\0\x21\x12\xa4\x42"
        "abcdefghijkl",
        20);
    EXPECT_TRUE(is_sip(stun));
    EXPECT_FALSE(is_sip(stun + "x"));
    EXPECT_FALSE(is_sip(stun.substr(0, 19)));
}

TEST(SipMessage, Others) {
    for (const std::string text :
         {"GET / HTTP/1.1\r\n", "INVITE sip:bob@x SIP/3.0\r\n", "INVITE sip:bob@x SIP/2.0\n",
          "INVITE  SIP/2.0\r\n", "INVITE bob SIP/2.0\r\n", "INVITE sip: SIP/2.0\r\n",
          "INVITE sip:bob SIP/2.0 \r\n", "IN VITE sip:bob SIP/2.0\r\n", "INVITE sip:b\x01 SIP/2.0\r\n",
          "ZZZZZZZZZZZZ", "SIP/2.0", " \r\n", "INVITE sip:bob@biloxi SIP/2.0"}) {
        EXPECT_FALSE(is_sip(text)) << text;
    }
    EXPECT_FALSE(is_sip("INVITE sip:" + std::string(2000, 'a') + " SIP/2.0\r\n")) << "a line without an end";
    std::string long_method(33, 'A');
    long_method += " sip:b SIP/2.0\r\n";
    EXPECT_FALSE(is_sip(long_method)) << "a method of 33 letters";
}

}  // namespace
}  // namespace sluice::dataplane::scrub::protocol
