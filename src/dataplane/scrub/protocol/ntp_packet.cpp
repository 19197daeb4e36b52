#include "dataplane/scrub/protocol/ntp_packet.hpp"

#include <cstddef>

namespace sluice::dataplane::scrub::protocol {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t header_bytes = 48;
constexpr unsigned mode_client = 3, mode_server = 4;
constexpr unsigned most_stratum = 16;

bool is_code(std::size_t bytes, unsigned version) {
    return bytes == 4 || bytes == 20 || bytes == 24 || (version < 4 && bytes == 12);
}

// Extension fields, then perhaps a code. Without one the last field has at least 28 bytes (RFC 7822 section
// 3), so that the two can be told apart.
bool is_tail(Bytes rest, unsigned version) {
    constexpr std::size_t least_field = 16, least_last = 28;
    while (!rest.empty() && !is_code(rest.size(), version)) {
        if (version < 4 || rest.size() < least_last) return false;
        const std::size_t length = static_cast<std::size_t>(rest[2] << 8U | rest[3]);
        if (length < least_field || length % 4 != 0 || length > rest.size()) return false;
        rest = rest.subspan(length);
    }
    return true;
}

}  // namespace

bool is_ntp_packet(Bytes payload) {
    if (payload.size() < header_bytes) return false;
    const unsigned version = payload[0] >> 3U & 7U;
    const unsigned mode = payload[0] & 7U;
    if (version < 1 || version > 4 || payload[1] > most_stratum) return false;
    if (mode != mode_client && mode != mode_server) return false;
    return is_tail(payload.subspan(header_bytes), version);
}

}  // namespace sluice::dataplane::scrub::protocol
