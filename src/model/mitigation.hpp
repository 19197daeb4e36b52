// What Sluice does about an incident: desired state with an owner, a limit in time, and a way back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/attack_vector.hpp"
#include "model/guard.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

enum class MitigationKind : std::uint8_t {
    divert,     // route the target through a gateway and scrub it
    blackhole,  // RFC 7999: give the target up to save the rest
    flowspec,   // RFC 8955: rules on the provider's routers
};

enum class MitigationState : std::uint8_t {
    proposed,   // waits for a person's consent
    active,     // desired; announced by every speaker that is up
    cooling,    // the attack ended; stays in force until the hold-down is over
    withdrawn,  // undone by a person, by the end of the attack, by expiry, or refused
};

struct FlowSpecRule {
    net::Prefix destination;
    std::vector<net::Prefix> sources;  // empty: any
    std::uint8_t protocol = 0;         // 0: any
    std::uint16_t source_port = 0;     // 0: any
    std::uint16_t destination_port = 0;
    double rate_limit_bytes_per_s = 0;  // 0: discard
};

// How far the guard of a diversion goes now. The policy and a person may say what it is to be; otherwise it
// rises and falls by itself.
struct MitigationGuard {
    GuardLevel level = GuardLevel::basic;
    base::Timestamp level_since{};     // epoch: since the mitigation began
    std::uint32_t changes = 0;         // of the level by itself: each makes the next fall wait longer
    std::optional<GuardLevel> pinned;  // by a person
    StageSet watched = 0;              // by a person: these stages count what they would drop

    bool operator==(const MitigationGuard&) const = default;
};

struct Mitigation {
    MitigationId id;
    TenantId tenant;
    IncidentId incident;
    MitigationKind kind = MitigationKind::divert;
    MitigationState state = MitigationState::proposed;
    net::Prefix target;
    std::vector<AttackVector> vectors;
    FlowSpecRule rule;   // only for flowspec
    std::string reason;  // why it is in its state, for people
    std::string actor;   // "auto", or the user who approved or withdrew it
    base::Timestamp created_at{};
    base::Timestamp expires_at{};
    base::Timestamp held_until{};  // a person wants it in force until then, attack or not; epoch: nobody does
    MitigationGuard guard;         // only of a diversion
    UsualTraffic usual;            // of the target, as the detector knew it when this was made
    std::uint64_t version = 0;
};

// A route as a speaker announces it.
struct Route {
    MitigationKind kind = MitigationKind::divert;
    net::Prefix prefix;
    net::Address next_hop;                   // of the diversion: a gateway's dirty leg
    std::vector<std::uint32_t> communities;  // RFC 1997, high 16 bits the AS
    FlowSpecRule rule;                       // only for flowspec

    // Two routes for the same reachability information replace each other.
    [[nodiscard]] std::string key() const;
};

[[nodiscard]] std::string_view to_string(MitigationKind kind);
[[nodiscard]] std::string_view to_string(MitigationState state);

}  // namespace sluice::model
