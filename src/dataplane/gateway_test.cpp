// Programs that cannot be taken: nobody else waits for them, and every report names them.
#include "dataplane/gateway.hpp"

#include <gtest/gtest.h>

#include "dataplane/attributes/attribute_file.hpp"
#include "packet/memory_port.hpp"

namespace sluice::dataplane {
namespace {

model::TenantProgram tenant(std::uint64_t id, std::uint64_t generation) {
    model::TenantProgram program;
    program.tenant = model::TenantId(id);
    program.generation = generation;
    program.prefixes = {
        net::Prefix::of(net::Address::v4(0x2d000000U + static_cast<std::uint32_t>(id) * 256U), 24)};
    model::ScrubTarget target;
    target.prefix = net::Prefix::host(net::Address::v4(0x2d000001U + static_cast<std::uint32_t>(id) * 256U));
    target.mitigation = model::MitigationId(id);
    program.targets = {target};
    return program;
}

// A filter for somebody else's address.
model::TenantProgram wrong(model::TenantProgram program) {
    model::PacketFilter filter;
    filter.name = "theirs";
    filter.destination = net::Prefix::parse("192.0.2.1").value();
    program.filters.push_back(filter);
    return program;
}

// Wants what belongs to another tenant.
model::TenantProgram greedy(model::TenantProgram program, std::uint64_t other) {
    program.prefixes.push_back(tenant(other, 1).prefixes.front());
    return program;
}

class GatewayPrograms : public ::testing::Test {
  protected:
    std::vector<model::RefusedProgram> apply(const std::vector<model::TenantProgram>& programs, bool full,
                                             std::uint64_t generation) {
        return gateway_.apply(programs, {}, full, generation);
    }
    [[nodiscard]] bool has_target(std::uint64_t id) const {
        for (const auto& target : gateway_.report().targets) {
            if (target.tenant == model::TenantId(id) && !target.mitigation.is_none()) return true;
        }
        return false;
    }
    [[nodiscard]] bool is_forwarded(std::uint64_t id) const {
        for (const auto& target : gateway_.report().targets) {
            if (target.tenant == model::TenantId(id)) return true;
        }
        return false;
    }

    base::ManualClock clock_;
    base::SeededRandom random_{1};
    packet::BufferPool pool_{16};
    packet::MemoryPort port_{pool_, 16};
    Gateway gateway_{{.max_targets = 1024, .max_sources = 1024}, {{{&port_, &port_}}, clock_, random_}};
};

}  // namespace

TEST(GatewayConfig, PortsOfCustomersHaveNamesOfTheirOwn) {
    const auto with = [](std::vector<CustomerPort> ports) {
        Gateway::Config config;
        config.customer_ports = std::move(ports);
        return Gateway::validate(config);
    };
    EXPECT_TRUE(with({{"acme-inside", {}}, {"acme-dmz", {}}}));
    for (const char* name : {"", "dirty", "clean", "acme-inside"}) {
        EXPECT_FALSE(with({{"acme-inside", {}}, {name, {}}})) << name;
    }
    std::vector<CustomerPort> many;
    for (std::size_t i = 0; i <= max_customer_ports; ++i) many.push_back({"port-" + std::to_string(i), {}});
    EXPECT_FALSE(with(many));
}

TEST_F(GatewayPrograms, AWrongOneIsNamedAndTheOthersAreInForce) {
    const auto refused = apply({tenant(1, 10), wrong(tenant(2, 11)), tenant(3, 12)}, true, 12);
    ASSERT_EQ(refused.size(), 1U);
    const auto report = gateway_.report();
    EXPECT_EQ(report.generation, 12U);
    ASSERT_EQ(report.refused.size(), 1U);
    EXPECT_EQ(report.refused[0].tenant, model::TenantId(2));
    EXPECT_EQ(report.refused[0].generation, 11U);
    EXPECT_EQ(report.refused[0].in_force, 0U);
    EXPECT_NE(report.refused[0].why.find("192.0.2.1"), std::string::npos) << report.refused[0].why;
    EXPECT_TRUE(has_target(1));
    EXPECT_FALSE(has_target(2));
    EXPECT_TRUE(is_forwarded(2)) << "a diverted address must not fall into a hole";
    EXPECT_TRUE(has_target(3));
}

TEST_F(GatewayPrograms, TheOneBeforeStaysUntilARightOneComes) {
    EXPECT_TRUE(apply({tenant(1, 1), tenant(2, 2)}, true, 2).empty());
    EXPECT_EQ(apply({wrong(tenant(2, 3))}, false, 3).size(), 1U);
    EXPECT_EQ(apply({wrong(tenant(2, 4))}, false, 4).size(), 1U);
    auto report = gateway_.report();
    ASSERT_EQ(report.refused.size(), 1U);
    EXPECT_EQ(report.refused[0].generation, 4U);
    EXPECT_EQ(report.refused[0].in_force, 2U);
    EXPECT_TRUE(has_target(2));
    EXPECT_TRUE(apply({tenant(1, 5)}, false, 5).empty());
    EXPECT_EQ(gateway_.report().refused.size(), 1U) << "another tenant's program has not mended it";
    EXPECT_TRUE(apply({tenant(2, 6)}, false, 6).empty());
    EXPECT_TRUE(gateway_.report().refused.empty());
}

TEST_F(GatewayPrograms, ARefusedTenantThatIsRemovedIsForgotten) {
    (void)apply({wrong(tenant(2, 1))}, true, 1);
    const model::TenantId gone[] = {model::TenantId(2)};
    EXPECT_TRUE(gateway_.apply({}, gone, false, 2).empty());
    EXPECT_TRUE(gateway_.report().refused.empty());
    EXPECT_FALSE(is_forwarded(2));
}

TEST_F(GatewayPrograms, OneThatContradictsAnotherStopsNobodyElse) {
    std::vector<model::TenantProgram> all;
    for (std::uint64_t id = 1; id <= 100; ++id) {
        all.push_back(id == 60 ? greedy(tenant(id, id), 7) : tenant(id, id));
    }
    const auto refused = apply(all, true, 100);
    ASSERT_EQ(refused.size(), 1U);
    // Which of the two had it first cannot be told in a full update.
    EXPECT_TRUE(refused[0].tenant == model::TenantId(7) || refused[0].tenant == model::TenantId(60));
    for (std::uint64_t id = 1; id <= 100; ++id) {
        const bool is_refused = model::TenantId(id) == refused[0].tenant;
        EXPECT_NE(has_target(id), is_refused) << id;
    }
    EXPECT_EQ(gateway_.report().generation, 100U);
}

TEST_F(GatewayPrograms, APrefixChangesItsTenantInOneStep) {
    EXPECT_TRUE(apply({greedy(tenant(1, 1), 9), tenant(2, 2)}, true, 2).empty());
    EXPECT_TRUE(apply({greedy(tenant(2, 3), 9), tenant(1, 4)}, false, 4).empty());
    EXPECT_EQ(apply({greedy(tenant(1, 5), 9)}, false, 5).size(), 1U) << "it is the other one's now";
}

TEST_F(GatewayPrograms, MoreThanFitAreRefusedAndTheRestIsInForce) {
    std::vector<model::TenantProgram> all;
    for (std::uint64_t id = 1; id <= 600; ++id) all.push_back(tenant(id, id));  // two slots each
    const auto refused = apply(all, true, 600);
    EXPECT_EQ(refused.size(), gateway_.report().refused.size());
    EXPECT_GT(refused.size(), 80U);
    std::size_t scrubbed = 0;
    for (std::uint64_t id = 1; id <= 600; ++id) scrubbed += has_target(id) ? 1 : 0;
    EXPECT_EQ(scrubbed + refused.size(), 600U);
}

TEST_F(GatewayPrograms, ATableThatIsNotThereIsSaidAndOneThatComesIsAsked) {
    auto asking = tenant(1, 1);
    model::PacketFilter filter;
    filter.name = "abroad";
    filter.source_is.countries = {"DE"};
    filter.source_is.reputations = {"botnet"};
    asking.filters = {filter};
    EXPECT_TRUE(apply({asking, tenant(2, 2)}, true, 2).empty()) << "its packets are not kept waiting for it";
    EXPECT_NE(gateway_.report().trouble.find("1 of the tenants ask for countries"), std::string::npos);
    attributes::Tables tables;
    tables.countries = std::make_shared<attributes::CountryTable>(
        attributes::read_countries("prefix,country\n192.0.2.0/24,DE\n", "c").value());
    gateway_.set_attributes(tables);
    auto report = gateway_.report();
    EXPECT_EQ(report.generation, 2U);
    EXPECT_TRUE(has_target(2));
    EXPECT_EQ(report.trouble.find("countries"), std::string::npos) << report.trouble;
    EXPECT_NE(report.trouble.find("1 of the tenants ask for reputations"), std::string::npos);
    tables.reputations = std::make_shared<attributes::ReputationTable>(
        attributes::read_reputations("prefix,tags\n192.0.2.0/24,botnet\n", "t").value());
    gateway_.set_attributes(tables);
    EXPECT_EQ(gateway_.report().trouble, "");
    EXPECT_TRUE(apply({tenant(3, 3)}, false, 3).empty());
    EXPECT_EQ(gateway_.report().trouble, "") << "later programs have the tables, too";
}

TEST_F(GatewayPrograms, WhatRulesOfAFirewallAskIsMissedAsWell) {
    auto asking = tenant(1, 1);
    asking.firewall.enabled = true;
    asking.firewall.zones = {"internet"};
    model::FirewallRule rule;
    rule.name = "abroad";
    rule.source_is = {{{"DE"}, false, {}}, {{"AT"}, false, {}}};
    rule.destination_is = {{{}, false, {"botnet"}}};
    asking.firewall.rules = {rule};
    EXPECT_TRUE(apply({asking}, true, 1).empty()) << "what it forbids otherwise stays forbidden";
    auto report = gateway_.report();
    EXPECT_NE(report.trouble.find("1 of the tenants ask for countries and this gateway has no table of them"),
              std::string::npos)
        << report.trouble;
    EXPECT_NE(report.trouble.find("1 of the tenants ask for reputations"), std::string::npos);
    EXPECT_EQ(report.tables, model::AttributeEditions{});
    attributes::Tables tables;
    tables.countries = std::make_shared<attributes::CountryTable>(
        attributes::read_countries("prefix,country\n192.0.2.0/24,DE\n", "c").value());
    tables.reputations = std::make_shared<attributes::ReputationTable>(
        attributes::read_reputations("prefix,tags\n192.0.2.0/24,botnet\n", "t").value());
    tables.editions.countries = base::Timestamp(std::chrono::hours(7));
    gateway_.set_attributes(tables);
    report = gateway_.report();
    EXPECT_EQ(report.trouble, "");
    EXPECT_EQ(report.tables.countries, base::Timestamp(std::chrono::hours(7)));
}

}  // namespace sluice::dataplane
