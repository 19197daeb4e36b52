// The named formats of a firewall's texts, for the schema. Internal to policy/.
#pragma once

#include <string_view>

#include "policy/text_format.hpp"

namespace sluice::policy::detail {

// nullptr when there is no such format. The known ones: object-name, user-name, address-range ("10.0.0.0/8",
// "10.0.0.1-10.0.0.9"), address-reference (the same, or a name), service-match ("tcp/443"),
// service-reference, ipv4-address, ipv6-address, mac, time-zone, days ("mon-fri", "sun"), hours
// ("08:00-18:00").
[[nodiscard]] FormatCheck find_firewall_format(std::string_view name);

}  // namespace sluice::policy::detail
