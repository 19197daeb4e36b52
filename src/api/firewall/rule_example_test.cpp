#include "api/firewall/rule_example.hpp"

#include <gtest/gtest.h>

#include "dataplane/explain/explainer.hpp"
#include "policy/firewall_resolver.hpp"
#include "policy/policy_reader.hpp"

namespace sluice::api::firewall {
namespace {

constexpr const char* company = R"(tenants:
  - slug: acme
    prefixes: [198.51.100.0/24, "2001:db8:1::/48"]
    firewall:
      zones: [inside, dmz]
      attachments:
        - {name: office, zone: inside, kind: vlan, vlan: 10, gateway4: 10.1.0.1, prefixes: [10.1.0.0/16]}
        - {name: servers, zone: dmz, kind: vlan, vlan: 20, gateway4: 10.2.0.1, prefixes: [10.2.0.0/24, "2001:db8:1:2::/64"]}
      addresses:
        - {name: web-public, addresses: [198.51.100.80]}
        - {name: partners, addresses: [203.0.113.0/26]}
      rules:
        - {name: web-in, from: internet, to: dmz, destination: web-public, service: [http, https], action: allow}
        - {name: mail-in, from: internet, to: dmz, service: smtp, action: allow}
        - {name: partners-in, from: internet, to: dmz, source: partners, service: ssh, action: allow}
        - {name: time, from: dmz, to: internet, service: ntp, action: allow}
        - {name: ping, from: inside, to: [dmz, internet], service: ping, action: allow}
        - {name: tunnel, from: inside, to: internet, service: ip/47, action: allow}
        - {name: switched-off, disabled: true, action: drop}
        - {name: the-rest, action: drop}
      nat:
        - {name: web, kind: port-forward, public: 198.51.100.80, service: https, server: 10.2.0.80}
        - {name: mail, kind: one-to-one, public: 198.51.100.25, inside: 10.2.0.25}
        - {name: out, kind: source, from: [inside, dmz], to: internet, pool: 198.51.100.200}
)";

class RuleExample : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto tenants = policy::read_policy(company, "company.yaml");
        ASSERT_TRUE(tenants) << tenants.error().text();
        auto program = policy::resolve_firewall(*tenants->at(0).protection.firewall, now_);
        ASSERT_TRUE(program) << program.error().message();
        program_.tenant = model::TenantId(7);
        for (const auto* prefix : {"198.51.100.0/24", "2001:db8:1::/48"})
            program_.prefixes.push_back(*net::Prefix::parse(prefix));
        program_.firewall = std::move(*program);
    }
    std::string example(std::string_view name) const {
        for (const auto& rule : program_.firewall.rules) {
            if (rule.name == name) return RuleExamples(program_.firewall, program_.prefixes).of(rule);
        }
        return "no such rule";
    }

    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    model::TenantProgram program_;
};

TEST_F(RuleExample, IsDecidedByItsRule) {
    auto explainer = dataplane::explain::Explainer::make(program_, now_);
    ASSERT_TRUE(explainer) << explainer.error().message();
    for (const auto& rule : program_.firewall.rules) {
        const std::string text = RuleExamples(program_.firewall, program_.prefixes).of(rule);
        const auto explained = explainer->explain_text(text, std::nullopt, now_);
        ASSERT_TRUE(explained) << rule.name << ": " << text << ": " << explained.error().message();
        EXPECT_EQ(explained->rule, rule.name) << text;
    }
}

TEST_F(RuleExample, NamesWhatThePacketReallyBears) {
    EXPECT_EQ(example("web-in"), "tcp 203.0.113.7:40000 > 198.51.100.80:443 syn")
        << "port 80 is not forwarded";
    EXPECT_EQ(example("mail-in"), "tcp 203.0.113.7:40000 > 198.51.100.25:25 syn")
        << "as it is called outside";
    EXPECT_EQ(example("partners-in"), "tcp 203.0.113.10:40000 > 198.51.100.25:22 syn");
    EXPECT_EQ(example("time"), "udp 10.2.0.10:40000 > 203.0.113.7:123");
    EXPECT_EQ(example("ping"), "icmp 10.1.0.10 > 10.2.0.10 type 8");
    EXPECT_EQ(example("tunnel"), "protocol 47 10.1.0.10 > 203.0.113.7");
}

TEST_F(RuleExample, ARuleThatNothingCanMatchHasNone) {
    model::FirewallRule rule;
    rule.name = "nowhere";
    rule.from = {1};
    rule.sources = {*net::Prefix::parse("10.9.0.0/16")};
    EXPECT_EQ(RuleExamples(program_.firewall, program_.prefixes).of(rule), "");
}

}  // namespace
}  // namespace sluice::api::firewall
