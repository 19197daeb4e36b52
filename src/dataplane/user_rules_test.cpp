// Rules that name users, followed through log-ins and their ends: no program is compiled for them.
#include <gtest/gtest.h>

#include "dataplane/engine.hpp"
#include "dataplane/tagged_customer.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane {
namespace {

using namespace std::chrono_literals;

constexpr base::Timestamp start{std::chrono::hours(24 * 20'000)};

class UserRules : public ::testing::Test {
  protected:
    UserRules() {
        model::FirewallProgram& firewall = program_.firewall;
        model::FirewallRule guests;
        guests.name = "no-guests";
        guests.users = {"guests"};
        model::FirewallRule dns;
        dns.name = "dns";
        dns.action = model::RuleAction::allow;
        dns.services = {{.protocol = 17, .destination_port = {53, 53}}};
        model::FirewallRule staff;
        staff.name = "staff";
        staff.action = model::RuleAction::allow;
        staff.users = {"staff", "anna"};
        firewall.rules = {guests, dns, staff};
        load();
    }
    void load() { ASSERT_TRUE(engine_.load({&program_, 1}, at_).has_value()); }
    void bind(const std::string& where, const std::string& user, std::vector<std::string> groups = {},
              base::Duration life = 1h) {
        engine_.bind_users({.generation = 1,
                            .bindings = {{model::TenantId(1), net::Prefix::parse(where).value(), user,
                                          std::move(groups), at_, at_ + life}}},
                           at_);
    }
    void end(const std::string& where) {
        engine_.bind_users({.ended = {{model::TenantId(1), net::Prefix::parse(where).value()}}}, at_);
    }
    std::string send(const std::string& text) {
        const auto bytes = packet::parse_packet_text(text + " vlan 10").value();
        const std::span<const std::uint8_t> frame(bytes);
        const Outcome outcome = engine_.process(at_, {&frame, 1}, Side::customers)[0];
        return outcome.verdict == model::Verdict::pass ? "pass"
                                                       : std::string(model::info(outcome.reason).name);
    }

    base::SeededRandom random_{1};
    Engine engine_{{}, random_};
    model::TenantProgram program_ = tagged_customer();
    base::Timestamp at_ = start;

    const std::string web_ = "udp 10.0.0.5:1 > 198.18.0.1:443";
    const std::string dns_ = "udp 10.0.0.5:2 > 198.18.0.1:53";
};

}  // namespace

TEST_F(UserRules, WhoIsLoggedInPassesUntilHeLogsOut) {
    EXPECT_EQ(send(web_), "no-rule");
    bind("10.0.0.5", "anna");
    EXPECT_EQ(send(web_), "pass");
    EXPECT_EQ(send("udp 10.0.0.6:1 > 198.18.0.1:443"), "no-rule") << "somebody else";
    EXPECT_EQ(send(dns_), "pass");
    bind("10.0.0.9", "bob", {"staff"});
    EXPECT_EQ(send(web_), "pass") << "another's log-in";
    end("10.0.0.5");
    EXPECT_EQ(send(dns_), "pass") << "no matter of users";
    EXPECT_EQ(send(web_), "policy-changed") << "the flow ends at its next packet";
    EXPECT_EQ(send(web_), "no-rule");
    EXPECT_EQ(send("udp 10.0.0.9:1 > 198.18.0.1:443"), "pass");
}

TEST_F(UserRules, ALogInMayForbidWhatWasAllowed) {
    EXPECT_EQ(send(dns_), "pass");
    bind("10.0.0.5", "eve", {"guests"});
    EXPECT_EQ(send(dns_), "policy-changed");
    EXPECT_EQ(send(dns_), "rule-drop");
    bind("10.0.0.5", "eve", {"staff"});
    EXPECT_EQ(send(dns_), "pass");
    EXPECT_EQ(send(web_), "pass");
}

TEST_F(UserRules, ALogInEndsByItself) {
    bind("10.0.0.5", "anna", {}, 60s);
    EXPECT_EQ(send(web_), "pass");
    at_ += 59s;
    EXPECT_EQ(send(web_), "pass");
    bind("10.0.0.5", "anna", {}, 60s);
    at_ += 59s;
    EXPECT_EQ(send(web_), "pass") << "it was prolonged";
    at_ += 1s;
    EXPECT_EQ(send(web_), "policy-changed");
    EXPECT_EQ(send(web_), "no-rule");
}

TEST_F(UserRules, ANetworkMayBeAUsersAndAnAddressInItAnothers) {
    bind("10.0.0.0/24", "branch", {"staff"});
    bind("2001:db8:1::/64", "anna");
    EXPECT_EQ(send(web_), "pass");
    EXPECT_EQ(send("udp [2001:db8:1::5]:1 > [2001:db8:9::1]:443"), "pass");
    EXPECT_EQ(send("udp 10.0.1.5:1 > 198.18.0.1:443"), "no-rule");
    bind("10.0.0.5", "eve", {"guests"});
    EXPECT_EQ(send(web_), "policy-changed");
    EXPECT_EQ(send("udp 10.0.0.6:1 > 198.18.0.1:443"), "pass");
}

TEST_F(UserRules, LogInsOutliveAChangeOfPolicyAndWorkForLaterRules) {
    bind("10.0.0.5", "anna", {"admins"});
    EXPECT_EQ(send(web_), "pass");
    program_.firewall.rules[1].name = "names";
    load();
    EXPECT_EQ(send(web_), "pass");
    program_.firewall.rules[2].users = {"admins"};
    load();
    EXPECT_EQ(send(web_), "pass");
    program_.firewall.rules.pop_back();
    program_.firewall.rules.erase(program_.firewall.rules.begin());
    load();
    EXPECT_EQ(send(web_), "policy-changed");
}

TEST_F(UserRules, ATenantsLogInsAreNobodyElses) {
    engine_.bind_users(
        {.generation = 1,
         .bindings =
             {{model::TenantId(2), net::Prefix::parse("10.0.0.5").value(), "anna", {}, at_, at_ + 1h}}},
        at_);
    EXPECT_EQ(send(web_), "no-rule");
}

TEST_F(UserRules, ManyLogInsBetweenTwoPacketsOfAFlow) {
    bind("10.0.0.5", "anna");
    EXPECT_EQ(send(web_), "pass");
    // As many that a counter of 16 bits stands where it was.
    for (std::uint32_t i = 0; i < 65'535; ++i) bind("10.0.9.9", i % 2 == 0 ? "bob" : "carol");
    end("10.0.0.5");
    EXPECT_EQ(send(web_), "policy-changed");
}

}  // namespace sluice::dataplane
