// How a target is scrubbed: message ↔ model. From messages strictly, with an error that names the field.
#pragma once

#include "model/tenant_program.hpp"
#include "rpc/field_reader.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

void to_message(const model::ScrubProfile& profile, link::v1::ScrubProfile& out);
[[nodiscard]] model::ScrubProfile to_profile(FieldReader& read, const link::v1::ScrubProfile& in);

}  // namespace sluice::rpc
