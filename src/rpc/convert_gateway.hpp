// The gateway's link: message ↔ model. From messages strictly, with an error that names the field.
#pragma once

#include <string>

#include "base/result.hpp"
#include "model/gateway_report.hpp"
#include "model/tenant_program.hpp"
#include "rpc/gateway_client.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

void to_message(const model::GatewayReport& report, link::v1::GatewayReport& out);
void to_message(const model::TenantProgram& program, link::v1::TenantProgram& out);

// The gateway's name comes from its hello. Drop reasons and stages that this release does not know are left
// out, as a newer gateway may have more of them.
[[nodiscard]] base::Result<model::GatewayReport> to_model(const link::v1::GatewayReport& message,
                                                          const std::string& name);
[[nodiscard]] base::Result<model::TenantProgram> to_model(const link::v1::TenantProgram& message);
[[nodiscard]] base::Result<ProgramUpdate> to_model(const link::v1::ProgramUpdate& message);

}  // namespace sluice::rpc
