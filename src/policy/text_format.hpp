// The named formats ("format" in a schema) of texts that mean something: prefixes, rates, durations.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace sluice::policy::detail {

using FormatCheck = base::Status (*)(std::string_view text);

// nullptr when there is no such format. The known ones: prefix, address, bits-per-second, packets-per-second,
// duration, endpoint ("127.0.0.1:9101", "[::1]:9101"), port-range ("80", "1024-65535"), community
// ("65535:666"), url (http or https).
[[nodiscard]] FormatCheck find_format(std::string_view name);

}  // namespace sluice::policy::detail
