// Bindings of addresses to users: message ↔ model. From messages strictly, with an error that names the
// field.
#pragma once

#include "base/result.hpp"
#include "model/user_binding.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

void to_message(const model::UserBinding& binding, link::v1::UserBinding& out);
void to_message(const model::UserBindingKey& key, link::v1::UserBindingKey& out);
void to_message(const model::UserBindingUpdate& update, link::v1::UserBindingUpdate& out);

[[nodiscard]] base::Result<model::UserBindingUpdate> to_model(const link::v1::UserBindingUpdate& message);

}  // namespace sluice::rpc
