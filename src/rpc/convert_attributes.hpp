// What is asked of the operator's tables: message ↔ model. From messages strictly, with an error that names
// the field.
#pragma once

#include <string_view>

#include "model/attribute_match.hpp"
#include "rpc/field_reader.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

void to_message(const model::AttributeMatch& match, link::v1::AttributeMatch& out);
[[nodiscard]] model::AttributeMatch to_attribute_match(FieldReader& read, const link::v1::AttributeMatch& in,
                                                       std::string_view field);

}  // namespace sluice::rpc
