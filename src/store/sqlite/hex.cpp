#include "store/sqlite/hex.hpp"

#include <charconv>

namespace sluice::store::sqlite {

std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

std::array<std::uint8_t, 32> hash_from_hex(std::string_view text) {
    std::array<std::uint8_t, 32> hash{};
    if (text.size() != 64) return hash;
    for (std::size_t i = 0; i < hash.size(); ++i) {
        const char* begin = text.data() + 2 * i;
        if (std::from_chars(begin, begin + 2, hash[i], 16).ptr != begin + 2) return {};
    }
    return hash;
}

}  // namespace sluice::store::sqlite
