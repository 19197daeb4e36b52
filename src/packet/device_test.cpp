// Devices that need no privileges: nothing at all (net_null) and capture files (net_pcap).
#include "packet/device.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "packet/capture_reader.hpp"
#include "packet/capture_writer.hpp"
#include "packet/eal.hpp"
#include "packet/packet_text.hpp"

namespace sluice::packet {
namespace {

// DPDK starts once a process, so once for all tests of this file.
const Eal& eal() {
    static const auto started = Eal::start({.memory_mb = 64}).value();
    return *started;
}

Device::Config small(std::string device) {
    return {.device = std::move(device), .descriptors = 256, .buffers = 1023};
}

}  // namespace

TEST(Device, StartsOnceOnly) {
    (void)eal();
    const auto again = Eal::start({});
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code, base::ErrorCode::conflict);
}

TEST(Device, NullGivesAndTakes) {
    auto device = Device::open(eal(), small("net_null0,size=64,copy=0")).value();
    Port& port = device->queue(0);
    std::array<Frame, max_burst> frames;
    std::size_t count = port.receive(frames);
    ASSERT_EQ(count, max_burst);
    EXPECT_EQ(frames[0].length, 64U);
    EXPECT_GE(frames[0].room, min_room);
    EXPECT_EQ(port.transmit(std::span(frames).first(10)), 10U);
    port.release(std::span(frames).subspan(10));
    EXPECT_EQ(device->counters().transmitted, 10U);
}

TEST(Device, CapturesGoInAndOut) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("sluice-device-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const auto bytes = parse_packet_text("udp 198.18.0.1:1 > 203.0.113.9:53 payload 30").value();
    {
        auto writer = CaptureWriter::create(folder / "in.pcap").value();
        writer.write(base::Timestamp{std::chrono::seconds(1)}, bytes);
        ASSERT_TRUE(writer.finish().has_value());
    }
    {
        auto device = Device::open(eal(), small("net_pcap0,rx_pcap=" + (folder / "in.pcap").string() +
                                                ",tx_pcap=" + (folder / "out.pcap").string()))
                          .value();
        std::array<Frame, max_burst> frames;
        const std::size_t count = device->queue(0).receive(frames);
        ASSERT_EQ(count, 1U);
        EXPECT_TRUE(
            std::equal(bytes.begin(), bytes.end(), frames[0].data, frames[0].data + frames[0].length));
        frames[0].data[5] = 0x77;
        EXPECT_EQ(device->queue(0).transmit(std::span(frames).first(1)), 1U);
    }
    auto reader = CaptureReader::open(folder / "out.pcap").value();
    const auto frame = reader.next().value();
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->bytes[5], 0x77);
    std::filesystem::remove_all(folder);
}

// A capture file has one queue each way: the second worker receives nothing, and sends by the first one's.
TEST(Device, MoreWorkersThanQueuesShareThem) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("sluice-device-shared-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    ASSERT_TRUE(CaptureWriter::create(folder / "in.pcap").value().finish().has_value());
    auto config = small("net_pcap2,rx_pcap=" + (folder / "in.pcap").string() +
                        ",tx_pcap=" + (folder / "out.pcap").string());
    config.queues = 2;
    {
        auto device = Device::open(eal(), config).value();
        EXPECT_EQ(device->receive_queues(), 1U);
        std::array<Frame, max_burst> frames;
        for (const std::uint16_t worker : {0, 1}) {
            EXPECT_EQ(device->queue(worker).receive(frames), 0U);
            frames[0] = device->queue(worker).make_frame(60);
            ASSERT_NE(frames[0].data, nullptr);
            EXPECT_EQ(device->queue(worker).transmit(std::span(frames).first(1)), 1U);
        }
        EXPECT_EQ(device->counters().transmitted, 2U);
    }
    std::filesystem::remove_all(folder);
}

TEST(Device, SaysWhatIsWrong) {
    for (const char* device : {"net_nosuch0", "net_pcap1,rx_pcap=/no/such.pcap", "0000:ff:1f.7"}) {
        const auto opened = Device::open(eal(), small(device));
        ASSERT_FALSE(opened.has_value()) << device;
        EXPECT_EQ(opened.error().where, device);
    }
    auto config = small("net_null1,size=64");
    config.queues = 2000;
    EXPECT_FALSE(Device::open(eal(), config).has_value());
}

TEST(Device, TellsCardsByTheirName) {
    EXPECT_TRUE(is_pci("0000:03:00.0"));
    EXPECT_TRUE(is_pci("03:00.0,arg=1"));
    EXPECT_FALSE(is_pci("net_af_xdp0,iface=eth0:1"));
}

}  // namespace sluice::packet
