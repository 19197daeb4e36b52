// An alarm as the API shows it. Only for .cpp files.
#pragma once

#include "api/json.hpp"
#include "api/system/alarm_board.hpp"

namespace sluice::api::system {

[[nodiscard]] Json alarm_json(const Alarm& alarm);

}  // namespace sluice::api::system
