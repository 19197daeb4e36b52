// Which protocols of a target are checked, compiled; and which of them a packet belongs to.
#pragma once

#include <compare>
#include <cstdint>

#include "dataplane/meter/rate_limit.hpp"
#include "net/protocol.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::scrub::protocol {

enum class Kind : std::uint8_t { none, dns, ntp, sip };

struct Rules {
    bool dns = false;
    bool ntp = false;
    bool sip = false;
    meter::RateLimit dns_queries;  // of each source

    auto operator<=>(const Rules&) const = default;
    [[nodiscard]] bool any() const { return dns || ntp || sip || dns_queries.any(); }

    // What the stage has to look at in a packet to the target. Pieces of packets are not looked at.
    [[nodiscard]] Kind kind_of(const packet::Key& key) const {
        constexpr unsigned whole = packet::key_transport | packet::key_fragment;
        if ((key.flags & whole) != packet::key_transport) return Kind::none;
        if (key.protocol != static_cast<std::uint8_t>(net::IpProtocol::udp)) return Kind::none;
        switch (key.destination_port) {
            case 53:
                return dns || dns_queries.any() ? Kind::dns : Kind::none;
            case 123:
                return ntp ? Kind::ntp : Kind::none;
            case 5060:
                return sip ? Kind::sip : Kind::none;
            default:
                return Kind::none;
        }
    }
    // Whether judging such a packet asks for its source.
    [[nodiscard]] bool asks_for_source(Kind kind) const { return kind == Kind::dns && dns_queries.any(); }
};

}  // namespace sluice::dataplane::scrub::protocol
