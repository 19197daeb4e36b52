#include "dataplane/nat/binding_log.hpp"

#include <gtest/gtest.h>

#include "dataplane/nat/binding_export.hpp"

namespace sluice::dataplane::nat {
namespace {

using model::NatBinding;
using model::NatBindingKind;

NatBinding block() {
    return {.at = base::Timestamp{std::chrono::milliseconds(1'700'000'000'250)},
            .tenant = model::TenantId{12},
            .kind = NatBindingKind::block_taken,
            .inside = net::Prefix::parse("10.0.0.5").value(),
            .outside = net::Prefix::parse("192.0.2.1").value(),
            .first_port = 2048,
            .last_port = 2111};
}
NatBinding forward6() {
    NatBinding binding = block();
    binding.kind = NatBindingKind::static_added;
    binding.protocol = 6;
    binding.inside = net::Prefix::parse("fd00::5").value();
    binding.outside = net::Prefix::parse("2001:db8::1").value();
    binding.first_port = binding.last_port = 443;
    binding.inside_port = 8443;
    return binding;
}

TEST(BindingLog, ALineSaysWhoHadWhatAndWhen) {
    EXPECT_EQ(to_json(block()),
              R"({"time":"2023-11-14T22:13:20.250Z","event":"block-taken","tenant":"tenant-12",)"
              R"("inside":"10.0.0.5","outside":"192.0.2.1","first_port":2048,"last_port":2111})");
    NatBinding prefix = block();
    prefix.kind = NatBindingKind::static_removed;
    prefix.inside = net::Prefix::parse("10.0.0.0/24").value();
    prefix.outside = net::Prefix::parse("192.0.2.0/24").value();
    EXPECT_NE(to_json(prefix).find(R"("static-removed","tenant":"tenant-12","inside":"10.0.0.0/24")"),
              std::string::npos);
    EXPECT_NE(
        to_json(forward6()).find(R"("protocol":6,"first_port":443,"last_port":443,"inside_port":8443})"),
        std::string::npos);
}

TEST(BindingLog, AWorkersTimeBecomesWallTime) {
    BindingQueue queue(8);
    BlockEvent event;
    event.at_ns = 5'000'000'000;
    event.inside = block().inside.address();
    event.outside = block().outside.address();
    event.tenant = block().tenant;
    event.first_port = 2048;
    event.last_port = 2111;
    queue.push(event);
    queue.push(event);
    const TimePair now{.wall = block().at + std::chrono::seconds(7), .worker_ns = 12'000'000'000};
    std::vector<NatBinding> out;
    drain(queue, now, 1, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0], block());
    drain(queue, now, 10, out);
    EXPECT_EQ(out.size(), 2U);
}

TEST(BindingLog, AChangeOfProgramIsToldByItsDifference) {
    NatBinding other = forward6();
    other.first_port = other.last_port = 80;
    const base::Timestamp at{std::chrono::hours(1)};
    const std::vector<NatBinding> before{block(), forward6()};
    const std::vector<NatBinding> after{forward6(), other};
    std::vector<NatBinding> out;
    static_changes(before, after, at, out);
    ASSERT_EQ(out.size(), 2U);
    EXPECT_EQ(out[0].kind, NatBindingKind::static_removed);
    EXPECT_EQ(out[0].inside, block().inside);
    EXPECT_EQ(out[1].kind, NatBindingKind::static_added);
    EXPECT_EQ(out[1].first_port, 80);
    EXPECT_EQ(out[1].at, at);
}

// Byte for byte: header, both templates, a set of each family.
TEST(BindingExport, AMessageIsWhatTheRfcDraws) {
    BindingExport writer({.observation_domain = 7});
    const auto messages = writer.encode(std::vector<NatBinding>{block(), forward6()},
                                        base::Timestamp{std::chrono::seconds(1'700'000'001)});
    ASSERT_EQ(messages.size(), 1U);
    const std::vector<std::uint8_t>& bytes = messages[0];
    const auto hex = [&](std::size_t at, std::size_t n) {
        std::string text;
        for (std::size_t i = at; i < at + n && i < bytes.size(); ++i) {
            constexpr std::string_view digits = "0123456789abcdef";
            text += digits[bytes[i] >> 4U];
            text += digits[bytes[i] & 15U];
        }
        return text;
    };
    constexpr std::size_t template_bytes = 4 + 4 + 10 * 4;
    ASSERT_EQ(bytes.size(), 16 + 2 * template_bytes + 4 + 29 + 4 + 53);
    EXPECT_EQ(hex(0, 16), "000a00ca6553f1010000000000000007");
    EXPECT_EQ(hex(16, 16), "000200300100000a0143000800e60001");
    const std::size_t set4 = 16 + 2 * template_bytes;
    EXPECT_EQ(hex(set4, 4), "01000021");
    EXPECT_EQ(hex(set4 + 4, 29),
              "0000018bcfe568fa"
              "10"
              "0000000c"
              "00"
              "0a000005"
              "20"
              "0000"
              "c0000201"
              "0800"
              "083f");
    EXPECT_EQ(hex(set4 + 33, 4), "01010039");
    EXPECT_EQ(hex(set4 + 37 + 8, 6), "080000000c06");  // NAT44 BIB create, tenant 12, TCP
}

TEST(BindingExport, MessagesStayShortAndCountTheirRecords) {
    BindingExport writer({});
    const std::vector<NatBinding> many(200, block());
    const base::Timestamp now{std::chrono::hours(1)};
    const auto messages = writer.encode(many, now);
    std::size_t records = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto& bytes = messages[i];
        EXPECT_LE(bytes.size(), 1400U);
        EXPECT_EQ(bytes[2] << 8U | bytes[3], static_cast<int>(bytes.size()));
        EXPECT_EQ(static_cast<std::size_t>(bytes[10] << 8U | bytes[11]), records);  // the sequence so far
        const std::size_t templates = i == 0 ? 96 : 0;
        EXPECT_EQ((bytes.size() - 16 - templates - 4) % 29, 0U);
        records += (bytes.size() - 16 - templates - 4) / 29;
    }
    EXPECT_EQ(records, 200U);
    // Templates again after five minutes, not before.
    const std::vector<NatBinding> one{block()};
    EXPECT_EQ(writer.encode(one, now + std::chrono::minutes(4))[0].size(), 16U + 4 + 29);
    EXPECT_EQ(writer.encode(one, now + std::chrono::minutes(5))[0].size(), 16U + 96 + 4 + 29);
}

}  // namespace
}  // namespace sluice::dataplane::nat
