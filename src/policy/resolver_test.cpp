#include "policy/resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/policy_reader.hpp"
#include "policy/scrub_template.hpp"

namespace sluice::policy {
namespace {

using enum model::AttackVector;
using model::TcpVerification;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::Not;

model::TenantState state(std::string_view text) {
    const auto tenants = read_policy(text, "p.yaml");
    EXPECT_TRUE(tenants) << tenants.error().text();
    return state_of(model::TenantId(7), tenants->at(0));
}

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

model::TenantProgram program(std::string_view text, std::vector<model::AttackVector> vectors) {
    const AttackedTarget targets[] = {{prefix("192.0.2.10"), model::MitigationId(3), std::move(vectors)}};
    return resolve_program(state(text), targets, {}).value();
}

constexpr std::string_view web =
    "tenants: [{slug: acme, prefixes: [192.0.2.0/24], protection: {template: web}}]";
constexpr std::string_view plain = "tenants: [{slug: acme, prefixes: [192.0.2.0/24]}]";

TEST(ResolveDetection, GivesTargetsTheirLineRate) {
    const auto policy = resolve_detection(
        state("tenants: [{slug: acme, sites: [{name: a, line_rate: 1 Gbps}, {name: b}], prefixes: [{prefix: "
              "192.0.2.0/24, "
              "site: a}, {prefix: 198.51.100.0/24, site: b}], detection: {hold_down: 5 s}}]"),
        42);
    EXPECT_EQ(policy.tenant, model::TenantId(7));
    EXPECT_EQ(policy.version, 42U);
    EXPECT_EQ(policy.hold_down_ms, 5000U);
    ASSERT_EQ(policy.targets.size(), 2U);
    EXPECT_EQ(policy.targets[0].line_rate_bps, 1'000'000'000U);
    EXPECT_EQ(policy.targets[1].line_rate_bps, 0U);
    EXPECT_EQ(policy.thresholds.front().line_rate_fraction, 0.8) << "of the platform's own thresholds";
}

TEST(ResolveDetection, DefaultThresholdsAreUniqueAndCoverEveryVector) {
    const auto thresholds = default_thresholds(false);
    std::set<std::string> names;
    std::set<model::AttackVector> vectors;
    for (const auto& threshold : thresholds) {
        EXPECT_TRUE(names.insert(threshold.name).second) << threshold.name;
        EXPECT_TRUE(threshold.packets_per_s.has_value()) << threshold.name;
        EXPECT_FALSE(threshold.line_rate_fraction.has_value());
        vectors.insert(threshold.vector);
    }
    EXPECT_EQ(vectors.size(), static_cast<std::size_t>(model::AttackVector::count_) - 1)
        << "all but port scans";
}

TEST(ResolveProgram, ASynFloodIsMetByVerification) {
    const auto syn = program(web, {tcp_syn});
    ASSERT_EQ(syn.targets.size(), 1U);
    EXPECT_EQ(syn.targets[0].mitigation, model::MitigationId(3));
    EXPECT_EQ(syn.targets[0].profile.verify_tcp, TcpVerification::syn) << "open connections go on";
    EXPECT_EQ(syn.targets[0].profile.udp_limit.packets_per_s, 0U) << "QUIC is not to blame";
    EXPECT_THAT(syn.targets[0].profile.reflection, Not(Contains(dns)))
        << "the server's own questions are answered";
    EXPECT_TRUE(syn.filters.empty());
    EXPECT_EQ(syn.prefixes, std::vector{prefix("192.0.2.0/24")});
}

TEST(ResolveProgram, SegmentsOfNoConnectionAreMetByVerificationOfAll) {
    for (const auto vector : {tcp_ack, tcp_syn_ack, tcp_null}) {
        EXPECT_EQ(program(web, {tcp_syn, vector}).targets[0].profile.verify_tcp, TcpVerification::all);
    }
    EXPECT_EQ(program(web, {tcp_rst_fin}).targets[0].profile.verify_tcp, TcpVerification::all);
    EXPECT_EQ(program(web, {tcp_syn, tcp_rst_fin}).targets[0].profile.verify_tcp, TcpVerification::syn)
        << "resets of attackers that are real";
    const auto always =
        program("tenants: [{slug: a, prefixes: [192.0.2.0/24], protection: {verify_tcp: always}}]", {dns});
    EXPECT_EQ(always.targets[0].profile.verify_tcp, TcpVerification::syn);
}

TEST(ResolveProgram, ReflectionIsMetByItsPortAndFragments) {
    const auto reflected = program(web, {dns, fragment});
    EXPECT_EQ(reflected.targets[0].profile.verify_tcp, TcpVerification::off)
        << "nobody pays for what does not happen";
    EXPECT_THAT(reflected.targets[0].profile.reflection, Contains(dns));
    EXPECT_THAT(reflected.targets[0].profile.reflection, Contains(fragment));
    EXPECT_THAT(reflected.targets[0].profile.reflection, Contains(memcached)) << "never of use";
    EXPECT_THAT(program("tenants: [{slug: a, prefixes: [192.0.2.0/24], protection: {template: dns}}]", {dns})
                    .targets[0]
                    .profile.reflection,
                Not(Contains(dns)))
        << "a resolver lives on them";
}

bool drops(const model::TenantProgram& program, std::uint16_t from, std::uint16_t to) {
    return std::any_of(program.filters.begin(), program.filters.end(),
                       [&](const model::PacketFilter& filter) {
                           return filter.action == model::FilterAction::drop && filter.protocol == 17 &&
                                  from >= filter.source_port_first && from <= filter.source_port_last &&
                                  to >= filter.destination_port_first && to <= filter.destination_port_last;
                       });
}

TEST(ResolveProgram, AUdpFloodReachesOnlyWhatIsOffered) {
    const auto udp_flood = program(web, {udp});
    EXPECT_TRUE(drops(udp_flood, 1234, 80));
    EXPECT_TRUE(drops(udp_flood, 1234, 0));
    EXPECT_TRUE(drops(udp_flood, 65535, 65535));
    EXPECT_FALSE(drops(udp_flood, 1234, 443)) << "QUIC";
    EXPECT_FALSE(drops(udp_flood, 53, 40000)) << "an answer from a name server";
    EXPECT_FALSE(drops(udp_flood, 123, 123));
    EXPECT_TRUE(drops(program(web, {udp, dns}), 53, 40000)) << "not while they attack";
    EXPECT_GT(udp_flood.targets[0].profile.udp_limit.packets_per_s, 0U);
    EXPECT_THAT(udp_flood.filters, Each(Field(&model::PacketFilter::destination, prefix("192.0.2.10"))));
    EXPECT_TRUE(program(plain, {udp}).filters.empty()) << "nothing is known of what it offers";
}

TEST(ResolveProgram, OtherProtocolsAreDroppedUnlessOffered) {
    const auto flood = program(web, {other_protocol});
    EXPECT_THAT(flood.filters, Contains(Field(&model::PacketFilter::protocol, 47)));
    const auto vpn = program("tenants: [{slug: a, prefixes: [192.0.2.0/24], protection: {template: vpn}}]",
                             {other_protocol});
    EXPECT_THAT(vpn.filters, Not(Contains(Field(&model::PacketFilter::protocol, 47))));
}

TEST(ResolveProgram, AnUnknownAttackGetsEverything) {
    for (const auto& vectors : {std::vector<model::AttackVector>{}, std::vector{total}}) {
        const auto unknown = program(web, vectors);
        EXPECT_EQ(unknown.targets[0].profile.verify_tcp, TcpVerification::all);
        EXPECT_GT(unknown.targets[0].profile.udp_limit.packets_per_s, 0U);
    }
    EXPECT_EQ(program(web, {total, icmp}).targets[0].profile.verify_tcp, TcpVerification::off)
        << "a kind stands out";
}

TEST(ResolveProgram, TheTenantsOwnValuesCount) {
    const auto own = program(
        "tenants: [{slug: a, prefixes: [192.0.2.0/24], protection: {template: web, verify_tcp: never, "
        "reflection: [ntp], "
        "source_limit: {}}, filters: [{name: x, action: drop, protocol: gre}]}]",
        {tcp_syn});
    EXPECT_EQ(own.targets[0].profile.verify_tcp, TcpVerification::off);
    EXPECT_EQ(own.targets[0].profile.reflection, std::vector{ntp});
    EXPECT_EQ(own.targets[0].profile.source_limit.packets_per_s, 0U) << "an empty limit is none";
    ASSERT_EQ(own.filters.size(), 1U);
    EXPECT_EQ(own.filters[0].name, "x");
}

TEST(ScrubTemplates, AreWhatTheSchemaOffers) {
    for (const auto& known : scrub_templates()) {
        const auto text = "tenants: [{slug: a, protection: {template: " + std::string(known.name) + "}}]";
        EXPECT_TRUE(read_policy(text, "p")) << known.name;
        EXPECT_TRUE(known.sentence.ends_with('.'));
    }
    EXPECT_EQ(scrub_templates().size(), 6U);
}

}  // namespace
}  // namespace sluice::policy
