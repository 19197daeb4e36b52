#include "telemetry/loss_reason.hpp"

#include <set>

#include <gtest/gtest.h>

namespace sluice::telemetry {
namespace {

TEST(LossReason, EachHasAnUnmistakableNameAUnitAndASentence) {
    std::set<std::string_view> names;
    const std::set<std::string_view> units{"datagrams", "records", "sets", "samples", "packets", "templates"};
    for (const LossInfo& info : loss_infos()) {
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        EXPECT_TRUE(units.contains(info.unit)) << info.name;
        EXPECT_TRUE(info.sentence.ends_with('.')) << info.name;
        EXPECT_EQ(&loss_info(info.reason), &info);
    }
}

}  // namespace
}  // namespace sluice::telemetry
