#include "packet/parser.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::packet {

TEST(Parser, SaysWhyAFrameIsNotAPacket) {
    EXPECT_EQ(parse({}).error, ParseError::truncated);
    std::vector<std::uint8_t> frame(60, 0);
    frame[12] = 0x08;
    frame[13] = 0x06;
    EXPECT_EQ(parse(frame).error, ParseError::not_ip);
    frame[13] = 0x00;
    EXPECT_EQ(parse(frame).error, ParseError::bad_ip_version);
}

}  // namespace sluice::packet
