#include "incident/attack_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/rate.hpp"

namespace sluice::incident {

using model::Finding;
using model::FindingState;
using model::Incident;
using model::IncidentState;

namespace {

std::string short_name(const net::Prefix& prefix) {
    return prefix.is_host() ? prefix.address().to_string() : prefix.to_string();
}

model::AttackVector leading_vector(const Finding& finding) {
    return finding.vectors.empty() ? model::AttackVector::total : finding.vectors.front().vector;
}

// The finding that the title speaks of: one that is still open, then the largest.
const Finding* strongest(const Incident& incident) {
    const Finding* best = nullptr;
    for (const auto& finding : incident.findings) {
        const bool better =
            best == nullptr ||
            std::make_pair(finding.state != FindingState::closed, finding.peak.packets_per_s) >
                std::make_pair(best->state != FindingState::closed, best->peak.packets_per_s);
        if (better) best = &finding;
    }
    return best;
}

std::string what_was_seen(const Finding& finding) {
    const auto unit =
        finding.rule.metric == "bits/s" ? base::RateUnit::bits_per_s : base::RateUnit::packets_per_s;
    return fmt::format("Detected by the threshold '{}': {} where {} is allowed.", finding.rule.threshold,
                       base::format_rate(finding.rule.observed, unit),
                       base::format_rate(finding.rule.limit, unit));
}

}  // namespace

std::string title_of(const Finding& finding) {
    const auto& vector = model::info(leading_vector(finding));
    std::string name(vector.vector == model::AttackVector::total ? "Flood" : vector.title);
    const bool outbound = finding.direction == model::TrafficDirection::outbound;
    return fmt::format("{} {} {}", name, outbound ? "from" : "on", short_name(finding.target));
}

AttackRecord::AttackRecord(Incident incident, base::Instant now)
    : incident_(std::move(incident)), stored_at_(now) {
    for (const auto& finding : incident_.findings) last_update_[finding.key] = now;
}

AttackRecord AttackRecord::opened(const Finding& finding, base::Instant now, const AttackLimits& limits) {
    AttackRecord record;
    record.incident_.tenant = finding.tenant;
    record.incident_.direction = finding.direction;
    record.incident_.target = finding.target;
    record.incident_.started_at = finding.first_seen_at;
    record.incident_.detected_at = finding.detected_at;
    record.last_update_[finding.key] = now;
    record.put(finding, limits);
    record.summarise();
    record.note({finding.first_seen_at, "first-evidence", "First traffic of the attack."}, limits);
    record.note({finding.detected_at, "detected", what_was_seen(finding)}, limits);
    return record;
}

bool AttackRecord::belongs(const Finding& finding) const {
    return finding.tenant == incident_.tenant && finding.direction == incident_.direction &&
           finding.target.is_v4() == incident_.target.is_v4() && finding.target.overlaps(incident_.target);
}

AttackChange AttackRecord::take(const Finding& finding, base::Instant now, const AttackLimits& limits) {
    const std::string title = incident_.title;
    const net::Prefix target = incident_.target;
    last_update_[finding.key] = now;
    const bool joined_or_closed = put(finding, limits);
    if (finding.target.contains(incident_.target)) incident_.target = finding.target;
    dirty_ = true;
    if (incident_.state == IncidentState::ended && finding.state != FindingState::closed) {
        incident_.state = IncidentState::open;
        incident_.ended_at.reset();
        summarise();
        note({finding.last_seen_at, "attack-resumed", "The attack is back."}, limits);
        return AttackChange::resumed;
    }
    summarise();
    const bool evidence = joined_or_closed || incident_.title != title || incident_.target != target;
    return evidence ? AttackChange::evidence : AttackChange::rates;
}

// True when the finding is new here, or its state changed to or from closed.
bool AttackRecord::put(const Finding& finding, const AttackLimits& limits) {
    auto& findings = incident_.findings;
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const Finding& f) { return f.key == finding.key; });
    if (found != findings.end()) {
        const bool changed =
            (found->state == FindingState::closed) != (finding.state == FindingState::closed);
        *found = finding;
        return changed;
    }
    if (findings.size() >= limits.max_findings) {
        // The oldest closed one makes room; without one, the oldest.
        auto victim = std::find_if(findings.begin(), findings.end(),
                                   [](const Finding& f) { return f.state == FindingState::closed; });
        if (victim == findings.end()) victim = findings.begin();
        last_update_.erase(victim->key);
        findings.erase(victim);
    }
    findings.push_back(finding);
    return true;
}

void AttackRecord::summarise() {
    for (const auto& finding : incident_.findings) {
        incident_.started_at = std::min(incident_.started_at, finding.first_seen_at);
        incident_.detected_at = std::min(incident_.detected_at, finding.detected_at);
        incident_.peak.packets_per_s = std::max(incident_.peak.packets_per_s, finding.peak.packets_per_s);
        incident_.peak.bits_per_s = std::max(incident_.peak.bits_per_s, finding.peak.bits_per_s);
    }
    if (const Finding* finding = strongest(incident_)) incident_.title = title_of(*finding);
}

bool AttackRecord::close_silent_findings(base::Instant since) {
    bool any = false;
    for (auto& finding : incident_.findings) {
        if (finding.state == FindingState::closed || last_update_[finding.key] >= since) continue;
        finding.state = FindingState::closed;
        any = dirty_ = true;
    }
    return any;
}

bool AttackRecord::is_over() const {
    return incident_.state == IncidentState::open &&
           std::all_of(incident_.findings.begin(), incident_.findings.end(),
                       [](const Finding& finding) { return finding.state == FindingState::closed; });
}

void AttackRecord::end(std::string text, base::Timestamp at, const AttackLimits& limits) {
    incident_.state = IncidentState::ended;
    base::Timestamp last = incident_.detected_at;
    for (const auto& finding : incident_.findings) last = std::max(last, finding.last_seen_at);
    incident_.ended_at = last;
    note({at, "attack-ended", std::move(text)}, limits);
}

void AttackRecord::close(base::Timestamp at, const AttackLimits& limits) {
    incident_.state = IncidentState::closed;
    note({at, "closed", "Nothing is in force any more."}, limits);
}

// In order of time; when it is full, an entry after the first ones makes room: how it began and how it stands
// matter most.
void AttackRecord::note(model::IncidentEntry entry, const AttackLimits& limits) {
    auto& timeline = incident_.timeline;
    const auto place = std::upper_bound(timeline.begin(), timeline.end(), entry.at,
                                        [](base::Timestamp at, const auto& other) { return at < other.at; });
    timeline.insert(place, std::move(entry));
    constexpr std::size_t beginning = 8;
    if (timeline.size() > limits.max_timeline) timeline.erase(timeline.begin() + beginning);
    dirty_ = true;
}

void AttackRecord::stored(Incident incident, base::Instant now) {
    incident_ = std::move(incident);
    stored_at_ = now;
    dirty_ = false;
}

void AttackRecord::restore(const Incident& before) {
    incident_ = before;
    dirty_ = true;
}

}  // namespace sluice::incident
