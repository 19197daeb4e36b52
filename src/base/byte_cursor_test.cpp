#include "base/byte_cursor.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::base {

TEST(ByteCursor, ReadsBigEndianAndStopsAtTheEnd) {
    const std::array<std::uint8_t, 7> bytes{1, 2, 3, 4, 5, 6, 7};
    ByteCursor cursor(bytes);
    EXPECT_EQ(cursor.u16(), 0x0102);
    EXPECT_EQ(cursor.u32(), 0x03040506U);
    EXPECT_TRUE(cursor.ok());
    EXPECT_EQ(cursor.u16(), 0);
    EXPECT_FALSE(cursor.ok());
    EXPECT_EQ(cursor.u8(), 0) << "a bad cursor stays bad";
}

TEST(ByteCursor, ASubCursorSeesOnlyItsPart) {
    const std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
    ByteCursor cursor(bytes);
    ByteCursor inner = cursor.sub(2);
    EXPECT_EQ(inner.u16(), 0x0102);
    (void)inner.u8();
    EXPECT_FALSE(inner.ok());
    EXPECT_EQ(cursor.u16(), 0x0304);
    EXPECT_TRUE(cursor.ok());
    EXPECT_FALSE(cursor.sub(1).ok());
}

}  // namespace sluice::base
