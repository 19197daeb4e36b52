#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/packet_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::Bytes;
using testing::datagram_of;
using testing::Writer;

struct Header {
    std::uint32_t sequence = 1;
    std::uint32_t samples = 1;
    std::uint32_t uptime = 100'000;
    std::uint32_t sub_agent = 2;
};

Writer datagram(const Header& header = {}) {
    Writer writer;
    writer.u32(5).u32(1).address("10.9.9.9").u32(header.sub_agent).u32(header.sequence).u32(header.uptime);
    return writer.u32(header.samples);
}

Bytes raw_header(const Writer& frame, std::uint32_t frame_length = 1018, std::uint32_t protocol = 1) {
    Writer data;
    data.u32(protocol)
        .u32(frame_length)
        .u32(4)
        .u32(frame.size())
        .append(frame.bytes())
        .zeros((4 - frame.size() % 4) % 4);
    return Writer().u32(1).u32(data.size()).append(data.bytes()).bytes();
}

Writer udp_frame() {
    Writer frame = testing::ethernet(0x0800);
    testing::add_udp(testing::add_ipv4(frame, {.total_length = 1000}), 53, 1000);
    return frame;
}

Writer& add_flow_sample(Writer& writer, const std::vector<Bytes>& records, std::uint32_t drops = 0) {
    Writer sample;
    sample.u32(1).u32(7).u32(512).u32(100'000).u32(drops).u32(7).u32(9).u32(records.size());
    for (const Bytes& record : records) sample.append(record);
    return writer.u32(1).u32(sample.size()).append(sample.bytes());
}

class Sflow : public ::testing::Test {
  protected:
    void decode(const Writer& writer, std::string_view exporter = "10.0.0.1") {
        decoder.decode(datagram_of(writer.bytes(), exporter), sink);
    }
    std::uint64_t lost(LossReason reason) { return decoder.statistics().lost_for(reason); }

    base::SeededRandom random{1};
    FlowDecoder decoder{DecoderConfig{}, {random}};
    testing::KeepingSink sink;
};

TEST_F(Sflow, ReadsAFlowSample) {
    Writer writer = datagram();
    decode(add_flow_sample(writer, {raw_header(udp_frame())}));
    ASSERT_EQ(sink.records.size(), 1U);
    const model::FlowRecord& record = sink.records[0];
    EXPECT_EQ(record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(record.destination.to_string(), "198.51.100.7");
    EXPECT_EQ(record.source_port, 53);
    EXPECT_EQ(record.destination_port, 1000);
    EXPECT_EQ(record.packets, 1U);
    EXPECT_EQ(record.bytes, 1000U);
    EXPECT_EQ(record.sampling, 512U);
    EXPECT_EQ(record.input_interface, 7U);
    EXPECT_EQ(record.output_interface, 9U);
    EXPECT_EQ(record.exporter.to_string(), "10.0.0.1");
    EXPECT_EQ(record.observation_domain, 2U);
    EXPECT_EQ(record.reported_by, model::FlowSource::sflow);
    EXPECT_EQ(record.first_at, datagram_of({}).received_at);
}

TEST_F(Sflow, ReadsAnExpandedFlowSample) {
    const Bytes header = raw_header(udp_frame());
    Writer sample;
    sample.u32(1)
        .u32(0)
        .u32(7)
        .u32(512)
        .u32(100'000)
        .u32(0)
        .u32(0)
        .u32(0x12345678)
        .u32(1)
        .u32(5)
        .u32(1)
        .append(header);
    Writer writer = datagram();
    decode(writer.u32(3).u32(sample.size()).append(sample.bytes()));
    ASSERT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(sink.records[0].input_interface, 0x12345678U);
    EXPECT_EQ(sink.records[0].output_interface, 0U);  // format 1: the packet was dropped
}

TEST_F(Sflow, InterfacesThatAreNoneAreNone) {
    Writer sample;
    sample.u32(1)
        .u32(7)
        .u32(512)
        .u32(1)
        .u32(0)
        .u32(0x3fffffff)
        .u32(0x80000002)
        .u32(1)
        .append(raw_header(udp_frame()));
    Writer writer = datagram();
    decode(writer.u32(1).u32(sample.size()).append(sample.bytes()));
    ASSERT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(sink.records[0].input_interface, 0U);
    EXPECT_EQ(sink.records[0].output_interface, 0U);
}

TEST_F(Sflow, ReadsSwitchRouterAndGatewayInAnyOrder) {
    const Bytes on_switch = Writer().u32(1001).u32(16).u32(100).u32(0).u32(200).u32(0).bytes();
    const Bytes router = Writer().u32(1002).u32(16).u32(1).address("203.0.113.9").u32(24).u32(22).bytes();
    const Bytes gateway = Writer()
                              .u32(1003)
                              .u32(56)
                              .u32(1)
                              .address("203.0.113.1")
                              .u32(64496)
                              .u32(64497)
                              .u32(64498)
                              .u32(2)
                              .u32(2)
                              .u32(2)
                              .u32(64500)
                              .u32(64501)
                              .u32(1)
                              .u32(1)
                              .u32(64502)
                              .u32(0)
                              .bytes();
    Writer first = datagram({.sequence = 1});
    decode(add_flow_sample(first, {on_switch, router, gateway, raw_header(udp_frame())}));
    Writer second = datagram({.sequence = 2});
    decode(add_flow_sample(second, {raw_header(udp_frame()), gateway, router, on_switch}));
    ASSERT_EQ(sink.records.size(), 2U);
    for (const model::FlowRecord& record : sink.records) {
        EXPECT_EQ(record.vlan, 100);
        EXPECT_EQ(record.next_hop.to_string(), "203.0.113.9");
        EXPECT_EQ(record.source_mask, 24);
        EXPECT_EQ(record.destination_mask, 22);
        EXPECT_EQ(record.source_as, 64497U);
        EXPECT_EQ(record.destination_as, 64502U);
        EXPECT_EQ(record.source_port, 53);
    }
}

TEST_F(Sflow, ReadsSampledIpWhereThereIsNoHeader) {
    const Bytes v4 = Writer()
                         .u32(3)
                         .u32(32)
                         .u32(900)
                         .u32(6)
                         .address("192.0.2.1")
                         .address("198.51.100.7")
                         .u32(1)
                         .u32(2)
                         .u32(0x12)
                         .u32(0x28)
                         .bytes();
    const Bytes v6 = Writer()
                         .u32(4)
                         .u32(56)
                         .u32(900)
                         .u32(17)
                         .address("2001:db8::1")
                         .address("2001:db8::2")
                         .u32(1)
                         .u32(2)
                         .u32(0)
                         .u32(0)
                         .bytes();
    Writer writer = datagram({.samples = 3});
    add_flow_sample(writer, {v4});
    add_flow_sample(writer, {v6});
    decode(add_flow_sample(writer, {raw_header(udp_frame()), v4}));
    ASSERT_EQ(sink.records.size(), 3U);
    EXPECT_EQ(sink.records[0].destination.to_string(), "198.51.100.7");
    EXPECT_EQ(sink.records[0].bytes, 900U);
    EXPECT_EQ(sink.records[0].tcp_flags, 0x12);
    EXPECT_EQ(sink.records[1].destination.to_string(), "2001:db8::2");
    EXPECT_EQ(sink.records[2].source_port, 53);  // the header says more
}

TEST_F(Sflow, ReadsOtherHeaderProtocols) {
    Writer ip;
    testing::add_udp(testing::add_ipv4(ip, {.total_length = 1000}), 53, 1000);
    Writer writer = datagram({.samples = 2});
    add_flow_sample(writer, {raw_header(ip, 1000, 11)});
    decode(add_flow_sample(writer, {raw_header(ip, 1000, 3)}));
    EXPECT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(lost(LossReason::packet_not_ip), 1U);
}

TEST_F(Sflow, APacketCannotClaimToBeLongerThanItsFrame) {
    Writer frame = testing::ethernet(0x0800);
    testing::add_udp(testing::add_ipv4(frame, {.total_length = 65000}), 53, 1000);
    Writer writer = datagram();
    decode(add_flow_sample(writer, {raw_header(frame, 64)}));
    EXPECT_EQ(sink.records.at(0).bytes, 64U);
}

TEST_F(Sflow, ReadsInterfaceCounters) {
    Writer counters;
    counters.u32(1).u32(88).u32(17).u32(6).u64(10'000'000'000).u32(1).u32(3);
    counters.u64(1000).u32(1).u32(2).u32(3).u32(4).u32(5).u32(6);
    counters.u64(2000).u32(7).u32(8).u32(9).u32(10).u32(11).u32(12);
    Writer sample;
    sample.u32(1).u32(17).u32(2).u32(2).u32(4).zeros(4).append(counters.bytes());
    Writer writer = datagram({.samples = 2});
    writer.u32(2).u32(sample.size()).append(sample.bytes());
    Writer expanded;
    expanded.u32(1).u32(0).u32(17).u32(1).append(counters.bytes());
    decode(writer.u32(4).u32(expanded.size()).append(expanded.bytes()));
    ASSERT_EQ(sink.counters.size(), 2U);
    const InterfaceCounters& one = sink.counters[0];
    EXPECT_EQ(one.index, 17U);
    EXPECT_EQ(one.agent.to_string(), "10.9.9.9");
    EXPECT_EQ(one.speed, 10'000'000'000U);
    EXPECT_EQ(one.status, 3U);
    EXPECT_EQ(one.in_bytes, 1000U);
    EXPECT_EQ(one.in_unknown_protocols, 6U);
    EXPECT_EQ(one.out_bytes, 2000U);
    EXPECT_EQ(one.out_errors, 11U);
    EXPECT_EQ(one.promiscuous, 12U);
    EXPECT_EQ(decoder.statistics().counter_samples.value(), 2U);
}

TEST_F(Sflow, CountsMissingDatagramsAndTheAgentsOwnDrops) {
    const auto send = [&](std::uint32_t sequence, std::uint32_t drops, std::uint32_t sub_agent = 2) {
        Writer writer = datagram({.sequence = sequence, .sub_agent = sub_agent});
        decode(add_flow_sample(writer, {raw_header(udp_frame())}, drops));
    };
    send(1, 5);
    send(900, 0, 3);
    send(2, 5);
    send(5, 8);
    EXPECT_EQ(lost(LossReason::gap_sflow), 2U);
    EXPECT_EQ(lost(LossReason::agent_overload), 3U);
    Writer restarted = datagram({.sequence = 1, .uptime = 10});
    decode(add_flow_sample(restarted, {raw_header(udp_frame())}, 0));
    EXPECT_EQ(lost(LossReason::gap_sflow), 2U);
    EXPECT_EQ(lost(LossReason::agent_overload), 3U);
    EXPECT_EQ(decoder.statistics().restarts.value(), 1U);
}

TEST_F(Sflow, WhatCannotBeReadIsCounted) {
    Writer arp = testing::ethernet(0x0806);
    arp.zeros(46);
    Writer writer = datagram({.samples = 4});
    add_flow_sample(writer, {raw_header(arp)});
    add_flow_sample(writer, {});
    writer.u32(0x00123005).u32(8).zeros(8);
    decode(add_flow_sample(writer, {raw_header(udp_frame())}));
    EXPECT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(lost(LossReason::packet_not_ip), 1U);
    EXPECT_EQ(lost(LossReason::sample_unsupported), 2U);
    Writer other;
    decode(other.u32(4).zeros(40));
    EXPECT_EQ(lost(LossReason::version_unknown), 1U);
    Writer agent;
    decode(agent.u32(5).u32(9).zeros(40));
    EXPECT_EQ(lost(LossReason::header_malformed), 1U);
}

TEST_F(Sflow, CutAnywhere) {
    Writer writer = datagram({.samples = 2});
    add_flow_sample(writer, {raw_header(udp_frame())});
    add_flow_sample(writer, {raw_header(udp_frame())});
    for (std::size_t length = 4; length < writer.size(); ++length) {
        sink.records.clear();
        Bytes cut = writer.bytes();
        cut.resize(length);
        const auto malformed = lost(LossReason::sample_malformed) + lost(LossReason::header_malformed);
        decoder.decode(datagram_of(cut), sink);
        EXPECT_LE(sink.records.size(), 1U);
        EXPECT_EQ(lost(LossReason::sample_malformed) + lost(LossReason::header_malformed), malformed + 1)
            << length;
    }
}

}  // namespace
}  // namespace sluice::telemetry
