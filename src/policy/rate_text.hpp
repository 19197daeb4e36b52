// Rates as text that reads back as the same number; base::format_rate rounds for people.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::policy::detail {

[[nodiscard]] std::string exact_packets(std::uint64_t packets_per_s);  // "20 kpps"
[[nodiscard]] std::string exact_bits(std::uint64_t bits_per_s);        // "1500 Mbps"

}  // namespace sluice::policy::detail
