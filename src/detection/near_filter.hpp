// Tells cheaply that an address is in none of the customers' prefixes: most ends of most flows are not. 16
// KiB of bits, by the first 16 bits of an IPv4 address and a hash of the first 32 of an IPv6 address. May
// say yes for an address that is near, never no for one that is in.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "net/prefix.hpp"

namespace sluice::detection {

class NearFilter {
  public:
    void insert(const net::Prefix& prefix) {
        if (prefix.is_v4()) {
            const std::uint32_t first = prefix.address().v4_value() >> 16U;
            const unsigned length = prefix.length();
            const std::uint32_t count = length >= 16 ? 1 : 1U << (16 - length);
            for (std::uint32_t i = 0; i < count; ++i) set(v4_, first + i);
        } else if (prefix.length() < 32) {
            v6_.fill(~std::uint64_t{0});
        } else {
            set(v6_, fold(prefix.address()));
        }
    }
    [[nodiscard]] bool may_contain(const net::Address& address) const {
        return address.is_v4() ? get(v4_, address.v4_value() >> 16U) : get(v6_, fold(address));
    }

  private:
    using Bits = std::array<std::uint64_t, 1024>;

    static std::uint32_t fold(const net::Address& address) {
        std::uint32_t top = 0;
        std::memcpy(&top, address.bytes().data(), 4);
        return (top * 0x9e3779b1U) >> 16U;
    }
    static void set(Bits& bits, std::uint32_t index) { bits[index / 64] |= std::uint64_t{1} << (index % 64); }
    static bool get(const Bits& bits, std::uint32_t index) {
        return ((bits[index / 64] >> (index % 64)) & 1U) != 0;
    }

    Bits v4_{};
    Bits v6_{};
};

}  // namespace sluice::detection
