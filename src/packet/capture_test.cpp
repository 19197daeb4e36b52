#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "packet/capture_reader.hpp"
#include "packet/capture_writer.hpp"

namespace sluice::packet {
namespace {

std::filesystem::path scratch(std::string_view name) {
    return std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-" + std::string(name));
}

TEST(Capture, WhatIsWrittenIsReadWithItsNanoseconds) {
    const auto file = scratch("round.pcap");
    const std::array<std::uint8_t, 14> frame{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0};
    const base::Timestamp at{std::chrono::seconds{1'700'000'000} + base::Duration{123'456'789}};
    {
        auto writer = CaptureWriter::create(file);
        ASSERT_TRUE(writer.has_value());
        writer->write(at, frame);
        EXPECT_TRUE(writer->finish().has_value());
    }
    auto reader = CaptureReader::open(file);
    ASSERT_TRUE(reader.has_value());
    EXPECT_EQ(reader->link(), CaptureLink::ethernet);
    auto first = reader->next();
    ASSERT_TRUE(first.has_value() && first->has_value());
    EXPECT_EQ((*first)->at, at);
    EXPECT_EQ((*first)->wire_length, 14U);
    EXPECT_TRUE(std::equal(frame.begin(), frame.end(), (*first)->bytes.begin(), (*first)->bytes.end()));
    auto end = reader->next();
    ASSERT_TRUE(end.has_value());
    EXPECT_FALSE(end->has_value());
    EXPECT_EQ(reader->bytes_read(), reader->bytes_total());
    std::filesystem::remove(file);
}

TEST(Capture, SaysWhatIsWrongWithAFile) {
    const auto missing = CaptureReader::open("/no/such/file.pcap");
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, base::ErrorCode::io);

    const auto file = scratch("text.pcap");
    std::ofstream(file) << "this is no capture at all, only text";
    const auto text = CaptureReader::open(file);
    ASSERT_FALSE(text.has_value());
    EXPECT_EQ(text.error().code, base::ErrorCode::corrupt);
    std::filesystem::remove(file);
}

TEST(Capture, ACutFileGivesWhatCameBefore) {
    const auto file = scratch("cut.pcap");
    const std::array<std::uint8_t, 60> frame{};
    {
        auto writer = CaptureWriter::create(file);
        ASSERT_TRUE(writer.has_value());
        writer->write(base::Timestamp{}, frame);
        writer->write(base::Timestamp{}, frame);
        ASSERT_TRUE(writer->finish().has_value());
    }
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 10);
    auto reader = CaptureReader::open(file);
    ASSERT_TRUE(reader.has_value());
    EXPECT_TRUE(reader->next().has_value());
    const auto second = reader->next();
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, base::ErrorCode::corrupt);
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace sluice::packet
