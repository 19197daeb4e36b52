// An IPv4 or IPv6 address in 16 bytes. IPv4 is kept as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that
// both families share every key, map and comparison; such an address never appears on the wire as IPv6.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::net {

enum class Family : std::uint8_t { ipv4, ipv6 };

class Address {
  public:
    constexpr Address() = default;  // ::, "none"

    // Host byte order: 0xc0000201 is 192.0.2.1.
    [[nodiscard]] static Address v4(std::uint32_t host_order) { return v4_of(__builtin_bswap32(host_order)); }
    // 4 bytes from the wire.
    [[nodiscard]] static Address v4_from(const std::uint8_t* wire) {
        std::uint32_t value = 0;
        std::memcpy(&value, wire, 4);
        return v4_of(value);
    }
    // 16 bytes from the wire.
    [[nodiscard]] static Address v6_from(const std::uint8_t* wire) {
        Address address;
        std::memcpy(address.bytes_.data(), wire, 16);
        return address;
    }
    [[nodiscard]] static std::optional<Address> parse(std::string_view text);

    [[nodiscard]] bool is_v4() const {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        std::memcpy(&high, bytes_.data(), 8);
        std::memcpy(&low, &bytes_[8], 8);
        // Bytes 00 00 ff ff, read on a little-endian machine.
        return high == 0 && static_cast<std::uint32_t>(low) == 0xffff0000U;
    }
    [[nodiscard]] Family family() const { return is_v4() ? Family::ipv4 : Family::ipv6; }
    [[nodiscard]] bool is_none() const { return *this == Address{}; }

    // Host byte order; only for an IPv4 address.
    [[nodiscard]] std::uint32_t v4_value() const {
        std::uint32_t wire = 0;
        std::memcpy(&wire, &bytes_[12], 4);
        return __builtin_bswap32(wire);
    }
    [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    // The address as it stands on the wire: 4 or 16 bytes.
    [[nodiscard]] std::span<const std::uint8_t> wire() const {
        return is_v4() ? std::span<const std::uint8_t>(bytes_).subspan(12)
                       : std::span<const std::uint8_t>(bytes_);
    }
    [[nodiscard]] bool bit(unsigned index) const { return (bytes_[index / 8] >> (7 - index % 8)) & 1U; }

    [[nodiscard]] std::string to_string() const;  // RFC 5952

    // Two words, because tables compare addresses all the time and a call to memcmp costs more.
    bool operator==(const Address& other) const {
        std::uint64_t own[2];
        std::uint64_t others[2];
        std::memcpy(own, bytes_.data(), 16);
        std::memcpy(others, other.bytes_.data(), 16);
        return ((own[0] ^ others[0]) | (own[1] ^ others[1])) == 0;
    }
    std::strong_ordering operator<=>(const Address&) const = default;

  private:
    // In whole words: a load of the address right after stores of single bytes would wait for them.
    [[nodiscard]] static Address v4_of(std::uint32_t wire) {
        Address address;
        const std::uint64_t low = 0xffff0000U | static_cast<std::uint64_t>(wire) << 32U;
        std::memcpy(&address.bytes_[8], &low, 8);
        return address;
    }

    alignas(8) std::array<std::uint8_t, 16> bytes_{};
};

static_assert(sizeof(Address) == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

}  // namespace sluice::net

// Fit for tables that no attacker can aim at; such tables key their own hash (SipHash) instead.
template <>
struct std::hash<sluice::net::Address> {
    std::size_t operator()(const sluice::net::Address& address) const noexcept {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        std::memcpy(&high, address.bytes().data(), 8);
        std::memcpy(&low, address.bytes().data() + 8, 8);
        const auto mixed =
            static_cast<unsigned __int128>(low ^ 0x9e3779b97f4a7c15ULL) * (high ^ 0xd6e8feb86659fd93ULL);
        return static_cast<std::size_t>(mixed) ^ static_cast<std::size_t>(mixed >> 64U);
    }
};
