#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/export_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::datagram_of;
using testing::Message;
using testing::Writer;

class NetflowV5 : public ::testing::Test {
  protected:
    void decode(const Writer& writer, std::string_view exporter = "10.0.0.1") {
        decoder.decode(datagram_of(writer.bytes(), exporter), sink);
    }
    std::uint64_t lost(LossReason reason) { return decoder.statistics().lost_for(reason); }

    base::SeededRandom random{1};
    FlowDecoder decoder{DecoderConfig{}, {random}};
    testing::KeepingSink sink;
};

Writer datagram(std::uint16_t count, testing::V5Header header = {}) {
    header.count = count;
    Writer writer = testing::v5_header(header);
    for (std::uint16_t i = 0; i < count; ++i) testing::add_v5_record(writer, static_cast<std::uint8_t>(i));
    return writer;
}

TEST_F(NetflowV5, ReadsEveryField) {
    decode(datagram(2, {.engine = 0x0107, .sampling = 0x4000 | 512}));
    ASSERT_EQ(sink.records.size(), 2U);
    EXPECT_EQ(sink.batches, 1U);
    const model::FlowRecord& record = sink.records[1];
    EXPECT_EQ(record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(record.destination.to_string(), "198.51.100.1");
    EXPECT_EQ(record.next_hop.to_string(), "203.0.113.9");
    EXPECT_EQ(record.exporter.to_string(), "10.0.0.1");
    EXPECT_EQ(record.packets, 10U);
    EXPECT_EQ(record.bytes, 1000U);
    EXPECT_EQ(record.sampling, 512U);
    EXPECT_EQ(record.input_interface, 3U);
    EXPECT_EQ(record.output_interface, 4U);
    EXPECT_EQ(record.source_port, 1000);
    EXPECT_EQ(record.destination_port, 443);
    EXPECT_EQ(record.tcp_flags, 0x12);
    EXPECT_EQ(record.protocol, 6);
    EXPECT_EQ(record.tos, 0x20);
    EXPECT_EQ(record.source_as, 64500U);
    EXPECT_EQ(record.destination_as, 64501U);
    EXPECT_EQ(record.source_mask, 24);
    EXPECT_EQ(record.destination_mask, 25);
    EXPECT_EQ(record.observation_domain, 0x0107U);
    EXPECT_EQ(record.reported_by, model::FlowSource::netflow_v5);
    const auto exported =
        base::Timestamp{std::chrono::seconds(Message::export_seconds) + std::chrono::milliseconds(500)};
    EXPECT_EQ(record.first_at, exported - std::chrono::seconds(2));
    EXPECT_EQ(record.last_at, exported - std::chrono::seconds(1));
}

TEST_F(NetflowV5, TheUptimeMayHaveWrappedSinceTheFlow) {
    decode(datagram(1, {.uptime = 500}));
    // The record's times are of an uptime of an hour: 49.7 days before the wrap they are in the future of
    // "500".
    ASSERT_EQ(sink.records.size(), 1U);
    const auto exported =
        base::Timestamp{std::chrono::seconds(Message::export_seconds) + std::chrono::milliseconds(500)};
    EXPECT_EQ(sink.records[0].first_at - exported,
              std::chrono::milliseconds(Message::uptime_ms - 2000 - 500));

    Writer wrapped = testing::v5_header({.count = 1, .sequence = 1, .uptime = 500});
    Writer record;
    testing::add_v5_record(record, 1);
    testing::Bytes bytes = record.bytes();
    std::fill(bytes.begin() + 24, bytes.begin() + 28, 0xff);  // first: 1 ms before the wrap
    decode(wrapped.append(bytes));
    EXPECT_EQ(sink.records[1].first_at - exported, std::chrono::milliseconds(-501));
}

TEST_F(NetflowV5, IcmpStandsInTheDestinationPort) {
    Writer writer = testing::v5_header({});
    Writer record;
    testing::add_v5_record(record, 1);
    testing::Bytes bytes = record.bytes();
    bytes[38] = 1;
    bytes[34] = 8;
    bytes[35] = 0;
    decode(writer.append(bytes));
    EXPECT_EQ(sink.records.at(0).icmp_type_code, 0x0800);
}

TEST_F(NetflowV5, CountsMissingRecordsAnEngine) {
    decode(datagram(10, {.sequence = 100, .engine = 1}));
    decode(datagram(10, {.sequence = 5000, .engine = 2}));
    decode(datagram(10, {.sequence = 110, .engine = 1}));
    EXPECT_EQ(lost(LossReason::gap_netflow_v5), 0U);
    decode(datagram(10, {.sequence = 150, .engine = 1}));
    EXPECT_EQ(lost(LossReason::gap_netflow_v5), 30U);
    decode(datagram(10, {.sequence = 120, .engine = 1}));
    EXPECT_EQ(lost(LossReason::gap_netflow_v5), 20U);
    EXPECT_EQ(decoder.statistics().reordered.value(), 1U);
}

TEST_F(NetflowV5, ARestartIsNoLoss) {
    decode(datagram(10, {.sequence = 1000, .uptime = 50'000'000}));
    decode(datagram(10, {.sequence = 0, .uptime = 1000}));
    decode(datagram(10, {.sequence = 10, .uptime = 2000}));
    EXPECT_EQ(lost(LossReason::gap_netflow_v5), 0U);
    EXPECT_EQ(decoder.statistics().restarts.value(), 1U);
}

TEST_F(NetflowV5, WhatIsCutIsCounted) {
    Writer writer = testing::v5_header({.count = 3});
    testing::add_v5_record(writer, 1);
    decode(writer.zeros(47));
    EXPECT_TRUE(sink.records.empty());
    EXPECT_EQ(lost(LossReason::header_malformed), 1U);
    Writer small;
    decode(small.u16(5).zeros(10));
    EXPECT_EQ(lost(LossReason::header_malformed), 2U);
    decode(datagram(0));
    EXPECT_EQ(lost(LossReason::header_malformed), 3U);
    Writer unknown;
    decode(unknown.u16(7).zeros(100));
    EXPECT_EQ(lost(LossReason::version_unknown), 1U);
}

TEST_F(NetflowV5, TheOperatorsSamplingCountsWhereTheExporterIsSilentOrWrong) {
    DecoderConfig config;
    config.exporters = {{*net::Prefix::parse("10.0.0.0/8"), 100, 0},
                        {*net::Prefix::parse("10.1.0.0/16"), 1, 2000}};
    decoder = FlowDecoder(config, {random});
    decode(datagram(1), "10.0.0.1");
    decode(datagram(1, {.sampling = 50}), "10.0.0.2");
    decode(datagram(1, {.sampling = 50}), "10.1.0.1");
    decode(datagram(1), "192.0.2.200");
    ASSERT_EQ(sink.records.size(), 4U);
    EXPECT_EQ(sink.records[0].sampling, 100U);
    EXPECT_EQ(sink.records[1].sampling, 50U);
    EXPECT_EQ(sink.records[2].sampling, 2000U);
    EXPECT_EQ(sink.records[3].sampling, 1U);
}

}  // namespace
}  // namespace sluice::telemetry
