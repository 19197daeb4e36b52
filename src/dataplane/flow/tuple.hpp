// What tells one flow from another: the tenant, the protocol, and the two ends as a packet shows them. 40
// bytes, five words, compared and hashed as such.
//
// Ports are those of TCP, UDP, SCTP and UDP-Lite. The identifier of an ICMP query stands at the end that asks
// (the other end's port is 0), so that a query and its reply are each other's reverse, as with ports. All
// else has ports 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "net/address.hpp"

namespace sluice::dataplane::flow {

// Of a packet within its flow: as the flow's first packet went, or the answer's way.
enum class Direction : std::uint8_t { original, reply };
[[nodiscard]] constexpr Direction opposite(Direction direction) {
    return direction == Direction::original ? Direction::reply : Direction::original;
}
[[nodiscard]] constexpr std::size_t index(Direction direction) {
    return static_cast<std::size_t>(direction);
}

using TenantIndex = std::uint32_t;                           // of this gateway's tenants; below max_tenants
inline constexpr TenantIndex max_tenants = (1U << 24U) - 1;  // the last is nobody: of a free flow

class Tuple {
  public:
    Tuple() = default;
    Tuple(TenantIndex tenant, std::uint8_t protocol, const net::Address& from, std::uint16_t from_port,
          const net::Address& to, std::uint16_t to_port)
        : source(from), destination(to) {
        set_rest(tenant, protocol, from_port, to_port);
    }
    // All but the addresses, in one store: what is written in pieces and read as a word soon after has to
    // wait.
    void set_rest(TenantIndex tenant, std::uint8_t protocol, std::uint16_t from_port, std::uint16_t to_port) {
        const std::uint64_t rest = static_cast<std::uint64_t>(to_port) << 48U |
                                   static_cast<std::uint64_t>(from_port) << 32U | (tenant << 8U | protocol);
        std::memcpy(reinterpret_cast<char*>(this) + offsetof(Tuple, tenant_and_protocol), &rest,
                    sizeof(rest));
    }

    [[nodiscard]] TenantIndex tenant() const { return tenant_and_protocol >> 8U; }
    [[nodiscard]] std::uint8_t protocol() const { return static_cast<std::uint8_t>(tenant_and_protocol); }
    [[nodiscard]] bool ipv6() const { return !source.is_v4(); }

    [[nodiscard]] Tuple reversed() const {
        Tuple out = *this;
        out.source = destination;
        out.destination = source;
        out.source_port = destination_port;
        out.destination_port = source_port;
        return out;
    }

    // One of the five words: source, destination, then the rest. Each a load of its own: a copy of all five
    // would go through memory.
    [[nodiscard]] std::uint64_t word(std::size_t n) const {
        std::uint64_t out = 0;
        std::memcpy(&out, reinterpret_cast<const char*>(this) + n * 8, 8);
        return out;
    }
    // The last word of the reverse.
    [[nodiscard]] std::uint64_t turned_rest() const {
        const std::uint64_t rest = word(4);
        return rest >> 48U << 32U | (rest >> 32U & 0xffffU) << 48U | (rest & 0xffffffffU);
    }
    // 0 when they are the same; when this is the other's reverse.
    [[nodiscard]] std::uint64_t differs(const Tuple& other) const {
        return (word(0) ^ other.word(0)) | (word(1) ^ other.word(1)) | (word(2) ^ other.word(2)) |
               (word(3) ^ other.word(3)) | (word(4) ^ other.word(4));
    }
    [[nodiscard]] std::uint64_t differs_from_reverse(const Tuple& other) const {
        return (word(0) ^ other.word(2)) | (word(1) ^ other.word(3)) | (word(2) ^ other.word(0)) |
               (word(3) ^ other.word(1)) | (word(4) ^ other.turned_rest());
    }
    // The one or the other, without a branch.
    [[nodiscard]] std::uint64_t differs_turned(const Tuple& other, bool turned) const {
        const std::size_t end = turned ? 2 : 0;
        const std::uint64_t rest = turned ? other.turned_rest() : other.word(4);
        return (word(0) ^ other.word(end)) | (word(1) ^ other.word(end + 1)) |
               (word(2) ^ other.word(2 - end)) | (word(3) ^ other.word(3 - end)) | (word(4) ^ rest);
    }
    bool operator==(const Tuple& other) const { return differs(other) == 0; }

    net::Address source;
    net::Address destination;
    std::uint32_t tenant_and_protocol = 0;
    std::uint16_t source_port = 0;  // host order, as everywhere
    std::uint16_t destination_port = 0;
};
static_assert(sizeof(Tuple) == 40);

// The same for a tuple and its reverse: the ends in the order of their numbers. Of IPv4 only the first two
// words count.
struct HashWords {
    std::uint64_t at[5];
};
[[nodiscard]] inline HashWords hash_words4(const Tuple& tuple) {
    const std::uint64_t rest = tuple.word(4);
    // The address's four bytes, then the port: 48 bits an end.
    const std::uint64_t from = (tuple.word(1) >> 32U) << 16U | (rest >> 32U & 0xffffU);
    const std::uint64_t to = (tuple.word(3) >> 32U) << 16U | rest >> 48U;
    const std::uint64_t low = std::min(from, to);
    const std::uint64_t high = std::max(from, to);
    return {{(low >> 16U) << 32U | high >> 16U,
             (low & 0xffffU) << 48U | (high & 0xffffU) << 32U | (rest & 0xffffffffU), 0, 0, 0}};
}
[[nodiscard]] inline HashWords hash_words6(const Tuple& tuple) {
    const std::uint64_t from_high = tuple.word(0);
    const std::uint64_t from_low = tuple.word(1);
    const std::uint64_t to_high = tuple.word(2);
    const std::uint64_t to_low = tuple.word(3);
    bool less = from_low < to_low;
    if (from_low == to_low) [[unlikely]]
        less = from_high != to_high ? from_high < to_high : tuple.source_port < tuple.destination_port;
    // Without branches: which end is the lower one cannot be foreseen.
    const std::uint64_t turn = less ? 0 : ~0ULL;
    const std::uint64_t high = (from_high ^ to_high) & turn;
    const std::uint64_t low = (from_low ^ to_low) & turn;
    const std::uint64_t rest = tuple.word(4) ^ ((tuple.word(4) ^ tuple.turned_rest()) & turn);
    return {{from_high ^ high, from_low ^ low, to_high ^ high, to_low ^ low, rest}};
}

}  // namespace sluice::dataplane::flow
