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

// How one level of a template scrubs, with the tenant's own values over it.
struct EffectiveProfile {
    bool drop_invalid = true;
    model::StageSet watched = 0;  // these count what they would drop
    model::Countermeasure verify_tcp = model::Countermeasure::on_attack;
    model::TcpMethod tcp_method = model::TcpMethod::safe_reset;
    // The next two are for attacks with UDP in them.
    model::DnsVerification verify_dns = model::DnsVerification::off;
    model::UdpVerification verify_udp = model::UdpVerification::off;
    std::uint32_t verified_for_s = 300;
    model::ProtocolChecks protocol;
    model::AnomalyChecks anomaly;
    std::vector<model::AttackVector> reflection;
    std::vector<model::AttackVector> reflection_on_attack;
    std::vector<model::OfferedService> services;
    model::RateLimit source_limit;
    model::RateLimit target_limit;
    model::RateLimit fragment_limit;
    model::RateLimit icmp_limit;
    model::RateLimit udp_limit;  // under a flood of UDP
    // No template has these: they are for what a customer knows of his own traffic.
    model::RateLimit pair_limit;
    model::RateLimit service_limit;
};

// docs/how-to/guard-levels.md has all of it as a table. At level analysis a target has what it has at basic,
// and all watchable stages only watch.
struct ScrubTemplate {
    std::string_view name;
    std::string_view sentence;  // for people: what it is for
    EffectiveProfile basic;
    EffectiveProfile strong;
};

// generic, web, dns, mail, game, vpn, router, link.
[[nodiscard]] std::span<const ScrubTemplate> scrub_templates();
// The level is the caller's choice, whatever the profile says of it. An unknown template counts as generic.
[[nodiscard]] EffectiveProfile effective(const model::ProtectionProfile& profile, model::GuardLevel level);

}  // namespace sluice::policy
