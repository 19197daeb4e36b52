#include "dataplane/scrub/protocol/ntp_packet.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::dataplane::scrub::protocol {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes ntp(unsigned version, unsigned mode, std::size_t tail = 0, std::uint8_t stratum = 2) {
    Bytes out(48 + tail, 0x11);
    out[0] = static_cast<std::uint8_t>(version << 3U | mode);
    out[1] = stratum;
    return out;
}
void field(Bytes& packet, std::size_t at, std::size_t length) {
    packet[at] = 1;
    packet[at + 1] = 4;
    packet[at + 2] = static_cast<std::uint8_t>(length >> 8U);
    packet[at + 3] = static_cast<std::uint8_t>(length);
}

TEST(NtpPacket, ClientsAndServers) {
    for (unsigned version = 0; version < 8; ++version) {
        for (unsigned mode = 0; mode < 8; ++mode) {
            const bool good = version >= 1 && version <= 4 && (mode == 3 || mode == 4);
            EXPECT_EQ(is_ntp_packet(ntp(version, mode)), good) << version << " " << mode;
        }
    }
    EXPECT_TRUE(is_ntp_packet(ntp(4, 4, 0, 16)));
    EXPECT_FALSE(is_ntp_packet(ntp(4, 4, 0, 17)));
}

TEST(NtpPacket, CodesOfAuthentication) {
    for (std::size_t tail = 0; tail < 28; ++tail) {
        EXPECT_EQ(is_ntp_packet(ntp(4, 3, tail)), tail == 0 || tail == 4 || tail == 20 || tail == 24) << tail;
        EXPECT_EQ(is_ntp_packet(ntp(3, 3, tail)),
                  tail == 0 || tail == 4 || tail == 12 || tail == 20 || tail == 24)
            << tail;
    }
}

TEST(NtpPacket, ExtensionFields) {
    Bytes one = ntp(4, 3, 28);
    field(one, 48, 28);
    EXPECT_TRUE(is_ntp_packet(one));
    one[0] = 3U << 3U | 3U;
    EXPECT_FALSE(is_ntp_packet(one)) << "version 3 has none";
    Bytes two = ntp(4, 3, 16 + 36 + 24);
    field(two, 48, 16);
    field(two, 64, 36);
    EXPECT_TRUE(is_ntp_packet(two)) << "with a code behind them";
    field(two, 64, 37);
    EXPECT_FALSE(is_ntp_packet(two)) << "no multiple of four";
    field(two, 64, 12);
    EXPECT_FALSE(is_ntp_packet(two)) << "shorter than any";
    field(two, 64, 400);
    EXPECT_FALSE(is_ntp_packet(two)) << "longer than the packet";
}

TEST(NtpPacket, WhatAmplifiersAreAskedWith) {
    EXPECT_FALSE(is_ntp_packet(Bytes{0x17, 0x00, 0x03, 0x2a, 0, 0, 0, 0})) << "monlist";
    Bytes control(60, 0);
    control[0] = 0x16;
    EXPECT_FALSE(is_ntp_packet(control)) << "mode 6";
    for (std::size_t length = 0; length < 48; ++length) {
        EXPECT_FALSE(is_ntp_packet(Bytes(length, 0x23))) << length;
    }
}

}  // namespace
}  // namespace sluice::dataplane::scrub::protocol
