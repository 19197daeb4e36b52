// The named formats ("format" in a schema) of texts that mean something: prefixes, rates, durations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/tenant_policy.hpp"

namespace sluice::policy::detail {

using FormatCheck = base::Status (*)(std::string_view text);

// nullptr when there is no such format. The known ones: prefix, address, bits-per-second, packets-per-second,
// duration, endpoint ("127.0.0.1:9101", "[::1]:9101"), number-range ("80", "1024-65535"), service ("tcp/443",
// "esp"), community ("65535:666"), url (http or https), country ("DE"), reputation ("tor-exit"), hex-bytes
// ("ff 54 53", at most 16); a firewall's are in firewall_format.cpp.
[[nodiscard]] FormatCheck find_format(std::string_view name);

struct NumberRange {
    std::uint16_t first = 0, last = 65535;
};
[[nodiscard]] std::optional<NumberRange> parse_number_range(std::string_view text);
[[nodiscard]] std::string format_number_range(NumberRange range);
// Two digits a byte, with or without spaces between bytes.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> parse_hex_bytes(std::string_view text);
[[nodiscard]] std::string format_hex_bytes(const std::vector<std::uint8_t>& bytes);
[[nodiscard]] std::optional<model::OfferedService> parse_service(std::string_view text);
[[nodiscard]] std::string format_service(const model::OfferedService& service);
// "tcp", "icmpv6" …; numbers stand for the rest.
[[nodiscard]] std::optional<std::uint8_t> parse_protocol(std::string_view name);
[[nodiscard]] std::string protocol_text(std::uint8_t protocol);
[[nodiscard]] bool has_ports(std::uint8_t protocol);

}  // namespace sluice::policy::detail
