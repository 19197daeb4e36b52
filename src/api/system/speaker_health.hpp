// How the speakers of BGP are: a port, as they are somebody else's (mitigation::Announcer and Announcements).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::api::system {

struct SpeakerPeer {
    std::string address;
    std::uint32_t asn = 0;
    std::string state;  // "established", "idle" …
};

struct SpeakerStatus {
    std::string name;
    bool up = false;           // it answers, and at least one session is established
    std::uint64_t routes = 0;  // announced through it
    std::uint32_t peers = 0;
    std::uint32_t peers_established = 0;
    std::string detail;  // why it is not up; empty when it is
};

// Thread-safe.
class SpeakerHealth {
  public:
    virtual ~SpeakerHealth() = default;
    [[nodiscard]] virtual std::vector<SpeakerStatus> speakers() const = 0;
};

}  // namespace sluice::api::system
