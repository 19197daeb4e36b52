// An address prefix: "192.0.2.0/24", "2001:db8::/48". Host bits are always zero.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/address.hpp"

namespace sluice::net {

class Prefix {
  public:
    Prefix() = default;  // ::/0

    // Length in the family's own bits (0–32 or 0–128); host bits are cleared.
    [[nodiscard]] static Prefix of(const Address& address, unsigned length);
    // The whole address: /32 or /128.
    [[nodiscard]] static Prefix host(const Address& address) {
        return of(address, address.is_v4() ? 32 : 128);
    }
    // Strict: refuses host bits ("192.0.2.1/24") and says what to write instead. A bare address is its host
    // prefix.
    [[nodiscard]] static base::Result<Prefix> parse(std::string_view text);

    [[nodiscard]] const Address& address() const { return address_; }
    [[nodiscard]] bool is_v4() const { return address_.is_v4(); }
    // In the family's own bits.
    [[nodiscard]] unsigned length() const { return is_v4() ? bits_ - 96U : bits_; }
    // In the 128 bits that both families share.
    [[nodiscard]] unsigned bits() const { return bits_; }
    [[nodiscard]] bool is_host() const { return bits_ == 128; }

    [[nodiscard]] bool contains(const Address& address) const;
    [[nodiscard]] bool contains(const Prefix& other) const {
        return other.bits_ >= bits_ && contains(other.address_);
    }
    [[nodiscard]] bool overlaps(const Prefix& other) const {
        return contains(other) || other.contains(*this);
    }

    [[nodiscard]] std::string to_string() const;

    auto operator<=>(const Prefix&) const = default;

  private:
    Address address_;
    std::uint8_t bits_ = 0;
};

}  // namespace sluice::net

template <>
struct std::hash<sluice::net::Prefix> {
    std::size_t operator()(const sluice::net::Prefix& prefix) const noexcept {
        return std::hash<sluice::net::Address>{}(prefix.address()) * 131U + prefix.bits();
    }
};
