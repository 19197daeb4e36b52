#include "dataplane/scrub/protocol/sip_message.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace sluice::dataplane::scrub::protocol {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t most_method_bytes = 32;
constexpr std::size_t most_line_bytes = 1024;
constexpr std::string_view version = "SIP/2.0";

std::string_view text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_keep_alive(Bytes payload) {
    const bool zeros =
        payload.size() <= 4 && std::ranges::all_of(payload, [](std::uint8_t byte) { return byte == 0; });
    const bool line_ends = payload.size() <= 8 && std::ranges::all_of(payload, [](std::uint8_t byte) {
                               return byte == '\r' || byte == '\n';
                           });
    if (zeros || line_ends) return true;
    // STUN: type 0x0001, length, magic cookie, transaction 12.
    constexpr std::size_t stun_header = 20;
    return payload.size() >= stun_header && text_of(payload.first(2)) == std::string_view("\0\1", 2) &&
           text_of(payload.subspan(4, 4)) == "\x21\x12\xa4\x42" &&
           static_cast<std::size_t>(payload[2] << 8U | payload[3]) == payload.size() - stun_header;
}

// RFC 3261 section 25.1: token.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
    });
}

// A scheme, a colon, and something visible behind it.
bool is_uri(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !is_token(text.substr(0, colon)) || colon + 1 == text.size())
        return false;
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7f'; });
}

bool is_status(std::string_view line) {
    if (line.size() < 4 || line[3] != ' ') return false;
    return line[0] >= '1' && line[0] <= '6' &&
           std::ranges::all_of(line.substr(1, 2), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_request(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || first > most_method_bytes) return false;
    return is_token(line.substr(0, first)) && is_uri(line.substr(first + 1, last - first - 1)) &&
           line.substr(last + 1) == version;
}

}  // namespace

bool is_sip_message(Bytes payload) {
    if (is_keep_alive(payload)) return true;
    std::string_view text = text_of(payload);
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    const std::size_t end = text.substr(0, most_line_bytes).find("\r\n");
    if (end == std::string_view::npos) return false;
    const std::string_view line = text.substr(0, end);
    if (line.starts_with("SIP/2.0 ")) return is_status(line.substr(version.size() + 1));
    return is_request(line);
}

}  // namespace sluice::dataplane::scrub::protocol
