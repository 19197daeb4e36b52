#include "base/siphash.hpp"

#include <gtest/gtest.h>

namespace sluice::base {

// The authors' test vectors: key 00 01 … 0f, message 00 01 … of the given length.
TEST(SipHash, MatchesTheReference) {
    const SipKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
    EXPECT_EQ(siphash24(key), 0x726fdb47dd0e0e31ULL);
    EXPECT_EQ(siphash24(key, 0x0706050403020100ULL), 0x93f5f5799a932462ULL);
    EXPECT_EQ(siphash24(key, 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL), 0x3f2acc7f57c29bdbULL);
}

TEST(SipHash, DependsOnKeyWordsAndTheirNumber) {
    const SipKey key{1, 2};
    EXPECT_NE(siphash13(key, 7U), siphash13(SipKey{1, 3}, 7U));
    EXPECT_NE(siphash13(key, 7U), siphash13(key, 8U));
    EXPECT_NE(siphash13(key, 7U), siphash13(key, 7U, 0U));
}

TEST(SipHash, LanesHashLikeSingleWords) {
    const SipKey key{1, 2};
    const SipLanes a{{7, 8, 9, 0xffffffffffffffffULL}, {1, 2, 0, 0x8000000000000000ULL}};
    const SipLanes b{{1, 0, 3, 4}, {5, 6, 0, 8}};
    const SipLanes hash13 = siphash_of<1, 3, SipLanes>(key, a);
    const SipLanes hash24 = siphash_of<2, 4, SipLanes>(key, a, b);
    for (std::size_t lane = 0; lane < sip_lanes; ++lane) {
        EXPECT_EQ(hash13[lane], siphash13(key, a[lane]));
        EXPECT_EQ(hash24[lane], siphash24(key, a[lane], b[lane]));
    }
}

}  // namespace sluice::base
