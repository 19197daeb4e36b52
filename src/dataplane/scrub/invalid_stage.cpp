#include "dataplane/scrub/invalid_stage.hpp"

namespace sluice::dataplane::scrub {

bool is_bad_fragment(const packet::Key& key) {
    if (key.has(packet::key_tiny_fragment)) return true;  // RFC 1858 section 3
    const std::uint32_t payload = key.l4_length();
    // Pieces but the last are multiples of eight; none is empty; together they fit a packet (RFC 791, RFC
    // 8200).
    if (key.has(packet::key_more_fragments) && payload % 8 != 0) return true;
    if (payload == 0 || key.fragment_offset + payload > 65535) return true;
    // A second piece that would overwrite the TCP header (RFC 3128).
    return key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) &&
           key.has(packet::key_later_fragment) && key.fragment_offset < 20;
}

}  // namespace sluice::dataplane::scrub
