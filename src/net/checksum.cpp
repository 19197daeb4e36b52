#include "net/checksum.hpp"

namespace sluice::net {

std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes) {
    std::size_t i = 0;
    for (; i + 1 < bytes.size(); i += 2) {
        sum += static_cast<std::uint32_t>(bytes[i]) << 8U | bytes[i + 1];
    }
    if (i < bytes.size()) sum += static_cast<std::uint32_t>(bytes[i]) << 8U;
    return sum;
}

std::uint16_t checksum_finish(std::uint64_t sum) {
    while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
    return checksum_finish(checksum_add(0, bytes));
}

std::uint64_t pseudo_header_sum(const Address& source, const Address& destination, std::uint8_t protocol,
                                std::uint32_t transport_bytes) {
    std::uint64_t sum = checksum_add(0, source.wire());
    sum = checksum_add(sum, destination.wire());
    return sum + protocol + (transport_bytes >> 16U) + (transport_bytes & 0xffffU);
}

}  // namespace sluice::net
