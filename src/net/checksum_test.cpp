#include "net/checksum.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::net {

// The IPv4 header of RFC 1071's kind of example, as captured from a real packet.
constexpr std::array<std::uint8_t, 20> header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                              0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

TEST(Checksum, AValidHeaderSumsToZero) {
    EXPECT_EQ(checksum(header), 0);
    auto cleared = header;
    cleared[10] = cleared[11] = 0;
    EXPECT_EQ(checksum(cleared), 0xb861);
}

TEST(Checksum, AnUpdateEqualsARecomputation) {
    auto changed = header;
    changed[8] = 0x3f;  // TTL 64 → 63
    changed[10] = changed[11] = 0;
    EXPECT_EQ(checksum_update(0xb861, 0x4011, 0x3f11), checksum(changed));
}

TEST(Checksum, CountsAnOddLastByteAsTheHighHalf) {
    const std::array<std::uint8_t, 3> odd{0x01, 0x02, 0x03};
    EXPECT_EQ(checksum_add(0, odd), 0x0102U + 0x0300U);
}

}  // namespace sluice::net
