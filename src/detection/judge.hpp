// Compares rates with rules: which one is crossed the most, and how near the others are.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "detection/compiled_policy.hpp"
#include "detection/meter.hpp"

namespace sluice::detection {

// The limits that a learned rule stands for at this moment.
struct LearnedLimit {
    double packets_per_s = Rule::no_limit;
    double bytes_per_s = Rule::no_limit;
    double usual_packets_per_s = 0;
    double usual_bytes_per_s = 0;
};

// Gives the limits of learned rules; nothing while too little is known.
class LearnedLimits {
  public:
    virtual ~LearnedLimits() = default;
    [[nodiscard]] virtual std::optional<LearnedLimit> limit(const Rule& rule) const = 0;
};

struct Crossing {
    const Rule* rule = nullptr;  // nullptr: no rule is crossed
    bool bytes = false;          // in bits/s rather than packets/s
    double limit = 0;            // packets or bytes a second
    double observed = 0;
    double usual = 0;
    // The highest observed / limit of any rule, crossed or not; 0 when there is nothing to compare.
    double nearest = 0;

    [[nodiscard]] bool crossed() const { return rule != nullptr; }
};

struct JudgeInput {
    const Rates& rates;
    float sampling;          // one in N packets is seen
    double time_constant_s;  // of the rates
    double confidence;       // standard errors of sampling by which an estimate must cross
    bool conversation;       // mostly one or few established TCP connections: no learned rule counts it
};

[[nodiscard]] Crossing judge(const RuleSet& rules, const JudgeInput& input, const LearnedLimits& learned);

// Rates below a tenth of the smallest limits are nothing to look at.
[[nodiscard]] Rate notable_rate(const RuleSet& rules);
// From half of a limit on, a subject is suspect: its records are looked at.
inline constexpr double suspicious_share = 0.5;
[[nodiscard]] Rate suspicious_rate(const RuleSet& rules);

// The robust z-score rule (Iglewicz and Hoaglin 1993: 0.6745 · (x − median) / MAD > z) as a limit, with a
// floor under MAD of a tenth of the median.
[[nodiscard]] double limit_from(double median, double mad, double z);

}  // namespace sluice::detection
