#include <bit>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/field_map.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/export_builder.hpp"
#include "telemetry/testing/packet_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::Bytes;
using testing::datagram_of;
using testing::Message;
using testing::Writer;

class Ipfix : public ::testing::Test {
  protected:
    void decode(const Message& message, std::string_view exporter = "10.0.0.1") {
        const Bytes bytes = message.bytes();
        decoder.decode(datagram_of(bytes, exporter), sink);
    }
    std::uint64_t lost(LossReason reason) { return decoder.statistics().lost_for(reason); }

    base::SeededRandom random{1};
    FlowDecoder decoder{DecoderConfig{}, {random}};
    testing::KeepingSink sink;
};

const std::initializer_list<testing::Field> small_fields = {{12, 4}, {2, 4}, {1, 4}};
Bytes small(std::size_t records = 1) {
    Writer data;
    for (std::size_t i = 0; i < records; ++i) data.address("198.51.100.7").u32(1).u32(100);
    return data.bytes();
}

TEST_F(Ipfix, ReadsTheUsualRecord) {
    decode(Message::ipfix(0, 77)
               .templates(256, {{8, 4},
                                {12, 4},
                                {152, 8},
                                {153, 8},
                                {1, 8},
                                {2, 8},
                                {234, 4},
                                {89, 1},
                                {243, 2},
                                {245, 2},
                                {70, 3},
                                {192, 1}})
               .set(256, Writer()
                             .address("192.0.2.1")
                             .address("198.51.100.7")
                             .u64(1'600'000'000'001)
                             .u64(1'600'000'000'002)
                             .u64(5'000'000'000)
                             .u64(7)
                             .u32(12)
                             .u8(0x80)
                             .u16(100)
                             .u16(200)
                             .number(100016U << 4U | 1, 3)
                             .u8(61)
                             .bytes()));
    ASSERT_EQ(sink.records.size(), 1U);
    const model::FlowRecord& record = sink.records[0];
    EXPECT_EQ(record.bytes, 5'000'000'000U);
    EXPECT_EQ(record.packets, 7U);
    EXPECT_EQ(record.vrf, 12U);
    EXPECT_EQ(record.forwarding_status, 0x80);
    EXPECT_EQ(record.vlan, 100);
    EXPECT_EQ(record.inner_vlan, 200);
    EXPECT_EQ(record.mpls_label, 100016U);
    EXPECT_EQ(record.ttl, 61);
    EXPECT_EQ(record.observation_domain, 77U);
    EXPECT_EQ(record.reported_by, model::FlowSource::ipfix);
    EXPECT_EQ(record.first_at, base::Timestamp{std::chrono::milliseconds(1'600'000'000'001)});
    EXPECT_EQ(record.last_at, base::Timestamp{std::chrono::milliseconds(1'600'000'000'002)});
}

TEST_F(Ipfix, RecordsWithoutTimesTakeTheExportTime) {
    decode(Message::ipfix(0, 1).templates(256, small_fields).set(256, small()));
    EXPECT_EQ(sink.records.at(0).first_at, base::Timestamp{std::chrono::seconds(Message::export_seconds)});
    EXPECT_EQ(sink.records.at(0).last_at, base::Timestamp{std::chrono::seconds(Message::export_seconds)});
}

TEST_F(Ipfix, ReadsVariableLengthAndEnterpriseFields) {
    decode(Message::ipfix(0, 1)
               .templates(256, {{82, 65535}, {12, 4}, {8, 4, 9}, {100, 65535, 9}, {1, 4}})
               .set(256, Writer()
                             .u8(3)
                             .text("abc")
                             .address("198.51.100.7")
                             .u32(1)
                             .u8(255)
                             .u16(260)
                             .zeros(260)
                             .u32(100)
                             .u8(0)
                             .address("198.51.100.8")
                             .u32(1)
                             .u8(0)
                             .u32(200)
                             .bytes()));
    ASSERT_EQ(sink.records.size(), 2U);
    EXPECT_EQ(sink.records[0].bytes, 100U);
    EXPECT_TRUE(sink.records[0].source.is_none());
    EXPECT_EQ(sink.records[1].destination.to_string(), "198.51.100.8");
    EXPECT_EQ(sink.records[1].bytes, 200U);
}

TEST_F(Ipfix, AVariableFieldThatRunsPastItsSetEndsTheSet) {
    decode(Message::ipfix(0, 1)
               .templates(256, {{12, 4}, {82, 65535}})
               .set(256, Writer()
                             .address("198.51.100.7")
                             .u8(1)
                             .text("x")
                             .address("198.51.100.8")
                             .u8(9)
                             .text("yyyy")
                             .bytes()));
    EXPECT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(lost(LossReason::record_malformed), 1U);
}

TEST_F(Ipfix, TemplatesAreWithdrawnOneByOneOrAllAtOnce) {
    decode(Message::ipfix(0, 1)
               .templates(256, small_fields)
               .templates(257, small_fields)
               .templates(258, small_fields)
               .options_templates(300, {{149, 4}}, {{34, 4}}));
    EXPECT_EQ(decoder.statistics().templates.value(), 4U);
    decode(Message::ipfix(0, 1).templates(257, {}));
    EXPECT_EQ(decoder.statistics().templates.value(), 3U);
    decode(Message::ipfix(0, 1).set(256, small()).set(257, small()));
    EXPECT_EQ(sink.records.size(), 1U);
    decode(Message::ipfix(0, 1).templates(2, {}));
    EXPECT_EQ(decoder.statistics().templates.value(), 1U);
    decode(Message::ipfix(0, 1).set(3, Writer().u16(3).u16(0).bytes()));
    EXPECT_EQ(decoder.statistics().templates.value(), 0U);
    EXPECT_EQ(decoder.statistics().templates_withdrawn.value(), 4U);
}

TEST_F(Ipfix, CountsMissingRecordsOptionsDataAmongThem) {
    decode(Message::ipfix(0, 1).templates(256, small_fields).options_templates(300, {{149, 4}}, {{34, 4}}));
    decode(Message::ipfix(0, 1).set(256, small(3)).set(300, Writer().u32(1).u32(10).bytes()));
    decode(Message::ipfix(4, 1).set(256, small(2)));
    EXPECT_EQ(lost(LossReason::gap_ipfix), 0U);
    decode(Message::ipfix(16, 1).set(256, small(1)));
    EXPECT_EQ(lost(LossReason::gap_ipfix), 10U);
}

TEST_F(Ipfix, RecordsThatCannotBeCountedMakeNoGap) {
    decode(Message::ipfix(0, 1).templates(256, small_fields));
    decode(Message::ipfix(0, 1).set(256, small(3)).set(257, small(5)));
    decode(Message::ipfix(8, 1).set(256, small(1)));
    EXPECT_EQ(lost(LossReason::gap_ipfix), 0U);
    decode(Message::ipfix(10, 1).set(256, small(1)));
    EXPECT_EQ(lost(LossReason::gap_ipfix), 1U);
}

TEST_F(Ipfix, ARestartWithoutUptimeIsRecognised) {
    decode(Message::ipfix(5000, 1).templates(256, small_fields));
    for (std::uint32_t i = 0; i < 10; ++i) decode(Message::ipfix(5000 + i, 1).set(256, small()));
    for (std::uint32_t i = 0; i < 10; ++i) decode(Message::ipfix(i, 1).set(256, small()));
    EXPECT_EQ(lost(LossReason::gap_ipfix), 0U);
    EXPECT_EQ(decoder.statistics().restarts.value(), 1U);
}

TEST_F(Ipfix, SelectorsAreLookedUp) {
    decode(Message::ipfix(0, 1)
               .templates(256, {{12, 4}, {302, 8}})
               .options_templates(300, {{302, 8}}, {{304, 2}, {305, 4}, {306, 4}})
               .options_templates(301, {{302, 8}}, {{304, 2}, {309, 4}, {310, 4}})
               .options_templates(302, {{302, 8}}, {{304, 2}, {311, 8}})
               .set(300, Writer().u64(1).u16(1).u32(1).u32(999).bytes())
               .set(301, Writer().u64(2).u16(3).u32(1).u32(500).bytes())
               .set(302, Writer().u64(3).u16(4).u64(std::bit_cast<std::uint64_t>(0.05)).bytes()));
    for (const std::uint64_t selector : {1, 2, 3}) {
        decode(Message::ipfix(0, 1).set(256, Writer().address("198.51.100.7").u64(selector).bytes()));
    }
    ASSERT_EQ(sink.records.size(), 3U);
    EXPECT_EQ(sink.records[0].sampling, 1000U);
    EXPECT_EQ(sink.records[1].sampling, 500U);
    EXPECT_EQ(sink.records[2].sampling, 20U);
}

TEST_F(Ipfix, SamplingOfOneDomainSaysNothingAboutAnother) {
    decode(Message::ipfix(0, 1)
               .options_templates(300, {{149, 4}}, {{34, 4}, {35, 1}})
               .set(300, Writer().u32(1).u32(10).u8(1).bytes()));
    decode(Message::ipfix(0, 1).templates(256, small_fields).set(256, small()));
    decode(Message::ipfix(0, 2).templates(256, small_fields).set(256, small()));
    decode(Message::ipfix(0, 1).templates(256, small_fields).set(256, small()), "10.0.0.2");
    ASSERT_EQ(sink.records.size(), 3U);
    EXPECT_EQ(sink.records[0].sampling, 10U);
    EXPECT_EQ(sink.records[1].sampling, 1U);
    EXPECT_EQ(sink.records[2].sampling, 1U);
}

TEST_F(Ipfix, UptimesNeedTheTimeWhenTheUptimeBegan) {
    const std::uint64_t began_ms = (Message::export_seconds - 3600ULL) * 1000;
    const std::initializer_list<testing::Field> in_record = {{12, 4}, {22, 4}, {21, 4}, {160, 8}};
    decode(Message::ipfix(0, 1)
               .templates(256, in_record)
               .set(256, Writer().address("198.51.100.7").u32(1000).u32(2000).u64(began_ms).bytes()));
    EXPECT_EQ(sink.records.at(0).first_at, base::Timestamp{std::chrono::milliseconds(began_ms + 1000)});
    EXPECT_EQ(sink.records.at(0).last_at, base::Timestamp{std::chrono::milliseconds(began_ms + 2000)});
    const std::initializer_list<testing::Field> elsewhere = {{12, 4}, {22, 4}};
    const auto record = Writer().address("198.51.100.7").u32(1000).bytes();
    decode(Message::ipfix(0, 2).templates(257, elsewhere).set(257, record));
    EXPECT_EQ(sink.records.at(1).first_at, base::Timestamp{std::chrono::seconds(Message::export_seconds)});
    decode(Message::ipfix(1, 2)
               .options_templates(300, {{149, 4}}, {{160, 8}})
               .set(300, Writer().u32(2).u64(began_ms).bytes()));
    decode(Message::ipfix(2, 2).set(257, record));
    EXPECT_EQ(sink.records.at(2).first_at, base::Timestamp{std::chrono::milliseconds(began_ms + 1000)});
}

TEST_F(Ipfix, ADurationStandsInForAMissingTime) {
    decode(Message::ipfix(0, 1)
               .templates(256, {{12, 4}, {152, 8}, {161, 4}})
               .set(256, Writer().address("198.51.100.7").u64(1'600'000'000'000).u32(250).bytes()));
    EXPECT_EQ(sink.records.at(0).last_at, base::Timestamp{std::chrono::milliseconds(1'600'000'000'250)});
    // Uptimes that cannot be read are no times.
    decode(Message::ipfix(1, 1)
               .templates(258, {{12, 4}, {22, 4}, {21, 4}, {161, 4}})
               .set(258, Writer().address("198.51.100.7").u32(1).u32(2).u32(3000).bytes()));
    EXPECT_EQ(sink.records.at(1).last_at - sink.records.at(1).first_at, std::chrono::seconds(3));
    decode(Message::ipfix(2, 1)
               .templates(256, {{12, 4}, {162, 4}})
               .set(256, Writer().address("198.51.100.7").u32(2'000'000).bytes()));
    EXPECT_EQ(sink.records.at(2).first_at,
              base::Timestamp{std::chrono::seconds(Message::export_seconds - 2)});
}

TEST_F(Ipfix, BidirectionalRecordsBecomeTwo) {
    decode(Message::ipfix(0, 1)
               .templates(256, {{8, 4},
                                {12, 4},
                                {7, 2},
                                {11, 2},
                                {1, 4},
                                {2, 4},
                                {6, 1},
                                {1, 4, reverse_enterprise},
                                {2, 4, reverse_enterprise},
                                {6, 1, reverse_enterprise}})
               .set(256, Writer()
                             .address("192.0.2.1")
                             .address("198.51.100.7")
                             .u16(1000)
                             .u16(443)
                             .u32(100)
                             .u32(2)
                             .u8(0x02)
                             .u32(3000)
                             .u32(4)
                             .u8(0x12)
                             .bytes())
               .set(256, Writer()
                             .address("192.0.2.1")
                             .address("198.51.100.7")
                             .u16(1000)
                             .u16(443)
                             .u32(100)
                             .u32(2)
                             .u8(0x02)
                             .u32(0)
                             .u32(0)
                             .u8(0)
                             .bytes()));
    ASSERT_EQ(sink.records.size(), 3U);
    EXPECT_FALSE(sink.records[0].reverse);
    EXPECT_EQ(sink.records[0].bytes, 100U);
    const model::FlowRecord& reverse = sink.records[1];
    EXPECT_TRUE(reverse.reverse);
    EXPECT_EQ(reverse.source.to_string(), "198.51.100.7");
    EXPECT_EQ(reverse.destination.to_string(), "192.0.2.1");
    EXPECT_EQ(reverse.source_port, 443);
    EXPECT_EQ(reverse.destination_port, 1000);
    EXPECT_EQ(reverse.bytes, 3000U);
    EXPECT_EQ(reverse.packets, 4U);
    EXPECT_EQ(reverse.tcp_flags, 0x12);
}

TEST_F(Ipfix, FlagsOfYafsFirstAndLaterPackets) {
    decode(Message::ipfix(0, 1)
               .templates(256, {{8, 4},
                                {12, 4},
                                {86, 4},
                                {14, 1, cert_enterprise},
                                {15, 1, cert_enterprise},
                                {86, 4, reverse_enterprise},
                                {0x4000 | 14, 1, cert_enterprise},
                                {0x4000 | 15, 1, cert_enterprise}})
               .set(256, Writer()
                             .address("192.0.2.1")
                             .address("198.51.100.7")
                             .u32(3)
                             .u8(0x02)
                             .u8(0x11)
                             .u32(2)
                             .u8(0x12)
                             .u8(0x10)
                             .bytes()));
    ASSERT_EQ(sink.records.size(), 2U);
    EXPECT_EQ(sink.records[0].tcp_flags, 0x13);
    EXPECT_EQ(sink.records[1].tcp_flags, 0x12);
}

TEST_F(Ipfix, SampledFramesOfVariableLength) {
    Writer frame = testing::ethernet(0x86dd);
    testing::add_tcp(testing::add_ipv6(frame, 6, 1400), 0x02);
    Writer data;
    data.u8(frame.size()).append(frame.bytes());
    decode(Message::ipfix(0, 1).templates(256, {{315, 65535}}).set(256, data.bytes()));
    ASSERT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(sink.records[0].source.to_string(), "2001:db8::1");
    EXPECT_EQ(sink.records[0].bytes, 1440U);
    EXPECT_EQ(sink.records[0].tcp_flags, 0x02);
}

TEST_F(Ipfix, IcmpAndDscpInParts) {
    decode(Message::ipfix(0, 1)
               .templates(256, {{12, 4}, {4, 1}, {176, 1}, {177, 1}, {195, 1}})
               .set(256, Writer().address("198.51.100.7").u8(1).u8(3).u8(13).u8(46).bytes()));
    EXPECT_EQ(sink.records.at(0).icmp_type_code, 3 << 8 | 13);
    EXPECT_EQ(sink.records.at(0).tos, 46 << 2);
}

TEST_F(Ipfix, TheHeadersLengthMustFit) {
    Bytes bytes = Message::ipfix(0, 1).templates(256, small_fields).bytes();
    bytes[3] += 1;
    decoder.decode(datagram_of(bytes), sink);
    bytes[3] = 15;
    decoder.decode(datagram_of(bytes), sink);
    bytes.resize(15);
    decoder.decode(datagram_of(bytes), sink);
    EXPECT_EQ(lost(LossReason::header_malformed), 3U);
}

}  // namespace
}  // namespace sluice::telemetry
