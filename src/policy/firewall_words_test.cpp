#include "policy/firewall_words.hpp"

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

net::Prefix prefix(const char* text) {
    return net::Prefix::parse(text).value();
}

TEST(FirewallWords, NatIsSaidSoThatItIsUnderstood) {
    model::NatPolicy nat;
    nat.kind = model::NatKind::source;
    nat.from = {"inside", "branch"};
    nat.to = {"internet"};
    nat.pool = {prefix("192.0.2.1")};
    EXPECT_EQ(sentence(nat),
              "Connections from inside and branch to internet leave with the public address 192.0.2.1.");
    nat.pool.push_back(prefix("192.0.2.8/30"));
    EXPECT_EQ(sentence(nat),
              "Connections from inside and branch to internet leave with one of the public addresses "
              "192.0.2.1 and 192.0.2.8/30.");
    nat.kind = model::NatKind::exempt;
    EXPECT_EQ(sentence(nat), "Connections from inside and branch to internet keep their addresses.");

    model::NatPolicy forward;
    forward.kind = model::NatKind::destination;
    forward.public_side = prefix("192.0.2.10");
    forward.service = {"tcp/443"};
    forward.server = net::Address::parse("10.2.0.10");
    forward.server_port = 8443;
    EXPECT_EQ(sentence(forward),
              "What arrives for 192.0.2.10, tcp 443, goes to the server 10.2.0.10, port 8443.");

    model::NatPolicy pair;
    pair.kind = model::NatKind::one_to_one;
    pair.public_side = prefix("192.0.2.16/29");
    pair.inside = prefix("10.2.0.16/29");
    EXPECT_EQ(sentence(pair), "10.2.0.16/29 inside is 192.0.2.16/29 outside, in both directions.");
}

TEST(FirewallWords, NetworksAndRules) {
    model::AttachmentPolicy network;
    network.kind = model::AttachmentKind::qinq;
    network.vlan = 700;
    network.inner_vlan = 110;
    network.zone = "branch";
    network.site = "Graz";
    network.prefixes = {prefix("10.3.0.0/16")};
    EXPECT_EQ(sentence(network), "VLAN 110 within VLAN 700, zone branch, at Graz, with 10.3.0.0/16.");
    model::RulePolicy rule;
    rule.action = model::RuleAction::allow;
    rule.from = {"internet"};
    rule.to = {"dmz"};
    rule.service = {"https"};
    EXPECT_EQ(sentence(rule), "Allow https from internet to dmz.");
}

TEST(FirewallWords, APairOfZones) {
    using Verdict = ZonePair::Verdict;
    EXPECT_EQ(sentence(ZonePair{"internet", "dmz", Verdict::denied, {}, {}}),
              "From internet to dmz nothing gets through: no rule allows it.");
    EXPECT_EQ(sentence(ZonePair{"internet", "dmz", Verdict::partly, {"web", "mail"}, {}}),
              "From internet to dmz only what web and mail allow gets through.");
    EXPECT_EQ(sentence(ZonePair{"inside", "internet", Verdict::partly, {"out"}, {"no-telnet"}}),
              "From inside to internet everything gets through but what no-telnet refuses.");
    EXPECT_EQ(sentence(ZonePair{"inside", "internet", Verdict::allowed, {"out"}, {}}),
              "From inside to internet everything gets through, by rule out.");
}

}  // namespace
}  // namespace sluice::policy
