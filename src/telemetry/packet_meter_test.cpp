#include "telemetry/packet_meter.hpp"

#include <gtest/gtest.h>

#include "telemetry/testing/packet_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::Writer;

TEST(PacketMeter, APacketIsARecord) {
    testing::KeepingSink sink;
    PacketMeter meter({.exporter = net::Address::v4(0x7f000001), .sampling = 10}, sink);
    Writer frame = testing::ethernet(0x0800);
    testing::add_tcp(testing::add_ipv4(frame, {.protocol = 6, .total_length = 40}), 0x02);
    const base::Timestamp at{std::chrono::seconds(1'700'000'000)};
    meter.meter({.bytes = frame.bytes(), .wire_length = 60, .at = at, .interface = 4});
    EXPECT_TRUE(sink.records.empty());
    meter.flush();
    ASSERT_EQ(sink.records.size(), 1U);
    const model::FlowRecord& record = sink.records[0];
    EXPECT_EQ(record.packets, 1U);
    EXPECT_EQ(record.bytes, 40U);
    EXPECT_EQ(record.sampling, 10U);
    EXPECT_EQ(record.tcp_flags, 0x02);
    EXPECT_EQ(record.input_interface, 4U);
    EXPECT_EQ(record.exporter.to_string(), "127.0.0.1");
    EXPECT_EQ(record.reported_by, model::FlowSource::packet);
    EXPECT_EQ(record.first_at, at);
    EXPECT_EQ(record.last_at, at);
}

TEST(PacketMeter, RecordsComeInBatchesAndNothingStaysFromTheLast) {
    testing::KeepingSink sink;
    PacketMeter meter({}, sink);
    Writer tagged = testing::ethernet(0x8100);
    testing::add_tcp(testing::add_ipv4(tagged.u16(7).u16(0x0800), {.protocol = 6}), 0x02);
    Writer plain = testing::ethernet(0x0800);
    testing::add_udp(testing::add_ipv4(plain, {}), 1, 2);
    Writer arp = testing::ethernet(0x0806);
    arp.zeros(46);
    for (int i = 0; i < 100; ++i) {
        meter.meter({.bytes = tagged.bytes(), .wire_length = 100});
        meter.meter({.bytes = arp.bytes(), .wire_length = 60});
        meter.meter({.bytes = plain.bytes(), .wire_length = 100});
    }
    meter.flush();
    ASSERT_EQ(sink.records.size(), 200U);
    EXPECT_EQ(sink.batches, 4U);
    for (std::size_t i = 0; i < 200; ++i) {
        EXPECT_EQ(sink.records[i].vlan, i % 2 == 0 ? 7 : 0);
        EXPECT_EQ(sink.records[i].tcp_flags, i % 2 == 0 ? 2 : 0);
    }
    EXPECT_EQ(meter.statistics().lost_for(LossReason::packet_not_ip), 100U);
    EXPECT_EQ(meter.statistics().records_total(), 200U);
}

TEST(PacketMeter, APacketCannotClaimToBeLongerThanItWas) {
    testing::KeepingSink sink;
    PacketMeter meter({}, sink);
    Writer frame = testing::ethernet(0x0800);
    testing::add_udp(testing::add_ipv4(frame, {.total_length = 65000}), 1, 2);
    meter.meter({.bytes = frame.bytes(), .wire_length = 100});
    meter.flush();
    EXPECT_EQ(sink.records.at(0).bytes, 100U);
}

}  // namespace
}  // namespace sluice::telemetry
