// Bytes as hexadecimal text, as hashes are stored.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::store::sqlite {

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
// Zeros when the text is not 64 hexadecimal digits.
[[nodiscard]] std::array<std::uint8_t, 32> hash_from_hex(std::string_view text);

}  // namespace sluice::store::sqlite
