#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <functional>

#include "rpc/convert_basic.hpp"
#include "rpc/convert_collector.hpp"
#include "rpc/convert_gateway.hpp"
#include "rpc/sample_messages.hpp"

namespace sluice::rpc {
namespace {

// Names the first field of a message that has its default value: a conversion that forgets a field leaves it
// so.
std::string unset_field(const google::protobuf::Message& message) {
    const auto* descriptor = message.GetDescriptor();
    const auto* reflection = message.GetReflection();
    for (int i = 0; i < descriptor->field_count(); ++i) {
        const auto* field = descriptor->field(i);
        const bool set = field->is_repeated() ? reflection->FieldSize(message, field) > 0
                                              : reflection->HasField(message, field);
        if (!set) return field->full_name();
        if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
        const auto& inner = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, 0)
                                                 : reflection->GetMessage(message, field);
        if (auto name = unset_field(inner); !name.empty()) return name;
    }
    return {};
}

template <class Message>
::testing::AssertionResult same(const Message& a, const Message& b) {
    std::string difference;
    google::protobuf::util::MessageDifferencer differ;
    differ.ReportDifferencesToString(&difference);
    if (differ.Compare(a, b)) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << difference;
}

TEST(Convert, AFindingSurvivesWhole) {
    link::v1::Finding sent;
    to_message(sample_finding(), sent);
    EXPECT_EQ(unset_field(sent), "");
    const auto finding = to_model(sent);
    ASSERT_TRUE(finding) << finding.error().message();
    link::v1::Finding again;
    to_message(*finding, again);
    EXPECT_TRUE(same(sent, again));
    EXPECT_EQ(finding->samples.at(0).destination.to_string(), "2001:db8::10");
}

TEST(Convert, ACollectorReportSurvivesWhole) {
    link::v1::CollectorReport sent;
    to_message(sample_collector_report(), sent);
    EXPECT_EQ(unset_field(sent), "");
    const auto report = to_model(sent, "collector-1");
    ASSERT_TRUE(report) << report.error().message();
    link::v1::CollectorReport again;
    to_message(*report, again);
    EXPECT_TRUE(same(sent, again));
}

TEST(Convert, PoliciesSurviveWhole) {
    link::v1::DetectionPolicies sent;
    to_message({sample_policy()}, 4, sent);
    EXPECT_EQ(unset_field(sent), "");
    const auto received = to_model(sent);
    ASSERT_TRUE(received) << received.error().message();
    EXPECT_EQ(received->version, 4U);
    EXPECT_FALSE(received->policies.at(0).thresholds.at(1).packets_per_s);
    link::v1::DetectionPolicies again;
    to_message(received->policies, received->version, again);
    EXPECT_TRUE(same(sent, again));
}

TEST(Convert, AProgramSurvivesWhole) {
    link::v1::TenantProgram sent;
    to_message(sample_program(), sent);
    // "pass" was chosen for its filter; drop_invalid is false on purpose, which proto3 does not send.
    EXPECT_EQ(unset_field(sent), "sluice.link.v1.ScrubProfile.drop_invalid");
    const auto program = to_model(sent);
    ASSERT_TRUE(program) << program.error().message();
    link::v1::TenantProgram again;
    to_message(*program, again);
    EXPECT_TRUE(same(sent, again));
    // What the message does not have would be missing on both sides of the comparison above.
    EXPECT_EQ(program->targets, sample_program().targets);
    EXPECT_EQ(program->filters, sample_program().filters);
}

TEST(Convert, AGatewayReportSurvivesWhole) {
    link::v1::GatewayReport sent;
    to_message(sample_gateway_report(), sent);
    EXPECT_EQ(unset_field(sent), "");
    const auto report = to_model(sent, "guard-1");
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->firewalls, sample_gateway_report().firewalls);
    EXPECT_EQ(report->attackers, sample_gateway_report().attackers);
    EXPECT_EQ(report->trouble, sample_gateway_report().trouble);
    EXPECT_EQ(report->tables, sample_gateway_report().tables);
    link::v1::GatewayReport again;
    to_message(*report, again);
    EXPECT_TRUE(same(sent, again));
    // What the message does not have would be missing on both sides of the comparison above.
    EXPECT_EQ(report->targets, sample_gateway_report().targets);
}

// Each flag of the checks alone: two that were exchanged would go unseen where all are set.
TEST(Convert, EveryCheckOfAProfileArrivesAsItself) {
    const std::function<void(model::ScrubProfile&)> edits[] = {
        [](auto& p) { p.anomaly.heavy_sources = true; },
        [](auto& p) { p.anomaly.odd_lengths = true; },
        [](auto& p) { p.anomaly.repeated_payloads = true; },
        [](auto& p) { p.protocol.dns = true; },
        [](auto& p) { p.protocol.http = true; },
        [](auto& p) { p.protocol.tls = true; },
        [](auto& p) { p.protocol.ntp = true; },
        [](auto& p) { p.protocol.sip = true; },
        [](auto& p) { p.protocol.slow = true; },
        [](auto& p) { p.level = model::GuardLevel::analysis; },
        [](auto& p) { p.verify_dns = model::DnsVerification::truncate; },
    };
    for (const auto& edit : edits) {
        auto program = sample_program();
        auto& profile = program.targets.at(0).profile = {};
        edit(profile);
        link::v1::TenantProgram message;
        to_message(program, message);
        const auto received = to_model(message);
        ASSERT_TRUE(received) << received.error().message();
        EXPECT_EQ(received->targets, program.targets);
    }
}

TEST(Convert, EveryStageCanBeToldToWatch) {
    for (unsigned stage = 0; stage < static_cast<unsigned>(model::Stage::count_); ++stage) {
        auto program = sample_program();
        program.targets.at(0).profile.monitored = static_cast<std::uint16_t>(1U << stage);
        link::v1::TenantProgram message;
        to_message(program, message);
        const auto received = to_model(message);
        ASSERT_TRUE(received) << received.error().message();
        EXPECT_EQ(received->targets, program.targets) << stage;
    }
    link::v1::TenantProgram message;
    to_message(sample_program(), message);
    message.mutable_targets(0)->mutable_profile()->add_monitored("invented-later");
    const auto refused = to_model(message);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "program.targets.profile.monitored");
}

struct HostileFinding {
    const char* field;
    std::function<void(link::v1::Finding&)> edit;
};

TEST(Convert, AHostileFindingIsRefusedByTheNameOfItsField) {
    const HostileFinding cases[] = {
        {"finding.key", [](auto& m) { m.clear_key(); }},
        {"finding.key", [](auto& m) { m.set_key(std::string(129, 'x')); }},
        {"finding.key", [](auto& m) { m.set_key("a\nforged line"); }},
        {"finding.state", [](auto& m) { m.set_state("exploded"); }},
        {"finding.tenant", [](auto& m) { m.set_tenant(0); }},
        {"finding.scope", [](auto& m) { m.clear_scope(); }},
        {"finding.direction", [](auto& m) { m.set_direction("sideways"); }},
        {"finding.target", [](auto& m) { m.clear_target(); }},
        {"finding.target", [](auto& m) { m.mutable_target()->set_length(33); }},
        {"finding.target", [](auto& m) { m.mutable_target()->set_length(24); }},  // bits behind
        {"finding.target",
         [](auto& m) {
             m.mutable_target()->set_address(std::string("\xc0\0\2\0", 4));
             m.mutable_target()->set_length(24);  // no host
         }},
        {"finding.target",
         [](auto& m) {
             m.mutable_target()->set_address(std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4", 16));
             m.mutable_target()->set_length(128);  // IPv4 in disguise
         }},
        {"finding.first_seen_at", [](auto& m) { m.set_first_seen_at(-1); }},
        {"finding.rule.threshold", [](auto& m) { m.mutable_rule()->set_threshold(std::string(5000, 'x')); }},
        {"finding.vectors.vector", [](auto& m) { m.mutable_vectors(0)->set_vector("martians"); }},
        {"finding.vectors",
         [](auto& m) {
             for (int i = 0; i < 9; ++i) *m.add_vectors() = m.vectors(0);
         }},
        {"finding.hosts",
         [](auto& m) {
             for (int i = 0; i < 17; ++i) *m.add_hosts() = m.hosts(0);
         }},
        {"finding.sources.source_port", [](auto& m) { m.mutable_sources(0)->set_source_port(65536); }},
        {"finding.samples.source", [](auto& m) { m.mutable_samples(0)->set_source("abc"); }},
        {"finding.samples.sampling", [](auto& m) { m.mutable_samples(0)->set_sampling(0); }},
        {"finding.samples.protocol", [](auto& m) { m.mutable_samples(0)->set_protocol(256); }},
        {"finding.destination_port", [](auto& m) { m.set_destination_port(70'000); }},
    };
    for (const auto& hostile : cases) {
        link::v1::Finding message;
        to_message(sample_finding(), message);
        hostile.edit(message);
        const auto finding = to_model(message);
        ASSERT_FALSE(finding) << hostile.field;
        EXPECT_EQ(finding.error().where, hostile.field) << finding.error().message();
        EXPECT_EQ(finding.error().code, base::ErrorCode::invalid_argument);
    }
}

TEST(Convert, AHostileThresholdIsRefused) {
    link::v1::DetectionPolicies message;
    to_message({sample_policy()}, 1, message);
    auto& threshold = *message.mutable_policies(0)->mutable_thresholds(0);
    threshold.set_line_rate_fraction(std::numeric_limits<double>::quiet_NaN());
    const auto nan = to_model(message);
    ASSERT_FALSE(nan);
    EXPECT_EQ(nan.error().where, "detection policy.thresholds.line_rate_fraction");
    threshold.set_line_rate_fraction(0.5);
    threshold.set_learned_z(-1);
    EXPECT_FALSE(to_model(message));
}

TEST(Convert, AProgramNeverScrubsOutsideOfItsTenantsPrefixes) {
    link::v1::TenantProgram message;
    to_message(sample_program(), message);
    to_message(sample_prefix("203.0.113.5/32"), *message.mutable_targets(0)->mutable_prefix());
    const auto program = to_model(message);
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().where, "program.targets.prefix");
}

TEST(Convert, ANewerGatewaysReasonsAreLeftOut) {
    link::v1::GatewayReport message;
    to_message(sample_gateway_report(), message);
    message.add_unattributed()->set_reason("invented-later");
    message.mutable_targets(0)->add_stages()->set_stage("invented-later");
    EXPECT_TRUE(to_model(message, "guard-1"));
}

TEST(Convert, ADiversionNextHopMustBeOfItsFamily) {
    link::v1::GatewayReport message;
    to_message(sample_gateway_report(), message);
    message.set_diversion_next_hop(std::string(16, '\x20'));
    const auto report = to_model(message, "guard-1");
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().where, "gateway report.diversion_next_hop");
}

}  // namespace
}  // namespace sluice::rpc
