// How a firewall's small values stand in a policy file: addresses, services, hours. Internal to policy/.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/firewall_policy.hpp"

namespace sluice::policy::detail {

// Begins with a letter, so that no name is taken for an address; then letters, digits, '.', '_' and '-'; at
// most 63.
[[nodiscard]] bool is_object_name(std::string_view text);

// "10.1.0.0/16", "10.1.0.7" or "10.1.0.10-10.1.0.20".
[[nodiscard]] base::Result<model::AddressRange> parse_address_range(std::string_view text);
[[nodiscard]] std::string format_address_range(const model::AddressRange& range);
[[nodiscard]] model::AddressRange range_of(const net::Prefix& prefix);
// "10.1.0.7" for a single address.
[[nodiscard]] std::string format_prefix(const net::Prefix& prefix);
// The fewest prefixes that make up the range, in order.
void add_prefixes(const model::AddressRange& range, std::vector<net::Prefix>& out);

// "tcp/443", "udp/1000-2000", "udp/1024-65535>53" (from source ports to destination ports), "tcp", "icmp/8",
// "icmp/3/4", "esp", "ip/89", "any".
[[nodiscard]] std::optional<model::ServiceMatch> parse_service_match(std::string_view text);
[[nodiscard]] std::string format_service_match(const model::ServiceMatch& match);

// "08:00-18:00"; "22:00-06:00" ends on the next day.
[[nodiscard]] std::optional<model::DayHours> parse_hours(std::string_view text);
[[nodiscard]] std::string format_hours(const model::DayHours& hours);

// Bit 0: Monday. "mon", "mon-fri", "sat-mon".
[[nodiscard]] std::optional<std::uint8_t> parse_days(std::string_view text);
inline constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
[[nodiscard]] std::vector<std::string> names_of_days(std::uint8_t days);

// "02:00:5e:10:00:01"
[[nodiscard]] std::optional<std::array<std::uint8_t, 6>> parse_mac(std::string_view text);
[[nodiscard]] std::string format_mac(const std::array<std::uint8_t, 6>& mac);

}  // namespace sluice::policy::detail
