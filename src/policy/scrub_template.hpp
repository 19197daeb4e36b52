// How a kind of target is scrubbed, as the provider's experience has it: the values that a tenant's profile
// starts from.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/tenant_policy.hpp"
#include "model/tenant_program.hpp"

namespace sluice::policy {

// A template with the tenant's own values over it.
struct EffectiveProfile {
    bool drop_invalid = true;
    model::Countermeasure verify_tcp = model::Countermeasure::on_attack;
    std::uint32_t verified_for_s = 300;
    std::vector<model::AttackVector> reflection;
    std::vector<model::AttackVector> reflection_on_attack;
    std::vector<model::OfferedService> services;
    model::RateLimit source_limit;
    model::RateLimit target_limit;
    model::RateLimit fragment_limit;
    model::RateLimit icmp_limit;
    model::RateLimit udp_limit;  // under a flood of UDP
};

struct ScrubTemplate {
    std::string_view name;
    std::string_view sentence;  // for people: what it is for
    EffectiveProfile profile;
};

// generic, web, dns, mail, game, vpn.
[[nodiscard]] std::span<const ScrubTemplate> scrub_templates();
// An unknown template counts as generic.
[[nodiscard]] EffectiveProfile effective(const model::ProtectionProfile& profile);

}  // namespace sluice::policy
