// What a firewall rule can ask of the first packet of a flow, as the packet arrives: before its destination
// is translated. Plain values: a flow set-up, `explain` and tests make one alike.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/attributes/attribute_table.hpp"
#include "model/firewall.hpp"
#include "net/address.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::firewall {

// A user or group, by the hash of its name (FNV-1a): the same in every program and every table of bindings,
// without a registry of names. Two names of one tenant that collide would be one user; at 64 bits that does
// not happen by accident.
using UserId = std::uint64_t;

[[nodiscard]] constexpr UserId user_id(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char letter : name) {
        hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3ULL;
    }
    return hash;
}

struct Question {
    net::Address source;
    net::Address destination;
    std::uint16_t source_port = 0;       // of ICMP: the type, as in packet::Key
    std::uint16_t destination_port = 0;  // of ICMP: the code
    std::uint8_t protocol = 0;
    // False: a later fragment, or a transport header that is not there. Such a packet matches only services
    // that ask for no port, type or code.
    bool has_transport = true;
    model::ZoneIndex from = model::internet_zone;
    model::ZoneIndex to = model::internet_zone;
    std::uint16_t minute_of_week = 0;  // UTC, Monday 00:00 is 0
    std::span<const UserId> users;     // the source's user and his groups; any order
    // What the tables say of both ends, where rules ask for that.
    attributes::Facts source_is;
    attributes::Facts destination_is;
};

[[nodiscard]] inline Question question_of(const packet::Key& key, model::ZoneIndex from, model::ZoneIndex to,
                                          std::uint16_t minute_of_week, std::span<const UserId> users = {}) {
    return {.source = key.source,
            .destination = key.destination,
            .source_port = key.source_port,
            .destination_port = key.destination_port,
            .protocol = key.protocol,
            .has_transport = key.has(packet::key_transport),
            .from = from,
            .to = to,
            .minute_of_week = minute_of_week,
            .users = users,
            .source_is = {},
            .destination_is = {}};
}

// Of a count of seconds since 1970, which began on a Thursday.
[[nodiscard]] constexpr std::uint16_t minute_of_week(std::uint64_t unix_seconds) {
    constexpr std::uint64_t minutes_a_week = 7 * 24 * 60;
    constexpr std::uint64_t thursday = 3 * 24 * 60;
    return static_cast<std::uint16_t>((unix_seconds / 60 + thursday) % minutes_a_week);
}
static_assert(minute_of_week(4 * 86'400) == 0, "5 January 1970 was a Monday");

}  // namespace sluice::dataplane::firewall
