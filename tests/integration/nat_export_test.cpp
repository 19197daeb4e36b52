// The NAT bindings that a gateway exports, as the project's own collector reads them: both templates are
// understood, no record is refused, inside addresses and the tenant's number arrive. A collector of flows has
// no use for NAT events, so port ranges are checked byte by byte where they are written
// (binding_log_test.cpp).
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "dataplane/nat/binding_export.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/export_builder.hpp"

namespace sluice {
namespace {

model::NatBinding binding(std::string_view inside, std::string_view outside) {
    return {.at = base::Timestamp{std::chrono::seconds(1'700'000'000)},
            .tenant = model::TenantId{12},
            .inside = net::Prefix::parse(inside).value(),
            .outside = net::Prefix::parse(outside).value(),
            .first_port = 2048,
            .last_port = 2111};
}

TEST(NatExport, OurCollectorReadsIt) {
    std::vector<model::NatBinding> bindings;
    for (int i = 0; i < 100; ++i) {
        bindings.push_back(i % 3 == 0 ? binding("fd00::5", "2001:db8::1") : binding("10.0.0.5", "192.0.2.1"));
    }
    dataplane::nat::BindingExport writer({.observation_domain = 7});
    const auto messages = writer.encode(
        bindings, base::Timestamp{std::chrono::seconds(telemetry::testing::Message::export_seconds)});
    ASSERT_GT(messages.size(), 1U);

    base::SeededRandom random(1);
    telemetry::FlowDecoder decoder(telemetry::DecoderConfig{}, {random});
    telemetry::testing::KeepingSink sink;
    for (const auto& message : messages) decoder.decode(telemetry::testing::datagram_of(message), sink);

    EXPECT_EQ(decoder.statistics().templates_learned.value(), 2U);
    for (const auto& lost : decoder.statistics().lost) EXPECT_EQ(lost.value(), 0U);
    ASSERT_EQ(sink.records.size(), bindings.size());
    for (std::size_t i = 0; i < bindings.size(); ++i) {
        EXPECT_EQ(sink.records[i].source, bindings[i].inside.address()) << i;
        EXPECT_EQ(sink.records[i].vrf, 12U);
        EXPECT_EQ(sink.records[i].observation_domain, 7U);
    }
}

}  // namespace
}  // namespace sluice
