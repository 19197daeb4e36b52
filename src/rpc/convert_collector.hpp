// The collector's link: message ↔ model. From messages strictly, with an error that names the field.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/collector_report.hpp"
#include "model/detection_policy.hpp"
#include "model/finding.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

struct ReceivedPolicies {
    std::uint64_t version = 0;
    std::vector<model::DetectionPolicy> policies;
};

void to_message(const model::Finding& finding, link::v1::Finding& out);
void to_message(const model::CollectorReport& report, link::v1::CollectorReport& out);
void to_message(const std::vector<model::DetectionPolicy>& policies, std::uint64_t version,
                link::v1::DetectionPolicies& out);

[[nodiscard]] base::Result<model::Finding> to_model(const link::v1::Finding& message);
// The collector's name comes from its hello.
[[nodiscard]] base::Result<model::CollectorReport> to_model(const link::v1::CollectorReport& message,
                                                            const std::string& name);
[[nodiscard]] base::Result<ReceivedPolicies> to_model(const link::v1::DetectionPolicies& message);

}  // namespace sluice::rpc
