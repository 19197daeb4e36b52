#include "dataplane/worker_state.hpp"

#include "net/protocol.hpp"

namespace sluice::dataplane {
namespace {

// Told apart from each other by the number of words and by what stands above the serial in the last one.
constexpr std::uint64_t pair_kind = 1ULL << 32U;
constexpr std::uint64_t service_kind = 2ULL << 32U;

struct Words {
    std::uint64_t high, low;
};
Words words_of(const net::Address& address) {
    Words out;
    std::memcpy(&out, address.bytes().data(), sizeof out);
    return out;
}

}  // namespace

std::uint64_t WorkerState::pair_hash(std::uint32_t serial, const packet::Key& key) const {
    const Words source = words_of(key.source);
    const Words destination = words_of(key.destination);
    if (key.has(packet::key_ipv6)) {
        return base::siphash13(table_key, source.high, source.low, destination.high, destination.low,
                               pair_kind | serial);
    }
    // The last four bytes are an IPv4 address.
    return base::siphash13(table_key, (source.low & ~0xffffffffULL) | destination.low >> 32U,
                           pair_kind | serial);
}

std::uint64_t WorkerState::service_hash(std::uint32_t serial, const packet::Key& key) const {
    const Words destination = words_of(key.destination);
    const bool has_ports =
        key.has(packet::key_transport) && (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) ||
                                           key.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp));
    const std::uint64_t service =
        std::uint64_t{key.protocol} << 16U | (has_ports ? key.destination_port : std::uint16_t{0});
    if (key.has(packet::key_ipv6)) {
        return base::siphash13(table_key, destination.high, destination.low, service, service_kind | serial);
    }
    return base::siphash13(table_key, (destination.low & ~0xffffffffULL) | service, service_kind | serial);
}

}  // namespace sluice::dataplane
