// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/address.hpp"

namespace sluice::net {

// One's-complement sum of big-endian 16-bit words, not folded; an odd last byte counts as the high half.
[[nodiscard]] std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes);
// Folds and complements: the value for a checksum field, in host order.
[[nodiscard]] std::uint16_t checksum_finish(std::uint64_t sum);
// The checksum of a whole header (its own field zero); over a valid one with its field it gives 0.
[[nodiscard]] std::uint16_t checksum(std::span<const std::uint8_t> bytes);
// The sum over a transport's pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1).
[[nodiscard]] std::uint64_t pseudo_header_sum(const Address& source, const Address& destination,
                                              std::uint8_t protocol, std::uint32_t transport_bytes);

// RFC 1624 equation 3: the field after one 16-bit word has changed. All in host order.
[[nodiscard]] constexpr std::uint16_t checksum_update(std::uint16_t field, std::uint16_t old_word,
                                                      std::uint16_t new_word) {
    std::uint32_t sum = static_cast<std::uint16_t>(~field);
    sum += static_cast<std::uint16_t>(~old_word);
    sum += new_word;
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace sluice::net
