// Every noun of the model compiles together and stays a plain value.
#include <gtest/gtest.h>

#include <type_traits>

#include "model/event.hpp"
#include "model/flow_record.hpp"
#include "model/gateway_report.hpp"
#include "model/incident.hpp"
#include "model/mitigation.hpp"
#include "model/tenant.hpp"
#include "model/tenant_program.hpp"

namespace sluice::model {

TEST(FlowRecord, IsPlainBytes) {
    static_assert(std::is_trivially_copyable_v<FlowRecord>);
    EXPECT_LE(sizeof(FlowRecord), 192U);
}

TEST(DropReason, EveryReasonHasANameAndASentence) {
    for (const auto& row : drop_reasons()) {
        EXPECT_FALSE(row.name.empty());
        EXPECT_TRUE(row.sentence.ends_with('.')) << row.name;
    }
}

TEST(Route, FlowSpecKeysDifferByTheirMatch) {
    Route a{.kind = MitigationKind::flowspec, .prefix = {}, .next_hop = {}, .communities = {}, .rule = {}};
    Route b = a;
    b.rule.source_port = 53;
    EXPECT_NE(a.key(), b.key());
}

}  // namespace sluice::model
