// Which protocols of a target are checked, compiled; and which of them a packet belongs to.
#pragma once

#include <compare>
#include <cstdint>

#include "dataplane/meter/rate_limit.hpp"
#include "net/protocol.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::scrub::protocol {

enum class Kind : std::uint8_t { none, dns, ntp, sip, http, tls, tcp };

struct Rules {
    bool dns = false;
    bool ntp = false;
    bool sip = false;
    bool http = false;
    bool tls = false;
    bool slow = false;
    std::uint16_t connections = 0;   // open ones of each source; 0: any number
    meter::RateLimit dns_queries;    // of each source
    meter::RateLimit http_requests;  // of each source

    auto operator<=>(const Rules&) const = default;
    [[nodiscard]] bool any() const { return dns || ntp || sip || dns_queries.any() || any_tcp(); }
    [[nodiscard]] bool any_tcp() const {
        return http || tls || slow || connections != 0 || http_requests.any();
    }

    // What the stage has to look at in a packet to the target. Pieces of packets are not looked at.
    [[nodiscard]] Kind kind_of(const packet::Key& key) const {
        constexpr unsigned whole = packet::key_transport | packet::key_fragment;
        if ((key.flags & whole) != packet::key_transport) return Kind::none;
        if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp)) return kind_of_segment(key);
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
    [[nodiscard]] bool asks_for_source(Kind kind) const {
        return kind >= Kind::http || (kind == Kind::dns && dns_queries.any());
    }

  private:
    [[nodiscard]] Kind kind_of_segment(const packet::Key& key) const {
        if (key.destination_port == 80 && (http || slow || http_requests.any())) return Kind::http;
        if (key.destination_port == 443 && (tls || slow)) return Kind::tls;
        return connections != 0 ? Kind::tcp : Kind::none;
    }
};

}  // namespace sluice::dataplane::scrub::protocol
