// What tells one flow from another: the tenant, the protocol, and the two ends as a packet shows them. 40
// bytes, five words, compared and hashed as such.
//
// Ports are those of TCP, UDP, SCTP and UDP-Lite. The identifier of an ICMP query stands at the end that asks
// (the other end's port is 0), so that a query and its reply are each other's reverse, as with ports. All
// else has ports 0.
#pragma once

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

    struct Words {
        std::uint64_t at[5];  // source, destination, then the rest
    };
    [[nodiscard]] Words words() const {
        Words out;
        std::memcpy(&out, static_cast<const void*>(this), sizeof(out));
        return out;
    }
    bool operator==(const Tuple& other) const {
        const Words a = words();
        const Words b = other.words();
        return ((a.at[0] ^ b.at[0]) | (a.at[1] ^ b.at[1]) | (a.at[2] ^ b.at[2]) | (a.at[3] ^ b.at[3]) |
                (a.at[4] ^ b.at[4])) == 0;
    }

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
    const Tuple::Words w = tuple.words();
    // The address's four bytes, then the port: 48 bits an end.
    const std::uint64_t from = (w.at[1] >> 32U) << 16U | tuple.source_port;
    const std::uint64_t to = (w.at[3] >> 32U) << 16U | tuple.destination_port;
    const std::uint64_t low = from < to ? from : to;
    const std::uint64_t high = from < to ? to : from;
    return {{(low >> 16U) << 32U | high >> 16U,
             (low & 0xffffU) << 48U | (high & 0xffffU) << 32U | tuple.tenant_and_protocol, 0, 0, 0}};
}
[[nodiscard]] inline HashWords hash_words6(const Tuple& tuple) {
    const Tuple::Words w = tuple.words();
    const std::uint64_t ports = static_cast<std::uint64_t>(tuple.source_port) << 48U |
                                static_cast<std::uint64_t>(tuple.destination_port) << 32U;
    const std::uint64_t swapped = static_cast<std::uint64_t>(tuple.destination_port) << 48U |
                                  static_cast<std::uint64_t>(tuple.source_port) << 32U;
    const bool by_port = w.at[0] == w.at[2] && w.at[1] == w.at[3];
    const bool by_high = w.at[1] == w.at[3];
    const bool less = by_port   ? tuple.source_port < tuple.destination_port
                      : by_high ? w.at[0] < w.at[2]
                                : w.at[1] < w.at[3];
    if (less) return {{w.at[0], w.at[1], w.at[2], w.at[3], ports | tuple.tenant_and_protocol}};
    return {{w.at[2], w.at[3], w.at[0], w.at[1], swapped | tuple.tenant_and_protocol}};
}

}  // namespace sluice::dataplane::flow
