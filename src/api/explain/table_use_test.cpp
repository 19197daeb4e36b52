#include "api/explain/table_use.hpp"

#include <gtest/gtest.h>

namespace sluice::api::explain {
namespace {

using model::AttributeEditions;

const base::Timestamp old_day{std::chrono::hours(24 * 365 * 50)};
const base::Timestamp new_day = old_day + std::chrono::hours(24);

TEST(TableUse, OnlyWhatIsAskedIsSaid) {
    model::TenantProgram program;
    model::FirewallRule rule;
    rule.destination_is = {{{}, false, {"botnet"}}};
    program.firewall.rules = {rule};
    EXPECT_TRUE(explained_by(asked_by(program), {}).empty()) << "the firewall is off";
    program.firewall.enabled = true;
    const auto uses = explained_by(asked_by(program), {{}, old_day});
    ASSERT_EQ(uses.size(), 1U);
    EXPECT_STREQ(uses[0].name, "reputations");
    EXPECT_EQ(uses[0].edition, old_day);
    program.filters.resize(1);
    program.filters[0].source_is.countries = {"DE"};
    EXPECT_EQ(explained_by(asked_by(program), {}).size(), 2U);
}

TEST(TableUse, AGatewayWithoutATableIsSaidAndOfSeveralTheOldestCounts) {
    const AskedTables asked{.countries = true};
    const auto said = [&](std::vector<AttributeEditions> gateways) {
        return judged_by(asked, gateways).at(0);
    };
    EXPECT_EQ(said({{new_day, {}}, {old_day, {}}}).edition, old_day);
    EXPECT_FALSE(said({{new_day, {}}, {}}).edition);
    EXPECT_EQ(said({{new_day, {}}, {}}).sentence,
              "One gateway has no table of countries: there, what asks for a country matches nothing. Your "
              "provider "
              "is told.");
    EXPECT_EQ(said({{}, {}}).sentence,
              "No gateway has a table of countries: what asks for a country matches nothing. Your provider "
              "is told.");
    EXPECT_EQ(said({{}, {}, {new_day, {}}}).sentence.substr(0, 23), "2 gateways have no tabl");
    EXPECT_FALSE(said({}).edition);
}

}  // namespace
}  // namespace sluice::api::explain
