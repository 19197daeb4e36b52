// A gateway's legs: which ports it has, which side of the network lies there, what it answers for itself, and
// how frames leave. Immutable after construction; shared by all workers.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/forward.hpp"
#include "dataplane/local_responder.hpp"

namespace sluice::dataplane {

using LegIndex = std::uint8_t;
inline constexpr std::size_t max_legs = 8;

struct Leg {
    std::string name;  // as attachments name it: "dirty", "clean"
    LocalResponder local;
    bool internet = false;   // untagged frames come from the internet: the destination says whose they are
    bool customers = false;  // untagged frames come from routed customers: the source says whose they are
};

// Where a frame leaves, and with which Ethernet header.
struct Egress {
    LegIndex leg = 0;
    WayOut way;

    auto operator<=>(const Egress&) const = default;
};

struct Topology {
    std::vector<Leg> legs;
    Egress to_customers;  // routed ones
    Egress to_internet;
    bool rewrite = false;  // Ethernet headers of frames to attached networks are made anew

    // One leg for both ways, or two, without addresses of their own; headers stay as they came.
    [[nodiscard]] static Topology plain(std::size_t legs);
};

}  // namespace sluice::dataplane
