// Bytes that a filter asks for at one place of a packet's payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::model {

// The payload is what follows the header of TCP, UDP or ICMP, and of other protocols what follows the IP
// header. Packets that end before the last byte do not match, nor do the later pieces of a packet: where
// their bytes lie in the payload tells nothing without the first piece.
struct PayloadMatch {
    static constexpr std::size_t most_bytes = 16;
    static constexpr std::uint16_t last_offset = 1400;

    std::uint16_t offset = 0;
    std::vector<std::uint8_t> bytes;  // 1 to most_bytes
    std::vector<std::uint8_t> mask;   // as many, or none: all bits count

    bool operator==(const PayloadMatch&) const = default;
};
inline constexpr std::size_t most_payload_matches = 4;  // of one filter; all have to be there

}  // namespace sluice::model
