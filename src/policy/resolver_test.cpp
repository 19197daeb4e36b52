#include "policy/resolver.hpp"

#include <fmt/format.h>
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

model::TenantProgram at_level(std::string_view text, model::GuardLevel level,
                              std::vector<model::AttackVector> vectors) {
    const AttackedTarget targets[] = {
        {prefix("192.0.2.10"), model::MitigationId(3), std::move(vectors), level}};
    return resolve_program(state(text), targets, {}).value();
}

TEST(GuardLevels, AtAnalysisEverythingIsMeasuredAndNothingCleaned) {
    const auto analysis = at_level(web, model::GuardLevel::analysis, {udp});
    const auto& profile = analysis.targets[0].profile;
    EXPECT_EQ(profile.level, model::GuardLevel::analysis);
    EXPECT_EQ(profile.monitored, model::watchable_stages);
    EXPECT_TRUE(profile.drop_invalid);
    EXPECT_TRUE(analysis.filters.empty()) << "filters made for the attack would drop";
}

TEST(GuardLevels, StrongAddsAndNeverTakesAway) {
    for (const auto& known : scrub_templates()) {
        const auto text = "tenants: [{slug: a, prefixes: [192.0.2.0/24], protection: {template: " +
                          std::string(known.name) + "}}]";
        for (const auto vector : {udp, tcp_syn, tcp_ack, dns, total}) {
            const auto basic = at_level(text, model::GuardLevel::basic, {vector}).targets[0].profile;
            const auto strong = at_level(text, model::GuardLevel::strong, {vector}).targets[0].profile;
            EXPECT_EQ(basic.monitored, 0);
            EXPECT_EQ(strong.monitored, 0);
            EXPECT_GE(strong.verify_tcp, basic.verify_tcp) << known.name;
            EXPECT_NE(strong.verify_tcp, TcpVerification::off) << known.name;
            EXPECT_EQ(strong.verify_dns, basic.verify_dns) << known.name;
            EXPECT_GE(strong.verify_udp, basic.verify_udp) << known.name;
            EXPECT_LE(strong.source_limit.packets_per_s, basic.source_limit.packets_per_s) << known.name;
            EXPECT_GE(strong.source_limit.packets_per_s, 500U) << known.name << ": an honest crowd";
            EXPECT_LE(strong.udp_limit.packets_per_s, basic.udp_limit.packets_per_s) << known.name;
            EXPECT_NE(strong, basic) << known.name;
        }
    }
}

TEST(GuardLevels, FirstDatagramsAreDroppedOnlyUnderFloodsOfUdp) {
    const auto strong = model::GuardLevel::strong;
    EXPECT_EQ(at_level(web, strong, {tcp_syn}).targets[0].profile.verify_udp, model::UdpVerification::off);
    EXPECT_EQ(at_level(web, strong, {udp}).targets[0].profile.verify_udp, model::UdpVerification::first_drop);
    const auto resolver = "tenants: [{slug: a, prefixes: [192.0.2.0/24], protection: {template: dns}}]";
    EXPECT_EQ(program(resolver, {udp}).targets[0].profile.verify_dns, model::DnsVerification::truncate);
    EXPECT_EQ(program(resolver, {tcp_syn}).targets[0].profile.verify_dns, model::DnsVerification::off);
    EXPECT_EQ(at_level(resolver, strong, {udp}).targets[0].profile.verify_udp, model::UdpVerification::off)
        << "answers to its own questions come from everywhere";
}

TEST(GuardLevels, APersonGoesBeforeThePolicyAndThePolicyBeforeTheGuard) {
    const auto own =
        "tenants: [{slug: a, prefixes: [192.0.2.0/24], protection: {template: web, level: strong, watch: "
        "[anomaly], tcp_method: first-drop, verify_dns: first-drop, verify_udp: 'off', protocol: {tls: "
        "false, "
        "http_requests_per_second: 7}, anomaly: {odd_lengths: false, filter_for: 30 s}}}]";
    const auto kept = at_level(own, model::GuardLevel::analysis, {udp}).targets[0].profile;
    EXPECT_EQ(kept.level, model::GuardLevel::strong);
    EXPECT_EQ(kept.monitored, model::stage_bit(model::Stage::anomaly));
    EXPECT_EQ(kept.tcp_method, model::TcpMethod::first_drop);
    EXPECT_EQ(kept.verify_dns, model::DnsVerification::first_drop);
    EXPECT_EQ(kept.verify_udp, model::UdpVerification::off);
    EXPECT_FALSE(kept.protocol.tls);
    EXPECT_TRUE(kept.protocol.http) << "of the template";
    EXPECT_EQ(kept.protocol.http_requests_per_s, 7U);
    EXPECT_FALSE(kept.anomaly.odd_lengths);
    EXPECT_TRUE(kept.anomaly.heavy_sources);
    EXPECT_EQ(kept.anomaly.filter_for_s, 30U);
    AttackedTarget target{prefix("192.0.2.10"), model::MitigationId(3), {udp}};
    target.pinned = model::GuardLevel::basic;
    target.watched = model::stage_bit(model::Stage::rate) | model::stage_bit(model::Stage::filter);
    const auto pinned = resolve_program(state(own), {&target, 1}, {}).value().targets[0].profile;
    EXPECT_EQ(pinned.level, model::GuardLevel::basic);
    EXPECT_EQ(pinned.monitored,
              model::stage_bit(model::Stage::anomaly) | model::stage_bit(model::Stage::rate))
        << "a filter means what it says";
}

TEST(GuardLevels, AConnectionIsSplicedWhereThePolicySaysSo) {
    const auto method = [](std::string_view profile) {
        const auto text = fmt::format(
            "tenants: [{{slug: a, prefixes: [192.0.2.0/24], protection: {{{}}}, firewall: {{zones: [dmz], "
            "attachments: [{{name: x, zone: dmz, kind: prefix, prefixes: [192.0.2.0/24]}}]}}}}]",
            profile);
        return program(text, {tcp_syn}).targets.at(0).profile.tcp_method;
    };
    EXPECT_EQ(method("template: web"), model::TcpMethod::safe_reset);
    EXPECT_EQ(method("template: web, tcp_method: splice"), model::TcpMethod::splice);
    EXPECT_EQ(method("template: router, tcp_method: splice"), model::TcpMethod::splice);
}

TEST(ScrubTemplates, AreWhatTheSchemaOffers) {
    for (const auto& known : scrub_templates()) {
        const auto text = "tenants: [{slug: a, protection: {template: " + std::string(known.name) + "}}]";
        EXPECT_TRUE(read_policy(text, "p")) << known.name;
        EXPECT_TRUE(known.sentence.ends_with('.'));
    }
    EXPECT_EQ(scrub_templates().size(), 8U);
}

}  // namespace
}  // namespace sluice::policy
