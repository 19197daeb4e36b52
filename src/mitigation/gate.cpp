#include "mitigation/gate.hpp"

#include <chrono>
#include <string>

#include "mitigation/consent.hpp"
#include "mitigation/lifecycle.hpp"

namespace sluice::mitigation {
namespace {

constexpr auto clock_slack = std::chrono::seconds(1);

base::Status refuse(const model::Mitigation& mitigation, std::string what) {
    return base::fail(base::ErrorCode::forbidden, std::move(what), mitigation.id.to_string());
}

}  // namespace

base::Status Gate::check(const model::Mitigation& mitigation, const model::Route& route,
                         const AnnouncedCount& others, base::Timestamp now) const {
    using model::MitigationState;
    if (mitigation.state != MitigationState::active && mitigation.state != MitigationState::cooling) {
        return refuse(mitigation, "is not in force");
    }
    if (mitigation.expires_at <= now) return refuse(mitigation, "has expired");
    if (mitigation.expires_at > now + std::chrono::seconds(config_.limits.max_expiry_s) + clock_slack) {
        return refuse(mitigation, "expires later than limits.max_expiry_s allows");
    }
    if (auto status = check_route(mitigation, route); !status) return status;
    if (auto status = check_consent(mitigation); !status) return status;
    const Limits limits = stricter(config_.limits, prefixes_.limits_of(mitigation.tenant));
    if (others.of_tenant >= limits.max_active_per_tenant) {
        return base::fail(base::ErrorCode::exhausted, "its tenant has as many announced as its limit allows",
                          mitigation.id.to_string());
    }
    if (others.total >= config_.limits.max_active_total) {
        return base::fail(base::ErrorCode::exhausted, "limits.max_active_total are announced",
                          mitigation.id.to_string());
    }
    return {};
}

base::Status Gate::check_route(const model::Mitigation& mitigation, const model::Route& route) const {
    if (route.kind != mitigation.kind) return refuse(mitigation, "its route is of another kind");
    const auto& target = mitigation.target;
    const Limits limits = stricter(config_.limits, prefixes_.limits_of(mitigation.tenant));
    const unsigned widest = target.is_v4() ? limits.widest_divert_v4 : limits.widest_divert_v6;
    if (target.length() < widest) {
        return refuse(mitigation, "its target is wider than /" + std::to_string(widest));
    }
    switch (route.kind) {
        case model::MitigationKind::divert: {
            if (route.prefix != target) return refuse(mitigation, "its route is not for its target");
            if (route.next_hop.is_none() || route.next_hop.is_v4() != target.is_v4()) {
                return refuse(mitigation, "its route has no next hop of its family");
            }
            if (target.contains(route.next_hop)) {
                return refuse(mitigation, "its next hop lies inside of its target: a loop");
            }
            return {};
        }
        case model::MitigationKind::blackhole:
            if (route.prefix != target) return refuse(mitigation, "its route is not for its target");
            if (!target.is_host()) return refuse(mitigation, "only a single address is ever blackholed");
            if (config_.blackhole.mode == model::ConsentMode::off) {
                return refuse(mitigation, "blackholing is switched off");
            }
            if (config_.blackhole.mode == model::ConsentMode::ask && !by_a_person(mitigation)) {
                return refuse(mitigation, "blackholing needs a person's approval");
            }
            if (route.communities != config_.blackhole.communities) {
                return refuse(mitigation, "its communities are not the configured ones");
            }
            return {};
        case model::MitigationKind::flowspec:
            if (!config_.flowspec.enabled) return refuse(mitigation, "FlowSpec is switched off");
            if (route.rule.destination != target) return refuse(mitigation, "its rule is not for its target");
            if (route.rule.source_port == 0 || route.rule.protocol == 0) {
                return refuse(mitigation, "its rule would match all traffic of its target");
            }
            return {};
    }
    return refuse(mitigation, "is of no known kind");
}

base::Status Gate::check_consent(const model::Mitigation& mitigation) const {
    const auto prefixes = own_prefixes(prefixes_, mitigation.tenant);
    if (!prefixes) {
        return base::fail(base::ErrorCode::unavailable,
                          "the tenant's consent is not known: " + prefixes.error().what,
                          mitigation.id.to_string());
    }
    const auto consent = consent_for(*prefixes, mitigation.tenant, mitigation.target);
    if (!consent) return refuse(mitigation, "its target lies outside of its tenant's prefixes");
    if (consent->mode == model::ConsentMode::off) {
        return refuse(mitigation, "consent is off for " + consent->prefix.to_string());
    }
    if (consent->mode == model::ConsentMode::ask && !by_a_person(mitigation)) {
        return refuse(mitigation,
                      "consent for " + consent->prefix.to_string() + " asks for a person's approval");
    }
    return {};
}

}  // namespace sluice::mitigation
