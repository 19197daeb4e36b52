#include "dataplane/outbound/attacker_table.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::dataplane::outbound {
namespace {

constexpr base::SipKey key{1, 2};
constexpr std::uint64_t second_ns = 1'000'000'000;

Rules rules_of(const model::OutboundPolicy& policy, std::uint32_t workers = 1) {
    return Rules::from(policy, workers);
}

flow::Tuple tuple(flow::TenantIndex tenant, std::uint32_t host, std::uint16_t port) {
    return {tenant, 6, net::Address::v4(host), port, net::Address::v4(0xc6336401), 443};
}

// Refused each time, as a rule would.
void attack(AttackerTable& table, const Rules& rules, flow::TenantIndex tenant, std::uint32_t host,
            unsigned tries) {
    for (unsigned n = 0; n < tries; ++n) {
        const Attempt attempt = table.attempt(rules, model::TenantId(tenant),
                                              tuple(tenant, host, static_cast<std::uint16_t>(n)), n);
        if (!attempt.held) AttackerTable::refused(attempt);
    }
}

TEST(Distinct, CountsRoughly) {
    for (const std::uint32_t wanted : {1U, 10U, 50U, 200U, 800U}) {
        Distinct distinct;
        for (std::uint32_t round = 0; round < 3; ++round) {
            for (std::uint32_t n = 0; n < wanted; ++n) distinct.add(base::siphash13(key, n));
        }
        EXPECT_NEAR(distinct.estimate(), wanted, 2 + wanted * 0.25) << wanted;
    }
}

TEST(AttackerTable, TheSameAddressOfTwoTenantsIsTwoHosts) {
    AttackerTable table(key);
    const Rules rules = rules_of({.contain = model::OutboundAction::block, .new_flows_per_s = 100});
    std::uint64_t now = 100 * second_ns;
    for (int second = 0; second < 4; ++second, now += second_ns) {
        (void)table.on_burst(now);
        attack(table, rules, 1, 0x0a000005, 200);
        attack(table, rules, 2, 0x0a000005, 20);
    }
    (void)table.on_burst(now);
    EXPECT_TRUE(table.attempt(rules, model::TenantId(1), tuple(1, 0x0a000005, 9), 0).held);
    EXPECT_FALSE(table.attempt(rules, model::TenantId(2), tuple(2, 0x0a000005, 9), 0).held);
}

TEST(AttackerTable, ManyAttackersAtOnceAreAsManyAsFit) {
    AttackerTable table(key, 256);
    const Rules rules = rules_of({.contain = model::OutboundAction::block, .new_flows_per_s = 40});
    std::uint64_t now = 100 * second_ns;
    for (int second = 0; second < 8; ++second, now += second_ns) {
        (void)table.on_burst(now);
        for (std::uint32_t host = 0; host < 2'000; ++host) attack(table, rules, 1, host + 1, 60);
    }
    std::set<net::Address> named;
    while (const auto event = table.events().pop()) {
        if (event->named) named.insert(event->address);
    }
    EXPECT_GT(named.size(), 100U);
    EXPECT_LE(named.size(), 256U);
}

TEST(AttackerTable, WorkersShareALimitAndEachHoldsItsPartOfWhatIsLeft) {
    const Rules whole = rules_of({.contain = model::OutboundAction::limit});
    const Rules half = rules_of({.contain = model::OutboundAction::limit}, 2);
    EXPECT_EQ(half.new_flows_per_s, whole.new_flows_per_s);
    EXPECT_EQ(half.targets_per_s, whole.targets_per_s);
    EXPECT_EQ(half.packets_per_s, whole.packets_per_s);
    EXPECT_EQ(half.unsuspicious() * 2, whole.unsuspicious()) << "whom to look at, each decides alone";
    EXPECT_NE(half.contained, whole.contained);
}

TEST(AttackerTable, ASilentHostIsSaidToBeOver) {
    AttackerTable table(key);
    const Rules rules =
        rules_of({.contain = model::OutboundAction::block, .new_flows_per_s = 100, .hold_s = 10});
    std::uint64_t now = 100 * second_ns;
    for (int second = 0; second < 4; ++second, now += second_ns) {
        (void)table.on_burst(now);
        attack(table, rules, 1, 0x0a000005, 200);
    }
    bool named = false;
    for (int step = 0; step < 20 * 64; ++step, now += second_ns / 64) {
        table.pass_time(now);
        while (const auto event = table.events().pop()) named = event->named;
        if (step == 128) {
            EXPECT_TRUE(named);
        }
    }
    EXPECT_FALSE(named);
}

}  // namespace
}  // namespace sluice::dataplane::outbound
