#include "telemetry/record_plan.hpp"

#include <algorithm>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "telemetry/testing/export_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::Writer;

constexpr std::int64_t ns_per_s = 1'000'000'000;
const RecordClock usual_clock{1'700'000'000 * ns_per_s, 3'600'000, true};

struct Result {
    model::FlowRecord record;
    RecordExtras extras{};
};

Result run(const std::vector<TemplateField>& fields, const Writer& data, RecordClock clock = usual_clock) {
    auto plan = RecordPlan::compile(fields);
    Result result;
    if (!plan || plan->locate(data.bytes()) != data.size()) {
        ADD_FAILURE() << "the plan does not fit the data";
        return result;
    }
    plan->run(data.bytes().data(), clock, result.record, result.extras);
    return result;
}

TEST(RecordPlan, RefusesTemplatesWithoutLengthOrOfMoreThanAMessage) {
    EXPECT_FALSE(RecordPlan::compile({}));
    EXPECT_FALSE(RecordPlan::compile(std::vector<TemplateField>{{0, 1, 0}, {0, 2, 0}}));
    EXPECT_FALSE(RecordPlan::compile(std::vector<TemplateField>{{0, 9999, 0xfffe}, {0, 9998, 100}}));
}

TEST(RecordPlan, ReadsReducedSizes) {
    const Result result = run({{0, 1, 3}, {0, 2, 1}, {0, 16, 2}, {0, 6, 2}, {0, 7, 4}, {0, 10, 8}},
                              Writer().number(0x123456, 3).u8(7).u16(64500).u16(0x0112).u32(443).u64(12));
    EXPECT_EQ(result.record.bytes, 0x123456U);
    EXPECT_EQ(result.record.packets, 7U);
    EXPECT_EQ(result.record.source_as, 64500U);
    EXPECT_EQ(result.record.tcp_flags, 0x12);
    EXPECT_EQ(result.record.source_port, 443);
    EXPECT_EQ(result.record.input_interface, 12U);
}

TEST(RecordPlan, FieldsWithoutLengthAreAbsent) {
    const Result result = run({{0, 1, 0}, {0, 23, 4}, {0, 8, 0}, {0, 2, 4}}, Writer().u32(77).u32(1));
    EXPECT_EQ(result.record.bytes, 77U);
    EXPECT_TRUE(result.record.source.is_none());
}

TEST(RecordPlan, OfTwoFieldsForOneThingTheBetterIsReadUnlessItIsZero) {
    const std::vector<TemplateField> fields{{0, 23, 4}, {0, 1, 4}};
    EXPECT_EQ(run(fields, Writer().u32(9).u32(5)).record.bytes, 5U);
    EXPECT_EQ(run(fields, Writer().u32(9).u32(0)).record.bytes, 9U);
}

TEST(RecordPlan, OneTemplateForBothFamilies) {
    const std::vector<TemplateField> fields{{0, 27, 16}, {0, 8, 4}};
    EXPECT_EQ(run(fields, Writer().zeros(16).address("192.0.2.1")).record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(run(fields, Writer().address("2001:db8::1").zeros(4)).record.source.to_string(), "2001:db8::1");
    EXPECT_EQ(run(fields, Writer().zeros(20)).record.source.to_string(), "0.0.0.0");
}

// SRv6 and IP in IP, as Cisco and Huawei report them: the outer header first.
TEST(RecordPlan, OfATunnelTheInnerPacketIsRead) {
    const std::vector<TemplateField> fields{{0, 27, 16}, {0, 4, 1}, {0, 7, 2}, {0, 1, 4},
                                            {0, 8, 4},   {0, 7, 2}, {0, 4, 1}};
    const Result inner = run(
        fields, Writer().address("2001:db8::1").u8(4).u16(0).u32(100).address("192.0.2.1").u16(2222).u8(17));
    EXPECT_EQ(inner.record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(inner.record.protocol, 17);
    EXPECT_EQ(inner.record.source_port, 2222);
    EXPECT_EQ(inner.record.bytes, 100U);
    const Result plain =
        run(fields, Writer().address("2001:db8::1").u8(6).u16(443).u32(100).u32(0).u16(0).u8(0));
    EXPECT_EQ(plain.record.source.to_string(), "2001:db8::1");
    EXPECT_EQ(plain.record.protocol, 6);
    EXPECT_EQ(plain.record.source_port, 443);
}

base::Timestamp at(std::int64_t ns) {
    return base::Timestamp{base::Duration(ns)};
}

TEST(RecordPlan, ReadsEveryKindOfTime) {
    const std::int64_t base_ns = 1'600'000'000 * ns_per_s;
    EXPECT_EQ(run({{0, 150, 4}, {0, 151, 4}}, Writer().u32(1'600'000'000).u32(1'600'000'001)).record.last_at,
              at(base_ns + ns_per_s));
    EXPECT_EQ(run({{0, 152, 8}}, Writer().u64(1'600'000'000'250)).record.first_at,
              at(base_ns + ns_per_s / 4));
    const std::uint64_t ntp = (1'600'000'000ULL + 2'208'988'800ULL) << 32U | 0x80000000U;
    EXPECT_EQ(run({{0, 154, 8}}, Writer().u64(ntp)).record.first_at, at(base_ns + ns_per_s / 2));
    EXPECT_EQ(run({{0, 157, 8}}, Writer().u64(ntp)).record.last_at, at(base_ns + ns_per_s / 2));
    EXPECT_EQ(run({{0, 158, 4}}, Writer().u32(250)).record.first_at, at(usual_clock.export_ns - 250'000));
    EXPECT_EQ(run({{0, 22, 4}}, Writer().u32(3'599'000)).record.first_at,
              at(usual_clock.export_ns - ns_per_s));
    // The finer of two counts; an uptime without its zero says nothing.
    EXPECT_EQ(run({{0, 150, 4}, {0, 152, 8}}, Writer().u32(1).u64(1'600'000'000'000)).record.first_at,
              at(base_ns));
    EXPECT_EQ(run({{0, 22, 4}}, Writer().u32(1), RecordClock{5, 0, false}).record.first_at,
              base::Timestamp{});
}

TEST(RecordPlan, LocatesVariableLengths) {
    const std::vector<TemplateField> fields{
        {0, 8, 4}, {0, 82, variable_length}, {9, 1, variable_length}, {0, 1, 4}};
    auto plan = RecordPlan::compile(fields);
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->fixed());
    EXPECT_EQ(plan->least_length(), 10U);
    Writer data;
    data.address("192.0.2.1").u8(3).text("eth").u8(255).u16(300).zeros(300).u32(99).zeros(50);
    ASSERT_EQ(plan->locate(data.bytes()), 4U + 4 + 303 + 4);
    Result result;
    plan->run(data.bytes().data(), usual_clock, result.record, result.extras);
    EXPECT_EQ(result.record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(result.record.bytes, 99U);
    for (const std::size_t cut : {0U, 4U, 5U, 7U, 8U, 10U, 100U, 312U, 314U}) {
        EXPECT_EQ(plan->locate(std::span(data.bytes()).first(cut)), 0U) << cut;
    }
}

TEST(RecordPlan, ElementsOfEnterprisesAreNotConfusedWithTheRegistrys) {
    const Result result = run({{6876, 8, 4}, {0, 8, 4}, {reverse_enterprise, 1, 4}},
                              Writer().u32(1).address("192.0.2.1").u32(55));
    EXPECT_EQ(result.record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(result.extras.reverse_bytes, 55U);
}

// The tight loops and the located steps must agree: the same fields with and without an empty variable-length
// field behind them, with random templates over the whole table and random data.
TEST(RecordPlan, BothWaysGiveTheSame) {
    std::mt19937_64 random(7);
    const auto rules = field_rules();
    for (int round = 0; round < 3000; ++round) {
        std::vector<TemplateField> fields;
        Writer data;
        const std::size_t count = 1 + random() % 24;
        for (std::size_t i = 0; i < count; ++i) {
            const FieldRule& rule = rules[random() % rules.size()];
            if (rule.kind == FieldKind::packet_bytes) continue;
            const std::uint16_t sizes[] = {1, 2, 3, 4, 8, 16, rule.width};
            const std::uint16_t length = sizes[random() % std::size(sizes)];
            fields.push_back({rule.enterprise, rule.element, length});
            // Small numbers, many zeros: the fallbacks are what may differ.
            for (std::uint16_t b = 0; b < length; ++b) data.u8(random() % 3 == 0 ? random() & 0xffU : 0);
        }
        if (fields.empty()) continue;
        const Result fixed = run(fields, data);
        fields.push_back({0, 82, variable_length});
        const Result located = run(fields, data.u8(0));
        ASSERT_EQ(std::memcmp(&fixed.record, &located.record, sizeof(fixed.record)), 0) << round;
        ASSERT_EQ(std::memcmp(&fixed.extras, &located.extras, sizeof(fixed.extras)), 0) << round;
    }
}

}  // namespace
}  // namespace sluice::telemetry
