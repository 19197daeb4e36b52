// One incident while it is not closed: how findings change it. Plain logic, without a store, a clock or a
// lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "model/finding.hpp"
#include "model/incident.hpp"

namespace sluice::incident {

struct AttackLimits {
    std::size_t max_findings = 64;
    std::size_t max_timeline = 256;
};

enum class AttackChange : std::uint8_t {
    rates,     // only numbers moved
    evidence,  // a finding joined or closed, another vector leads, the target is wider
    resumed,   // it had ended and is back
};

class AttackRecord {
  public:
    // As it was stored.
    AttackRecord(model::Incident incident, base::Instant now);
    [[nodiscard]] static AttackRecord opened(const model::Finding& finding, base::Instant now,
                                             const AttackLimits& limits);

    [[nodiscard]] const model::Incident& incident() const { return incident_; }
    [[nodiscard]] bool has_finding(const std::string& key) const { return last_update_.contains(key); }
    // Same tenant and direction, and one target within the other: one attack, whatever detector reports it.
    [[nodiscard]] bool belongs(const model::Finding& finding) const;

    AttackChange take(const model::Finding& finding, base::Instant now, const AttackLimits& limits);
    // Closes the findings that were last reported before `since`. True when there were any.
    bool close_silent_findings(base::Instant since);
    // Open, and each of its findings is closed.
    [[nodiscard]] bool is_over() const;
    void end(std::string text, base::Timestamp at, const AttackLimits& limits);
    void close(base::Timestamp at, const AttackLimits& limits);
    void note(model::IncidentEntry entry, const AttackLimits& limits);

    [[nodiscard]] bool dirty() const { return dirty_; }
    [[nodiscard]] base::Instant stored_at() const { return stored_at_; }
    void stored(model::Incident incident, base::Instant now);
    void restore(const model::Incident& before);

  private:
    AttackRecord() = default;
    bool put(const model::Finding& finding, const AttackLimits& limits);
    void summarise();

    model::Incident incident_;
    std::map<std::string, base::Instant> last_update_;  // by finding key
    base::Instant stored_at_{};
    bool dirty_ = false;
};

// "TCP SYN flood on 192.0.2.10", "UDP flood from 192.0.2.10"
[[nodiscard]] std::string title_of(const model::Finding& finding);

}  // namespace sluice::incident
