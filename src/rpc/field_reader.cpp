#include "rpc/field_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sluice_link.pb.h"

namespace sluice::rpc {

void FieldReader::fail(std::string_view field, std::string what) {
    if (error_) return;
    error_ = base::Error{
        base::ErrorCode::invalid_argument, std::move(what), object_ + "." + std::string(field), {}};
}

net::Address FieldReader::address(const std::string& bytes, std::string_view field) {
    const auto* wire = reinterpret_cast<const std::uint8_t*>(bytes.data());
    if (bytes.size() == 4) return net::Address::v4_from(wire);
    if (bytes.size() != 16) {
        fail(field, "an address has 4 or 16 bytes, not " + std::to_string(bytes.size()));
        return {};
    }
    const auto address = net::Address::v6_from(wire);
    if (address.is_v4()) {
        fail(field, "an IPv4 address has 4 bytes");
        return {};
    }
    return address;
}

net::Address FieldReader::address_or_none(const std::string& bytes, std::string_view field) {
    return bytes.empty() ? net::Address{} : address(bytes, field);
}

net::Prefix FieldReader::prefix(const link::v1::Prefix& prefix, std::string_view field) {
    const auto base = address(prefix.address(), field);
    if (!ok()) return {};
    if (prefix.length() > (base.is_v4() ? 32U : 128U)) {
        fail(field, "a prefix length of " + std::to_string(prefix.length()) + " does not exist");
        return {};
    }
    const auto result = net::Prefix::of(base, prefix.length());
    if (result.address() != base) fail(field, "has bits behind its length");
    return result;
}

base::Timestamp FieldReader::time(std::int64_t ns, std::string_view field) {
    if (ns < 0) {
        fail(field, "lies before 1970");
        return {};
    }
    return base::Timestamp{base::Duration{ns}};
}

std::string FieldReader::text(const std::string& value, std::string_view field, std::size_t limit) {
    if (value.size() > limit) {
        fail(field, "is longer than " + std::to_string(limit) + " bytes");
        return {};
    }
    if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
        fail(field, "contains control characters");
        return {};
    }
    return value;
}

std::string FieldReader::name(const std::string& value, std::string_view field) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (value.empty() || value.size() > 63 || !std::ranges::all_of(value, allowed)) {
        fail(field, "'" + printable(value) + "' is no name: 1 to 63 of a-z, 0-9 and '-'");
        return {};
    }
    return value;
}

std::uint8_t FieldReader::u8(std::uint32_t value, std::string_view field) {
    if (value > 0xff) fail(field, std::to_string(value) + " is above 255");
    return static_cast<std::uint8_t>(value);
}

std::uint16_t FieldReader::u16(std::uint32_t value, std::string_view field) {
    if (value > 0xffff) fail(field, std::to_string(value) + " is above 65535");
    return static_cast<std::uint16_t>(value);
}

double FieldReader::real(double value, double least, double most, std::string_view field) {
    if (!(value >= least && value <= most)) {
        fail(field, "is not between " + std::to_string(least) + " and " + std::to_string(most));
        return least;
    }
    return value;
}

bool FieldReader::size(int length, std::size_t limit, std::string_view field) {
    if (length >= 0 && static_cast<std::size_t>(length) <= limit) return true;
    fail(field, "has " + std::to_string(length) + " entries, more than " + std::to_string(limit));
    return false;
}

std::string FieldReader::printable(const std::string& value) {
    std::string text = value.substr(0, 40);
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return value.size() > 40 ? text + "…" : text;
}

}  // namespace sluice::rpc
