// The example of docs/how-to/firewall.md is a policy that works, and the page shows what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "policy/firewall_resolver.hpp"
#include "policy/policy_reader.hpp"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* example = "testdata/three-zones.yaml";

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

model::FirewallProgram program_at(std::chrono::sys_days day) {
    Problems warnings;
    const auto tenants = load_policy(example, &warnings);
    EXPECT_TRUE(tenants) << tenants.error().text();
    EXPECT_EQ(warnings.text(), "");
    return resolve_firewall(*tenants->at(0).protection.firewall, base::Timestamp{day}).value();
}

const model::FirewallRule& rule(const model::FirewallProgram& program, std::string_view name) {
    const auto found = std::find_if(program.rules.begin(), program.rules.end(),
                                    [&](const auto& one) { return one.name == name; });
    EXPECT_NE(found, program.rules.end()) << name;
    return *found;
}

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

TEST(FirewallExample, IsTakenWithoutAWarning) {
    using namespace std::chrono;
    const auto program = program_at(2026y / January / 15);
    EXPECT_THAT(program.zones, ElementsAre("internet", "inside", "dmz", "branch"));
    ASSERT_EQ(program.attachments.size(), 3U);
    EXPECT_EQ(program.attachments[2].zone, 3);

    const auto& web = rule(program, "web-in");
    EXPECT_THAT(web.from, ElementsAre(model::internet_zone));
    EXPECT_THAT(web.to, ElementsAre(2));
    EXPECT_THAT(web.destinations, ElementsAre(prefix("192.0.2.10"), prefix("2001:db8:a:2::10")));
    ASSERT_EQ(web.services.size(), 2U);
    EXPECT_EQ(web.services[1].destination_port.first, 443);

    EXPECT_THAT(rule(program, "administration").users, ElementsAre("administrators"));
    EXPECT_EQ(rule(program, "office-out").services.size(), 10U) << "groups of groups are written out";

    // A port forward is one rule for each of its services.
    ASSERT_EQ(program.nat.size(), 4U);
    EXPECT_EQ(program.nat[0].name, program.nat[1].name);
    EXPECT_EQ(program.nat[1].service.destination_port.first, 443);
    EXPECT_EQ(program.nat[2].kind, model::NatKind::exempt);
    EXPECT_THAT(program.nat[3].match, ElementsAre(prefix("0.0.0.0/0"))) << "a pool of IPv4 takes no IPv6";
}

TEST(FirewallExample, OfficeHoursFollowDaylightSaving) {
    using namespace std::chrono;
    const auto winter = rule(program_at(2026y / January / 15), "branch-to-erp").windows;
    const auto summer = rule(program_at(2026y / July / 15), "branch-to-erp").windows;
    ASSERT_EQ(winter.size(), 5U);
    EXPECT_EQ(winter[0].first_minute, 6 * 60) << "07:00 in Vienna is 06:00 UTC";
    EXPECT_EQ(winter[4].end_minute, 4 * 24 * 60 + 18 * 60);
    ASSERT_EQ(summer.size(), 5U);
    EXPECT_EQ(summer[0].first_minute, 5 * 60);
}

// Each YAML block of the page stands in the file, word for word.
TEST(FirewallExample, ThePageShowsTheFile) {
    const char* source = std::getenv("SLUICE_SOURCE");
    if (source == nullptr) GTEST_SKIP() << "SLUICE_SOURCE is not set; ctest sets it";
    const std::string page = text_of(std::string(source) + "/docs/how-to/firewall.md");
    const std::string file = text_of(example);
    int blocks = 0;
    for (std::size_t at = page.find("```yaml\n"); at != std::string::npos; at = page.find("```yaml\n", at)) {
        at += 8;
        const std::size_t end = page.find("```", at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_THAT(file, HasSubstr(page.substr(at, end - at)));
        at = end;
        ++blocks;
    }
    EXPECT_GE(blocks, 10);
}

}  // namespace
}  // namespace sluice::policy
