#include "dataplane/scrub/protocol/client_hello.hpp"

#include <algorithm>
#include <array>

namespace sluice::dataplane::scrub::protocol {
namespace {

constexpr std::uint8_t handshake = 22;
constexpr std::uint8_t client_hello = 1;
constexpr std::uint16_t most_record_bytes = 1U << 14U;
// Type and length, version, random, and the shortest of each list.
constexpr std::uint16_t least_record_bytes = 4 + 2 + 32 + 1 + 4 + 2;
constexpr std::uint16_t most_session_bytes = 32;
constexpr std::uint16_t version_low = 0x0300, version_high = 0x0304;

}  // namespace

void ClientHello::go_on_with(Field field) {
    constexpr std::array<std::uint8_t, static_cast<std::size_t>(Field::count_)> fixed{
        1, 2, 2, 1, 3, 2, 32, 1, 0, 2, 0, 1, 0, 2, 2, 2, 0};
    field_ = field;
    gathered_ = 0;
    wanted_ = fixed[static_cast<std::size_t>(field)];
}

// `value` bytes of the next field follow. False when they can not.
bool ClientHello::take_length(std::uint16_t value) {
    const Field next = static_cast<Field>(static_cast<std::uint8_t>(field_) + 1);
    if (value > left_ && !fragmented_) return false;
    go_on_with(next);
    wanted_ = value;
    return wanted_ != 0 || end_field();
}

// The field's last byte was there: is it good, and what comes next?
bool ClientHello::end_field() {
    const std::uint16_t value = gathered_;
    switch (field_) {
        case Field::record_type:
            if (value != handshake) return false;
            return go_on_with(Field::record_version), true;
        case Field::record_version:
            if (value < version_low || value > version_high) return false;
            return go_on_with(Field::record_length), true;
        case Field::record_length:
            if (value < least_record_bytes || value > most_record_bytes) return false;
            left_ = value;
            return go_on_with(Field::hello_type), true;
        case Field::hello_type:
            if (value != client_hello) return false;
            return go_on_with(Field::hello_length), true;
        case Field::hello_length:
            fragmented_ = value > left_;
            if (value < left_) return false;
            return go_on_with(Field::hello_version), true;
        case Field::hello_version:
            if (value < version_low || value > version_high) return false;
            return go_on_with(Field::random), true;
        case Field::random:
            return go_on_with(Field::session_length), true;
        case Field::session_length:
            return value <= most_session_bytes && take_length(value);
        case Field::session:
            return go_on_with(Field::ciphers_length), true;
        case Field::ciphers_length:
            return value != 0 && value % 2 == 0 && take_length(value);
        case Field::ciphers:
            return go_on_with(Field::methods_length), true;
        case Field::methods_length:
            return value != 0 && take_length(value);
        case Field::methods:
            return go_on_with(Field::extensions_length), true;
        case Field::extensions_length:
            // They go to the end.
            if (value != left_ && !fragmented_) return false;
            return go_on_with(Field::extension_type), true;
        case Field::extension_type:
            return go_on_with(Field::extension_length), true;
        case Field::extension_length:
            return take_length(value);
        case Field::extension:
            return go_on_with(Field::extension_type), true;
        default:
            return false;
    }
}

Progress ClientHello::feed(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const bool in_record = field_ > Field::record_length;
        const std::uint16_t taken = static_cast<std::uint16_t>(
            std::min<std::size_t>(bytes.size(), in_record ? std::min(wanted_, left_) : wanted_));
        if (taken <= 3) {
            for (std::uint16_t n = 0; n < taken; ++n) {
                // Of the three bytes of the hello's length the first must be 0: no record is that long.
                if (field_ == Field::hello_length && wanted_ - n == 3 && bytes[0] != 0) return Progress::bad;
                gathered_ = static_cast<std::uint16_t>(gathered_ << 8U | bytes[n]);
            }
        }
        wanted_ = static_cast<std::uint16_t>(wanted_ - taken);
        if (in_record) left_ = static_cast<std::uint16_t>(left_ - taken);
        bytes = bytes.subspan(taken);
        if (wanted_ == 0 && !end_field()) return Progress::bad;
        if (in_record && left_ == 0) {
            const bool at_an_end = field_ == Field::extensions_length || field_ == Field::extension_type;
            return fragmented_ || (at_an_end && gathered_ == 0 && wanted_ == 2) ? Progress::whole
                                                                                : Progress::bad;
        }
    }
    return Progress::more;
}

}  // namespace sluice::dataplane::scrub::protocol
