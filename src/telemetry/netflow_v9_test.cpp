#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/export_builder.hpp"
#include "telemetry/testing/packet_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::Bytes;
using testing::datagram_of;
using testing::Message;
using testing::Writer;

const base::Instant start{std::chrono::hours(1)};

class NetflowV9 : public ::testing::Test {
  protected:
    void decode(const Message& message, std::string_view exporter = "10.0.0.1", base::Instant now = start) {
        const Bytes bytes = message.bytes();
        decoder.decode(datagram_of(bytes, exporter, now), sink);
    }
    std::uint64_t lost(LossReason reason) { return decoder.statistics().lost_for(reason); }

    base::SeededRandom random{1};
    FlowDecoder decoder{DecoderConfig{}, {random}};
    testing::KeepingSink sink;
};

Bytes usual(std::uint32_t records = 1) {
    Writer data;
    for (std::uint32_t i = 0; i < records; ++i) testing::add_usual_record(data, 0xc6336400U + i);
    return data.bytes();
}
// destination, packets, bytes
const std::initializer_list<testing::Field> small_fields = {{12, 4}, {2, 4}, {1, 4}};
Bytes small(std::uint32_t bytes = 100) {
    return Writer().address("198.51.100.7").u32(1).u32(bytes).bytes();
}

TEST_F(NetflowV9, ReadsTheUsualRecord) {
    decode(Message::v9(0, 7).templates(256, testing::usual_fields).set(256, usual(2)));
    ASSERT_EQ(sink.records.size(), 2U);
    const model::FlowRecord& record = sink.records[1];
    EXPECT_EQ(record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(record.destination.to_string(), "198.51.100.1");
    EXPECT_EQ(record.next_hop.to_string(), "203.0.113.9");
    EXPECT_EQ(record.exporter.to_string(), "10.0.0.1");
    EXPECT_EQ(record.packets, 10U);
    EXPECT_EQ(record.bytes, 1000U);
    EXPECT_EQ(record.sampling, 1U);
    EXPECT_EQ(record.input_interface, 3U);
    EXPECT_EQ(record.output_interface, 4U);
    EXPECT_EQ(record.source_as, 64500U);
    EXPECT_EQ(record.destination_as, 64501U);
    EXPECT_EQ(record.source_port, 1000);
    EXPECT_EQ(record.destination_port, 443);
    EXPECT_EQ(record.tcp_flags, 0x12);
    EXPECT_EQ(record.protocol, 6);
    EXPECT_EQ(record.tos, 0x20);
    EXPECT_EQ(record.source_mask, 24);
    EXPECT_EQ(record.destination_mask, 25);
    EXPECT_EQ(record.observation_domain, 7U);
    EXPECT_EQ(record.reported_by, model::FlowSource::netflow_v9);
    const auto exported = base::Timestamp{std::chrono::seconds(Message::export_seconds)};
    EXPECT_EQ(record.first_at, exported - std::chrono::seconds(2));
    EXPECT_EQ(record.last_at, exported - std::chrono::seconds(1));
}

TEST_F(NetflowV9, ReadsIpv6AndIcmp) {
    decode(Message::v9(0, 1)
               .templates(300, {{27, 16}, {28, 16}, {4, 1}, {139, 2}, {31, 3}, {62, 16}, {29, 1}, {64, 4}})
               .set(300, Writer()
                             .address("2001:db8::1")
                             .address("2001:db8::2")
                             .u8(58)
                             .u16(0x8000)
                             .number(0xabcde, 3)
                             .address("fe80::1")
                             .u8(48)
                             .u32(0)
                             .bytes()));
    ASSERT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(sink.records[0].source.to_string(), "2001:db8::1");
    EXPECT_EQ(sink.records[0].destination.to_string(), "2001:db8::2");
    EXPECT_EQ(sink.records[0].next_hop.to_string(), "fe80::1");
    EXPECT_EQ(sink.records[0].icmp_type_code, 0x8000);
    EXPECT_EQ(sink.records[0].flow_label, 0xabcdeU);
    EXPECT_EQ(sink.records[0].source_mask, 48);
}

TEST_F(NetflowV9, TemplatesBelongToOneExporterAndOneDomain) {
    decode(Message::v9(0, 1).templates(256, small_fields));
    decode(Message::v9(1, 1).set(256, small()));
    EXPECT_EQ(sink.records.size(), 1U);
    decode(Message::v9(0, 2).set(256, small()));
    decode(Message::v9(0, 1).set(256, small()), "10.0.0.2");
    EXPECT_EQ(sink.records.size(), 1U);
    // The same number means something else in the other domain.
    decode(Message::v9(1, 2).templates(256, {{8, 4}, {1, 4}, {2, 4}}));
    ASSERT_EQ(sink.records.size(), 2U);
    EXPECT_EQ(sink.records[1].source.to_string(), "198.51.100.7");
    EXPECT_EQ(sink.records[1].packets, 100U);
    EXPECT_EQ(decoder.statistics().domains.value(), 3U);
    EXPECT_EQ(decoder.statistics().exporters.value(), 2U);
}

TEST_F(NetflowV9, DataWaitsForItsTemplate) {
    decode(Message::v9(0, 1).set(256, small(1)));
    decode(Message::v9(1, 1).set(256, small(2)).set(257, small(3)));
    EXPECT_TRUE(sink.records.empty());
    decode(Message::v9(2, 1).templates(256, small_fields).set(256, small(4)));
    ASSERT_EQ(sink.records.size(), 3U);
    EXPECT_EQ(sink.records[0].bytes, 1U);
    EXPECT_EQ(sink.records[1].bytes, 2U);
    EXPECT_EQ(sink.records[2].bytes, 4U);
    EXPECT_EQ(decoder.statistics().data_waited.value(), 2U);
    EXPECT_EQ(lost(LossReason::data_without_template), 0U);
    decoder.tick(start + std::chrono::seconds(59));
    EXPECT_EQ(lost(LossReason::data_without_template), 0U);
    decoder.tick(start + std::chrono::seconds(61));
    EXPECT_EQ(lost(LossReason::data_without_template), 1U);
    decode(Message::v9(3, 1).templates(257, small_fields));
    EXPECT_EQ(sink.records.size(), 3U);
}

TEST_F(NetflowV9, WaitingDataIsBounded) {
    DecoderConfig config;
    config.max_waiting_sets_per_domain = 3;
    config.max_waiting_sets = 4;
    config.max_waiting_bytes = 1000;
    decoder = FlowDecoder(config, {random});
    for (std::uint32_t i = 0; i < 10; ++i) decode(Message::v9(i, 1).set(256, small()));
    EXPECT_EQ(lost(LossReason::data_waiting_limit), 7U);
    for (std::uint32_t i = 0; i < 10; ++i) decode(Message::v9(i, 2).set(256, small()));
    EXPECT_EQ(lost(LossReason::data_waiting_limit), 16U);
    decode(Message::v9(10, 1).templates(256, small_fields));
    EXPECT_EQ(sink.records.size(), 3U);
    decode(Message::v9(10, 2).set(300, Bytes(2000, 1)));
    EXPECT_EQ(lost(LossReason::data_waiting_limit), 17U);
}

TEST_F(NetflowV9, AChangedTemplateReplacesTheOldOne) {
    decode(Message::v9(0, 1).templates(256, small_fields));
    decode(Message::v9(1, 1).templates(256, small_fields));
    EXPECT_EQ(decoder.statistics().templates_changed.value(), 0U);
    decode(Message::v9(2, 1).templates(256, {{12, 4}, {1, 4}, {2, 4}}).set(256, small(9)));
    ASSERT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(sink.records[0].packets, 9U);
    EXPECT_EQ(decoder.statistics().templates_changed.value(), 1U);
    EXPECT_EQ(decoder.statistics().templates.value(), 1U);
}

TEST_F(NetflowV9, TemplatesExpireWhenTheyAreNotRepeated) {
    decode(Message::v9(0, 1).templates(256, small_fields).templates(257, small_fields));
    const base::Instant later = start + std::chrono::hours(1);
    decode(Message::v9(1, 1).templates(257, small_fields), "10.0.0.1", later);
    decoder.tick(start + std::chrono::seconds(7201));
    EXPECT_EQ(decoder.statistics().templates_expired.value(), 1U);
    decode(Message::v9(2, 1).set(256, small()).set(257, small()), "10.0.0.1", later + std::chrono::hours(1));
    EXPECT_EQ(sink.records.size(), 1U);
}

TEST_F(NetflowV9, IdleExportersMakeRoom) {
    DecoderConfig config;
    config.max_exporters = 2;
    config.max_domains_per_exporter = 2;
    decoder = FlowDecoder(config, {random});
    decode(Message::v9(0, 1), "10.0.0.1");
    decode(Message::v9(0, 1), "10.0.0.2");
    decode(Message::v9(0, 1), "10.0.0.3");
    EXPECT_EQ(lost(LossReason::exporter_limit), 1U);
    decode(Message::v9(0, 2), "10.0.0.1");
    decode(Message::v9(0, 3), "10.0.0.1");
    EXPECT_EQ(lost(LossReason::domain_limit), 1U);
    const base::Instant later = start + std::chrono::hours(25);
    decode(Message::v9(1, 1), "10.0.0.2", later);
    decoder.tick(later);
    EXPECT_EQ(decoder.statistics().exporters.value(), 1U);
    decode(Message::v9(0, 1), "10.0.0.3", later);
    EXPECT_EQ(lost(LossReason::exporter_limit), 1U);
}

TEST_F(NetflowV9, OnlyListedExporters) {
    DecoderConfig config;
    config.accept_unlisted = false;
    config.exporters = {{*net::Prefix::parse("10.0.0.0/24"), 1, 0}};
    decoder = FlowDecoder(config, {random});
    decode(Message::v9(0, 1).templates(256, small_fields).set(256, small()), "10.0.0.5");
    decode(Message::v9(0, 1).templates(256, small_fields).set(256, small()), "10.0.1.5");
    EXPECT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(lost(LossReason::exporter_not_listed), 1U);
}

TEST_F(NetflowV9, CountsMissingDatagramsADomain) {
    decode(Message::v9(10, 1));
    decode(Message::v9(500, 2));
    decode(Message::v9(11, 1));
    decode(Message::v9(15, 1));
    EXPECT_EQ(lost(LossReason::gap_netflow_v9), 3U);
    decode(Message::v9(0, 1, 1000));
    EXPECT_EQ(lost(LossReason::gap_netflow_v9), 3U);
    EXPECT_EQ(decoder.statistics().restarts.value(), 1U);
    const auto domains = decoder.domains();
    ASSERT_EQ(domains.size(), 2U);
    EXPECT_EQ(domains[0].missing + domains[1].missing, 3U);
}

TEST_F(NetflowV9, TwoPortsOfOneDomainHaveSequenceNumbersOfTheirOwn) {
    const auto send = [&](std::uint32_t sequence, std::uint16_t port) {
        const Bytes bytes = Message::v9(sequence, 1).bytes();
        Datagram datagram = datagram_of(bytes);
        datagram.exporter_port = port;
        decoder.decode(datagram, sink);
    };
    for (std::uint32_t i = 0; i < 5; ++i) {
        send(100 + i, 1000);
        send(90000 + i, 2000);
    }
    EXPECT_EQ(lost(LossReason::gap_netflow_v9), 0U);
    EXPECT_EQ(decoder.statistics().restarts.value(), 0U);
    send(110, 1000);
    EXPECT_EQ(lost(LossReason::gap_netflow_v9), 5U);
    for (std::uint16_t port = 3000; port < 3100; ++port) send(7, port);
    EXPECT_EQ(decoder.domains().at(0).missing, 5U);
}

TEST_F(NetflowV9, SamplersAreLookedUp) {
    decode(Message::v9(0, 1)
               .templates(256, {{12, 4}, {1, 4}, {48, 1}})
               .options_templates(257, {{1, 4}}, {{48, 1}, {49, 1}, {50, 4}}));
    const auto record = [](std::uint8_t sampler) {
        return Writer().address("198.51.100.7").u32(100).u8(sampler).bytes();
    };
    decode(Message::v9(1, 1).set(256, record(3)));
    EXPECT_EQ(decoder.statistics().sampling_unknown.value(), 1U);
    decode(
        Message::v9(2, 1).set(257, Writer().u32(0).u8(3).u8(2).u32(1000).u32(0).u8(4).u8(2).u32(50).bytes()));
    EXPECT_EQ(decoder.statistics().options_records.value(), 2U);
    decode(Message::v9(3, 1).set(256, record(3)).set(256, record(4)).set(256, record(0)).set(256, record(9)));
    ASSERT_EQ(sink.records.size(), 5U);
    EXPECT_EQ(sink.records[0].sampling, 1U);
    EXPECT_EQ(sink.records[1].sampling, 1000U);
    EXPECT_EQ(sink.records[2].sampling, 50U);
    EXPECT_EQ(sink.records[3].sampling, 1U);
    EXPECT_EQ(sink.records[4].sampling, 1U);
    EXPECT_EQ(decoder.statistics().sampling_unknown.value(), 2U);
    // Another domain of the same exporter has samplers of its own.
    decode(Message::v9(0, 2).templates(256, {{12, 4}, {1, 4}, {48, 1}}).set(256, record(3)));
    EXPECT_EQ(sink.records.back().sampling, 1U);
}

TEST_F(NetflowV9, ARateForTheWholeDomainOrForAnInterface) {
    decode(Message::v9(0, 1)
               .templates(256, {{12, 4}, {10, 4}, {14, 4}, {61, 1}})
               .options_templates(257, {{1, 4}}, {{34, 4}, {35, 1}})
               .options_templates(258, {{2, 4}}, {{34, 4}, {35, 1}})
               .set(257, Writer().u32(0).u32(100).u8(1).bytes()));
    const auto record = [](std::uint32_t in, std::uint32_t out, std::uint8_t direction) {
        return Writer().address("198.51.100.7").u32(in).u32(out).u8(direction).bytes();
    };
    decode(Message::v9(1, 1).set(256, record(1, 2, 0)));
    EXPECT_EQ(sink.records.back().sampling, 100U);
    decode(Message::v9(2, 1).set(258, Writer().u32(2).u32(500).u8(1).bytes()));
    decode(Message::v9(3, 1).set(256, record(1, 2, 0)));
    EXPECT_EQ(sink.records.back().sampling, 100U);
    decode(Message::v9(4, 1).set(256, record(2, 1, 0)));
    EXPECT_EQ(sink.records.back().sampling, 500U);
    decode(Message::v9(5, 1).set(256, record(1, 2, 1)));
    EXPECT_EQ(sink.records.back().sampling, 500U);
}

TEST_F(NetflowV9, ARateInTheRecordItself) {
    decode(Message::v9(0, 1)
               .templates(256, {{12, 4}, {34, 4}})
               .set(256, Writer().address("198.51.100.7").u32(64).bytes()));
    EXPECT_EQ(sink.records.at(0).sampling, 64U);
}

TEST_F(NetflowV9, OptionsOfScopeLengthZero) {
    decode(Message::v9(0, 1)
               .options_templates(256, {{1, 0}}, {{34, 4}, {35, 1}})
               .set(256, Writer().u32(20).u8(1).zeros(3).bytes())
               .templates(257, small_fields)
               .set(257, small()));
    EXPECT_EQ(sink.records.at(0).sampling, 20U);
}

TEST_F(NetflowV9, PaddingIsNoRecordAndNoFault) {
    decode(Message::v9(0, 1)
               .templates(256, {{12, 4}, {1, 1}})
               .set(256, Writer().address("198.51.100.7").u8(9).zeros(3).bytes()));
    EXPECT_EQ(sink.records.size(), 1U);
    // Datagrams of a fixed size, filled up with zeros.
    Bytes filled = Message::v9(1, 1).set(256, Writer().address("198.51.100.7").u8(9).bytes()).bytes();
    filled.resize(1400);
    decoder.decode(datagram_of(filled), sink);
    EXPECT_EQ(sink.records.size(), 2U);
    EXPECT_EQ(lost(LossReason::set_malformed), 0U);
}

TEST_F(NetflowV9, MalformedPartsAreCountedAndTheRestIsRead) {
    decode(Message::v9(0, 1).set(77, Bytes(8, 1)).templates(256, small_fields).set(256, small()));
    EXPECT_EQ(lost(LossReason::set_malformed), 1U);
    EXPECT_EQ(sink.records.size(), 1U);
    decode(Message::v9(1, 1).templates(100, small_fields));                            // a reserved number
    decode(Message::v9(2, 1).set(0, Writer().u16(256).u16(0).bytes()));                // no fields
    decode(Message::v9(3, 1).set(0, Writer().u16(256).u16(9).u16(1).u16(4).bytes()));  // cut
    decode(Message::v9(4, 1).templates(256, {{1, 0}}));                                // no length
    decode(Message::v9(5, 1).set(1, Writer().u16(256).u16(3).u16(4).zeros(20).bytes()));
    EXPECT_EQ(lost(LossReason::template_malformed), 5U);
    Bytes cut = Message::v9(6, 1).set(256, small()).bytes();
    cut.resize(cut.size() - 1);
    decoder.decode(datagram_of(cut), sink);
    EXPECT_EQ(lost(LossReason::set_malformed), 2U);
    decode(Message::v9(7, 1).set(256, small()));
    EXPECT_EQ(sink.records.size(), 2U);
}

TEST_F(NetflowV9, TemplatesAreBounded) {
    DecoderConfig config;
    config.max_templates_per_domain = 2;
    config.max_fields_per_template = 3;
    decoder = FlowDecoder(config, {random});
    decode(Message::v9(0, 1)
               .templates(256, small_fields)
               .templates(257, small_fields)
               .templates(258, small_fields));
    EXPECT_EQ(lost(LossReason::template_limit), 1U);
    decode(Message::v9(1, 1).templates(257, {{12, 4}, {1, 4}, {2, 4}, {5, 1}}));
    EXPECT_EQ(lost(LossReason::template_limit), 2U);
    decode(Message::v9(2, 1).set(257, small()));
    EXPECT_EQ(sink.records.size(), 1U);
}

TEST_F(NetflowV9, RecordsThatNameNobodyAreCountedAsLost) {
    decode(Message::v9(0, 1).templates(256, {{1, 4}, {2, 4}}).set(256, Writer().zeros(24).bytes()));
    EXPECT_TRUE(sink.records.empty());
    EXPECT_EQ(lost(LossReason::record_without_address), 3U);
}

TEST_F(NetflowV9, SampledPacketsAreReadLikeThoseOfSflow) {
    Writer frame = testing::ethernet(0x8100);
    frame.u16(42).u16(0x0800);
    testing::add_udp(testing::add_ipv4(frame, {.total_length = 1228}), 53, 1000);
    Writer data;
    data.u32(9).u16(1246).append(frame.bytes()).zeros(64 - frame.size());
    decode(Message::v9(0, 1).templates(256, {{10, 4}, {312, 2}, {104, 64}}).set(256, data.bytes()));
    ASSERT_EQ(sink.records.size(), 1U);
    const model::FlowRecord& record = sink.records[0];
    EXPECT_EQ(record.destination.to_string(), "198.51.100.7");
    EXPECT_EQ(record.source_port, 53);
    EXPECT_EQ(record.vlan, 42);
    EXPECT_EQ(record.bytes, 1228U);
    EXPECT_EQ(record.packets, 1U);
    EXPECT_EQ(record.input_interface, 9U);
    data = Writer().u32(9).u16(64).zeros(12).u16(0x0806).zeros(50);
    decode(Message::v9(1, 1).set(256, data.bytes()));
    EXPECT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(lost(LossReason::packet_not_ip), 1U);
}

TEST_F(NetflowV9, LargeDatagramsComeInSeveralBatches) {
    decode(Message::v9(0, 1).templates(256, testing::usual_fields).set(256, usual(200)));
    EXPECT_EQ(sink.records.size(), 200U);
    EXPECT_EQ(sink.batches, 4U);
    EXPECT_EQ(decoder.statistics().records_total(), 200U);
}

}  // namespace
}  // namespace sluice::telemetry
