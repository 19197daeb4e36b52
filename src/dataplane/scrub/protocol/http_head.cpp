#include "dataplane/scrub/protocol/http_head.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace sluice::dataplane::scrub::protocol {
namespace {

constexpr std::string_view version_word = "HTTP/";
constexpr std::string_view length_word = "content-length:";
constexpr std::uint8_t most_method_bytes = 24;
constexpr std::uint16_t most_head_bytes = 65'535;
constexpr std::uint32_t most_body_bytes = 0xffff'ffff;

bool is_capital(std::uint8_t byte) {
    return byte >= 'A' && byte <= 'Z';
}
bool is_digit(std::uint8_t byte) {
    return byte >= '0' && byte <= '9';
}
std::uint8_t lower(std::uint8_t byte) {
    return is_capital(byte) ? static_cast<std::uint8_t>(byte | 0x20U) : byte;
}
bool is_control(std::uint8_t byte) {
    return byte < ' ' || byte == 0x7f;
}

}  // namespace

// False when no request line has this byte here.
bool HttpHead::take_request_line(std::uint8_t byte) {
    switch (state_) {
        case State::before:
            if (byte == '\r' || byte == '\n') return ++matched_ <= 4;
            state_ = State::method;
            matched_ = 1;
            return is_capital(byte);
        case State::method:
            if (byte != ' ')
                return (is_capital(byte) || byte == '-' || byte == '_') && ++matched_ <= most_method_bytes;
            state_ = State::target_begin;
            return true;
        case State::target_begin:
            state_ = State::target;
            return byte == '/' || byte == '*' || is_capital(static_cast<std::uint8_t>(byte & ~0x20U)) ||
                   is_digit(byte) || byte == '[';
        case State::target:
            if (byte != ' ') return !is_control(byte);
            state_ = State::version;
            matched_ = 0;
            return true;
        case State::version: {
            // "HTTP/", a digit, a point, a digit
            const std::uint8_t at = matched_++;
            if (at < version_word.size()) return byte == static_cast<std::uint8_t>(version_word[at]);
            if (at == version_word.size() + 1) return byte == '.';
            if (at == version_word.size() + 2) state_ = State::line_end;
            return is_digit(byte);
        }
        default:  // line_end
            if (byte == '\r' && matched_ != 0) return matched_ = 0, true;
            state_ = State::field_begin;
            return byte == '\n';
    }
}

// False when no head has this byte here.
bool HttpHead::take_field(std::uint8_t byte) {
    switch (state_) {
        case State::field_begin:
            matched_ = 0;
            if (byte == '\r') return state_ = State::last_line_end, true;
            state_ = State::field_name;
            [[fallthrough]];
        case State::field_name:
            if (lower(byte) != static_cast<std::uint8_t>(length_word[matched_])) {
                state_ = byte == '\n' ? State::field_begin : State::field_rest;
            } else if (++matched_ == length_word.size()) {
                state_ = State::length_value;
                body_bytes_ = 0;
            }
            return true;
        case State::length_value:
            if (is_digit(byte)) {
                const std::uint64_t more = body_bytes_ * 10ULL + (byte - '0');
                body_bytes_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(more, most_body_bytes));
            } else if (byte == '\n') {
                state_ = State::field_begin;
            } else if (byte != ' ' && byte != '\t' && byte != '\r') {
                return false;
            }
            return true;
        default:
            return true;
    }
}

Progress HttpHead::feed(std::span<const std::uint8_t> bytes, std::size_t& used) {
    used = 0;
    if (bytes.size() > static_cast<std::size_t>(most_head_bytes - bytes_)) return Progress::bad;
    bytes_ = static_cast<std::uint16_t>(bytes_ + bytes.size());
    while (used < bytes.size()) {
        if (state_ == State::field_rest) {
            const void* end = std::memchr(bytes.data() + used, '\n', bytes.size() - used);
            if (end == nullptr) {
                used = bytes.size();
                break;
            }
            used = static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - bytes.data()) + 1;
            state_ = State::field_begin;
            continue;
        }
        const std::uint8_t byte = bytes[used++];
        if (state_ < State::field_begin) {
            if (!take_request_line(byte)) return Progress::bad;
        } else if (state_ == State::last_line_end || (state_ == State::field_begin && byte == '\n')) {
            return byte == '\n' ? Progress::whole : Progress::bad;
        } else if (!take_field(byte)) {
            return Progress::bad;
        }
    }
    return Progress::more;
}

bool begins_request(std::span<const std::uint8_t> payload) {
    using namespace std::string_view_literals;
    constexpr std::array methods{"GET "sv,     "HEAD "sv,  "POST "sv,    "PUT "sv,   "DELETE "sv,
                                 "CONNECT "sv, "TRACE "sv, "OPTIONS "sv, "PATCH "sv, "PROPFIND "sv};
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    return !text.empty() && is_capital(payload[0]) &&
           std::ranges::any_of(methods, [&](std::string_view method) { return text.starts_with(method); });
}

}  // namespace sluice::dataplane::scrub::protocol
