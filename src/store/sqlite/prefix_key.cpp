#include "store/sqlite/prefix_key.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sluice::store::sqlite {
namespace {

constexpr char digits[] = "0123456789abcdef";

void append_hex(std::string& text, std::uint8_t byte) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
}

bool read_hex(const std::string& text, std::size_t at, std::uint8_t& byte) {
    const char* begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + 2, byte, 16);
    return error == std::errc{} && end == begin + 2;
}

}  // namespace

std::string prefix_key(const net::Prefix& prefix) {
    std::string key(1, prefix.is_v4() ? '4' : '6');
    for (const std::uint8_t byte : prefix.address().wire()) append_hex(key, byte);
    append_hex(key, static_cast<std::uint8_t>(prefix.length()));
    return key;
}

base::Result<net::Prefix> prefix_of_key(const std::string& key) {
    const bool v4 = key.starts_with('4');
    const std::size_t bytes = v4 ? 4 : 16;
    std::array<std::uint8_t, 17> wire{};
    bool good = key.size() == 1 + 2 * bytes + 2 && (v4 || key[0] == '6');
    for (std::size_t i = 0; good && i <= bytes; ++i) good = read_hex(key, 1 + 2 * i, wire[i]);
    if (!good || wire[bytes] > 8 * bytes)
        return base::fail(base::ErrorCode::corrupt, "a stored prefix does not make sense", key,
                          "restore the store from a backup");
    return net::Prefix::of(v4 ? net::Address::v4_from(wire.data()) : net::Address::v6_from(wire.data()),
                           wire[bytes]);
}

std::string key_behind(const net::Prefix& prefix) {
    std::string key(1, prefix.is_v4() ? '4' : '6');
    unsigned at = 0;
    for (std::uint8_t byte : prefix.address().wire()) {
        const unsigned fixed = prefix.length() <= at ? 0 : std::min(8U, prefix.length() - at);
        append_hex(key, static_cast<std::uint8_t>(byte | (0xffU >> fixed)));
        at += 8;
    }
    return key + "g";  // behind every length
}

}  // namespace sluice::store::sqlite
