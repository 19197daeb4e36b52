#include "replay/frame_source.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "packet/capture_writer.hpp"

namespace sluice::replay {
namespace {

std::filesystem::path scratch(std::string_view name) {
    return std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-" + std::string(name));
}

// A classic pcap file (https://www.tcpdump.org/manpages/pcap-savefile.5.html) with one packet of `wire`
// bytes, of which `bytes` were captured.
void write_pcap(const std::filesystem::path& file, std::uint32_t link, std::vector<std::uint8_t> bytes,
                std::uint32_t wire) {
    std::ofstream out(file, std::ios::binary);
    const std::array<std::uint32_t, 6> head{0xa1b2c3d4, 0x00040002, 0, 0, 65535, link};
    const std::array<std::uint32_t, 4> record{1000, 5, static_cast<std::uint32_t>(bytes.size()), wire};
    out.write(reinterpret_cast<const char*>(head.data()), sizeof head);
    out.write(reinterpret_cast<const char*>(record.data()), sizeof record);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

TEST(FrameSource, FillsUpWhatWasCapturedInPart) {
    const auto file = scratch("cut.pcap");
    std::vector<std::uint8_t> bytes(34, 7);
    write_pcap(file, 1, bytes, 100);
    auto source = FrameSource::open(file).value();
    const auto frame = source.next().value();
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->bytes.size(), 100U);
    EXPECT_EQ(frame->bytes[33], 7);
    EXPECT_EQ(frame->bytes[34], 0);
    EXPECT_EQ(source.filled_up(), 1U);
    std::filesystem::remove(file);
}

TEST(FrameSource, GivesBareIpAnEthernetHeader) {
    for (const std::uint8_t version : {std::uint8_t{4}, std::uint8_t{6}}) {
        const auto file = scratch("raw.pcap");
        std::vector<std::uint8_t> bytes(40, 0);
        bytes[0] = static_cast<std::uint8_t>(version << 4U);
        write_pcap(file, 101, bytes, 40);
        auto source = FrameSource::open(file).value();
        const auto frame = source.next().value();
        ASSERT_TRUE(frame.has_value());
        EXPECT_EQ(frame->bytes.size(), 54U);
        EXPECT_EQ(frame->bytes[12] << 8 | frame->bytes[13], version == 4 ? 0x0800 : 0x86dd);
        EXPECT_EQ(frame->bytes[14] >> 4, version);
        std::filesystem::remove(file);
    }
}

TEST(FrameSource, TimeNeverRunsBackwards) {
    const auto file = scratch("order.pcap");
    auto writer = packet::CaptureWriter::create(file).value();
    const std::array<std::uint8_t, 60> bytes{};
    for (const int second : {10, 12, 11, 13})
        writer.write(base::Timestamp{std::chrono::seconds{second}}, bytes);
    ASSERT_TRUE(writer.finish());
    auto source = FrameSource::open(file).value();
    std::vector<long> seconds;
    for (auto frame = source.next().value(); frame; frame = source.next().value()) {
        seconds.push_back(std::chrono::floor<std::chrono::seconds>(frame->at).time_since_epoch().count());
    }
    EXPECT_EQ(seconds, (std::vector<long>{10, 12, 12, 13}));
    EXPECT_EQ(source.out_of_order(), 1U);
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace sluice::replay
