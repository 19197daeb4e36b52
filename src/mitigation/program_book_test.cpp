#include "mitigation/program_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mitigation/response_world.hpp"

namespace sluice::mitigation {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class Book : public ::testing::Test {
  protected:
    base::ManualClock clock_;
    Resolver resolver_;
    Programs sink_;
    ProgramBook book_{resolver_, sink_, clock_};
    const model::TenantId acme_{1};
    const std::vector<DivertTarget> targets_{{prefix_of("192.0.2.10/32"), model::MitigationId(1), {}}};
};

TEST_F(Book, GenerationsGrowOverAllTenantsAndOverRestarts) {
    const auto first = book_.set_targets(acme_, targets_);
    const auto second = book_.set_targets(model::TenantId(2), {});
    ASSERT_TRUE(first && second);
    EXPECT_GT(*second, *first);
    clock_.advance(std::chrono::milliseconds(1));
    ProgramBook restarted(resolver_, sink_, clock_);
    EXPECT_GT(*restarted.set_targets(acme_, targets_), *second);
}

TEST_F(Book, AChangedPolicyKeepsTheTargets) {
    ASSERT_TRUE(book_.set_targets(acme_, targets_));
    ASSERT_TRUE(book_.refresh(acme_));
    EXPECT_THAT(sink_.by_tenant.at(acme_).targets, SizeIs(1));
    EXPECT_EQ(sink_.sent, 2);
}

TEST_F(Book, ATenantThatIsGoneIsRemovedWithAGenerationOfItsOwn) {
    const auto generation = book_.set_targets(acme_, targets_);
    book_.remove(acme_);
    EXPECT_GT(sink_.generation, *generation);
    EXPECT_THAT(book_.programs(), IsEmpty());
    const auto after = sink_.generation;
    book_.remove(acme_);
    EXPECT_EQ(sink_.generation, after);
}

TEST_F(Book, ATargetThatLeftItsTenantIsNotScrubbed) {
    resolver_.own = {prefix_of("198.51.100.0/24")};
    ASSERT_TRUE(book_.set_targets(acme_, targets_));
    EXPECT_THAT(sink_.by_tenant.at(acme_).targets, IsEmpty());
}

TEST_F(Book, APolicyThatCannotBeResolvedLeavesWhatStands) {
    ASSERT_TRUE(book_.set_targets(acme_, targets_));
    resolver_.broken = true;
    EXPECT_FALSE(book_.set_targets(acme_, {}));
    EXPECT_THAT(sink_.by_tenant.at(acme_).targets, SizeIs(1));
}

}  // namespace
}  // namespace sluice::mitigation
