// Numbers in network order, at any address. The caller has checked that the bytes are there; what is wider
// than the field is cut off.
#pragma once

#include <cstdint>
#include <cstring>

namespace sluice::net {

[[nodiscard]] inline std::uint16_t get16(const std::uint8_t* at) {
    std::uint16_t value = 0;
    std::memcpy(&value, at, 2);
    return __builtin_bswap16(value);
}
[[nodiscard]] inline std::uint32_t get32(const std::uint8_t* at) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}
inline void put16(std::uint8_t* at, std::uint32_t value) {
    const std::uint16_t wire = __builtin_bswap16(static_cast<std::uint16_t>(value));
    std::memcpy(at, &wire, 2);
}
inline void put32(std::uint8_t* at, std::uint32_t value) {
    const std::uint32_t wire = __builtin_bswap32(value);
    std::memcpy(at, &wire, 4);
}

}  // namespace sluice::net
