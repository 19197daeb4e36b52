// What policy makes of a customer's firewall, the data plane takes: two modules of one rank that share only
// the program between them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "dataplane/firewall/rule_set.hpp"
#include "dataplane/nat/nat_program.hpp"
#include "dataplane/nat/source_pool.hpp"
#include "policy/firewall_resolver.hpp"
#include "policy/policy_reader.hpp"
#include "policy/testdata/full_policy.hpp"
#include "policy/well_known_services.hpp"

namespace sluice {
namespace {

model::FirewallProgram program_of(const model::TenantPolicy& tenant) {
    auto program = policy::resolve_firewall(tenant.protection.firewall.value(), {});
    EXPECT_TRUE(program) << program.error().message();
    return program.value_or(model::FirewallProgram{});
}

void expect_taken(const model::FirewallProgram& program) {
    const auto rules = dataplane::firewall::RuleSet::compile(program);
    EXPECT_TRUE(rules) << rules.error().message();
    dataplane::nat::PortRegister ports{dataplane::nat::PortRules{}};
    const auto nat = dataplane::nat::NatProgram::compile(model::TenantId(1), program, ports);
    EXPECT_TRUE(nat) << nat.error().message();
}

TEST(FirewallProgram, OfAPolicyWithEveryKeyCompiles) {
    expect_taken(program_of(policy::read_policy(policy::testdata::full_policy, "p.yaml").value().at(0)));
}

TEST(FirewallProgram, OfTheExampleCompilesAndJudgesAsThePageSays) {
    const char* source = std::getenv("SLUICE_SOURCE");
    if (source == nullptr) GTEST_SKIP() << "SLUICE_SOURCE is not set; ctest sets it";
    const auto tenants = policy::load_policy(std::string(source) + "/src/policy/testdata/three-zones.yaml");
    ASSERT_TRUE(tenants) << tenants.error().text();
    const auto program = program_of(tenants->at(0));
    expect_taken(program);
    const auto rules = dataplane::firewall::RuleSet::compile(program).value();
    const auto judged = [&](const char* from_address, const char* to_address, std::uint16_t port,
                            model::ZoneIndex from, model::ZoneIndex to) {
        dataplane::firewall::Question question;
        question.source = *net::Address::parse(from_address);
        question.destination = *net::Address::parse(to_address);
        question.source_port = 40'000;
        question.destination_port = port;
        question.protocol = 6;
        question.from = from;
        question.to = to;
        const auto match = rules.classify(question);
        return match.rule < program.rules.size() ? program.rules[match.rule].name : std::string("none");
    };
    constexpr model::ZoneIndex internet = 0, inside = 1, dmz = 2, branch = 3;
    EXPECT_EQ(judged("198.51.100.7", "192.0.2.10", 443, internet, dmz), "web-in");
    EXPECT_EQ(judged("2001:db8:ffff::7", "2001:db8:a:2::10", 443, internet, dmz), "web-in");
    EXPECT_EQ(judged("198.51.100.7", "192.0.2.10", 22, internet, dmz), "the-rest");
    EXPECT_EQ(judged("10.1.7.7", "10.2.0.10", 80, inside, dmz), "web-from-own-networks");
    EXPECT_EQ(judged("10.3.200.20", "198.51.100.7", 443, branch, internet), "no-printers-out");
    EXPECT_EQ(judged("10.3.7.7", "198.51.100.7", 443, branch, internet), "office-out");
    EXPECT_EQ(judged("10.2.0.10", "10.1.7.7", 443, dmz, inside), "the-rest");
}

TEST(FirewallProgram, EveryWellKnownServiceIsOneOfTheDataPlane) {
    model::FirewallProgram program;
    program.zones = {"internet"};
    for (const auto& service : policy::well_known_services()) {
        model::FirewallRule rule;
        rule.name = service.name;
        rule.services = policy::find_well_known_service(service.name);
        program.rules.push_back(rule);
    }
    const auto rules = dataplane::firewall::RuleSet::compile(program);
    EXPECT_TRUE(rules) << rules.error().message();
}

}  // namespace
}  // namespace sluice
