#include "mitigation/planner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/rate.hpp"
#include "net/protocol.hpp"

namespace sluice::mitigation {
namespace {

using model::ConsentMode;
using model::Mitigation;
using model::MitigationKind;
using model::MitigationState;

std::vector<model::AttackVector> vectors_of(const model::Finding& finding) {
    std::vector<model::AttackVector> vectors;
    for (const auto& share : finding.vectors) {
        if (std::ranges::find(vectors, share.vector) == vectors.end()) vectors.push_back(share.vector);
    }
    return vectors;
}

bool same_rule(const Mitigation& a, const Mitigation& b) {
    return a.kind == b.kind &&
           (a.kind != MitigationKind::flowspec ||
            (a.rule.protocol == b.rule.protocol && a.rule.source_port == b.rule.source_port));
}

// A wider one of the same kind, or for a diversion also a blackhole, makes the draft needless.
bool covers(const Mitigation& other, const Mitigation& draft) {
    const bool kind = same_rule(other, draft) ||
                      (draft.kind == MitigationKind::divert && other.kind == MitigationKind::blackhole &&
                       other.state != MitigationState::proposed);
    return kind && other.target.contains(draft.target);
}

Mitigation draft_of(const PlanInput& input, const model::Finding& finding, MitigationKind kind,
                    const Limits& limits) {
    Mitigation draft;
    draft.tenant = input.incident.tenant;
    draft.incident = input.incident.id;
    draft.kind = kind;
    draft.target = finding.target;
    draft.vectors = vectors_of(finding);
    draft.usual = finding.usual;
    draft.created_at = input.now;
    draft.expires_at = input.now + std::chrono::seconds(limits.expiry_s);
    return draft;
}

void set_consent(Mitigation& draft, const TargetConsent& consent, const std::string& why) {
    const bool automatic = consent.mode == ConsentMode::automatic;
    draft.state = automatic ? MitigationState::active : MitigationState::proposed;
    draft.actor = automatic ? "auto" : "";
    draft.reason = automatic
                       ? fmt::format("consent for {} is auto", consent.prefix.to_string())
                       : fmt::format("waits for approval: consent for {} is ask", consent.prefix.to_string());
    if (!why.empty()) draft.reason += "; " + why;
}

void add(const PlanInput& input, Plan& plan, Mitigation draft) {
    const auto needless = [&](const Mitigation& other) { return covers(other, draft); };
    if (std::ranges::any_of(input.live, needless) || std::ranges::any_of(input.declined, needless) ||
        std::ranges::any_of(plan.drafts, needless)) {
        return;
    }
    plan.drafts.push_back(std::move(draft));
}

void refuse(Plan& plan, std::string text) {
    if (std::ranges::find(plan.refusals, text) == plan.refusals.end())
        plan.refusals.push_back(std::move(text));
}

}  // namespace

std::vector<model::AttackVector> vectors_since(const Mitigation& diversion, const model::Incident& incident) {
    auto vectors = diversion.vectors;
    for (const auto& finding : incident.findings) {
        if (finding.state == model::FindingState::closed ||
            finding.direction != model::TrafficDirection::inbound ||
            !finding.target.overlaps(diversion.target)) {
            continue;
        }
        for (const auto vector : vectors_of(finding)) {
            if (std::ranges::find(vectors, vector) == vectors.end()) vectors.push_back(vector);
        }
    }
    return vectors;
}

Plan Planner::plan(const PlanInput& input) const {
    Plan plan;
    if (input.incident.state != model::IncidentState::open ||
        input.incident.direction != model::TrafficDirection::inbound) {
        return plan;
    }
    // Widest first, so that a host inside of an attacked prefix does not get a route of its own.
    std::vector<const model::Finding*> findings;
    for (const auto& finding : input.incident.findings) {
        if (finding.state != model::FindingState::closed &&
            finding.direction == model::TrafficDirection::inbound) {
            findings.push_back(&finding);
        }
    }
    std::ranges::stable_sort(findings, {}, [](const auto* finding) { return finding->target.bits(); });
    for (const auto* finding : findings) plan_finding(input, *finding, plan);
    return plan;
}

void Planner::plan_finding(const PlanInput& input, const model::Finding& finding, Plan& plan) const {
    const std::string target = finding.target.to_string();
    const auto consent = consent_for(input.prefixes, input.incident.tenant, finding.target);
    if (!consent) {
        refuse(plan, target + " lies outside of the tenant's prefixes: nothing is done");
        return;
    }
    if (consent->mode == ConsentMode::off) {
        refuse(plan, fmt::format("consent for {} is off: nothing is done about {}",
                                 consent->prefix.to_string(), target));
        return;
    }
    const unsigned widest =
        finding.target.is_v4() ? config_.limits.widest_divert_v4 : config_.limits.widest_divert_v6;
    if (finding.target.length() < widest) {
        refuse(plan, fmt::format("{} is wider than /{}, the widest that is touched: a person must decide",
                                 target, widest));
        return;
    }
    plan_flowspec(input, finding, *consent, plan);

    if (const auto why = beyond_cleaning(input, finding);
        !why.empty() && config_.blackhole.mode != ConsentMode::off && finding.target.is_host()) {
        auto draft = draft_of(input, finding, MitigationKind::blackhole, config_.limits);
        const TargetConsent effective{consent->prefix, stricter(consent->mode, config_.blackhole.mode)};
        set_consent(draft, effective, why);
        const bool at_once = draft.state == MitigationState::active;
        add(input, plan, std::move(draft));
        if (at_once) return;  // else it is cleaned as well as can be until somebody has decided
    }
    auto draft = draft_of(input, finding, MitigationKind::divert, config_.limits);
    set_consent(draft, *consent, {});
    add(input, plan, std::move(draft));
}

void Planner::plan_flowspec(const PlanInput& input, const model::Finding& finding,
                            const TargetConsent& consent, Plan& plan) const {
    if (!config_.flowspec.enabled) return;
    const auto is_rule = [&](const Mitigation& other) {
        return other.kind == MitigationKind::flowspec && other.incident == input.incident.id;
    };
    auto count = static_cast<std::uint32_t>(std::ranges::count_if(input.live, is_rule) +
                                            std::ranges::count_if(plan.drafts, is_rule));
    for (const auto vector : vectors_of(finding)) {
        const auto& reflection = model::info(vector);
        if (reflection.source_port == 0) continue;
        if (count >= config_.flowspec.max_rules_per_incident) return;
        auto draft = draft_of(input, finding, MitigationKind::flowspec, config_.limits);
        draft.vectors = {vector};
        draft.rule.destination = finding.target;
        draft.rule.protocol = static_cast<std::uint8_t>(net::IpProtocol::udp);
        draft.rule.source_port = reflection.source_port;
        draft.rule.rate_limit_bytes_per_s = config_.flowspec.rate_limit_bytes_per_s;
        set_consent(draft, consent, std::string(reflection.title));
        const auto before = plan.drafts.size();
        add(input, plan, std::move(draft));
        count += static_cast<std::uint32_t>(plan.drafts.size() - before);
    }
}

std::string Planner::beyond_cleaning(const PlanInput& input, const model::Finding& finding) const {
    const auto& policy = config_.blackhole;
    const auto& rate = finding.current;
    const auto bits = [](std::uint64_t value) {
        return base::format_rate(value, base::RateUnit::bits_per_s);
    };
    if (policy.gateway_bits_per_s > 0 && rate.bits_per_s > policy.gateway_bits_per_s) {
        return fmt::format("{} exceed the gateways' {}", bits(rate.bits_per_s),
                           bits(policy.gateway_bits_per_s));
    }
    if (policy.gateway_packets_per_s > 0 && rate.packets_per_s > policy.gateway_packets_per_s) {
        return fmt::format("{} exceed the gateways' {}",
                           base::format_rate(rate.packets_per_s, base::RateUnit::packets_per_s),
                           base::format_rate(policy.gateway_packets_per_s, base::RateUnit::packets_per_s));
    }
    if (policy.line_rate_multiple > 0) {
        const auto line = input.line_rate_bps(finding.target);
        if (line > 0 &&
            static_cast<double>(rate.bits_per_s) > policy.line_rate_multiple * static_cast<double>(line)) {
            return fmt::format("{} exceed {:g} times the line's {}", bits(rate.bits_per_s),
                               policy.line_rate_multiple, bits(line));
        }
    }
    return {};
}

}  // namespace sluice::mitigation
