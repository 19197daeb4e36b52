#include "net/prefix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sluice::net {
namespace {

Address masked(const Address& address, unsigned bits) {
    std::array<std::uint8_t, 16> bytes = address.bytes();
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned first = i * 8;
        if (first >= bits) {
            bytes[i] = 0;
        } else if (bits - first < 8) {
            bytes[i] &= static_cast<std::uint8_t>(0xff00U >> (bits - first));
        }
    }
    return Address::v6_from(bytes.data());
}

}  // namespace

Prefix Prefix::of(const Address& address, unsigned length) {
    Prefix prefix;
    const unsigned widest = address.is_v4() ? 32 : 128;
    prefix.bits_ = static_cast<std::uint8_t>(std::min(length, widest) + (128 - widest));
    prefix.address_ = masked(address, prefix.bits_);
    return prefix;
}

base::Result<Prefix> Prefix::parse(std::string_view text) {
    using base::ErrorCode;
    const std::size_t slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) {
        return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no prefix", text), {},
                          "write one as 192.0.2.0/24 or 2001:db8::/48");
    }
    if (slash == std::string_view::npos) return host(*address);
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    const unsigned widest = address->is_v4() ? 32 : 128;
    if (error != std::errc{} || end != digits.data() + digits.size() || length > widest) {
        return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' has no prefix length", text), {},
                          fmt::format("write /0 to /{} after the address", widest));
    }
    const Prefix prefix = of(*address, length);
    if (prefix.address_ != *address) {
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("'{}' has bits set behind its length", text), {},
                          fmt::format("write {}", prefix.to_string()));
    }
    return prefix;
}

bool Prefix::contains(const Address& address) const {
    const unsigned whole = bits_ / 8U;
    if (std::memcmp(address.bytes().data(), address_.bytes().data(), whole) != 0) return false;
    const unsigned rest = bits_ % 8U;
    if (rest == 0) return true;
    const auto difference = static_cast<unsigned>(address.bytes()[whole] ^ address_.bytes()[whole]);
    return (difference >> (8U - rest)) == 0;
}

std::string Prefix::to_string() const {
    return fmt::format("{}/{}", address_.to_string(), length());
}

}  // namespace sluice::net
