#include "detection/judge.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::detection {
namespace {

constexpr double notable_share = 0.1;
constexpr double mad_floor_share = 0.1;
constexpr double mad_per_z = 1 / 0.6745;

// Each sampled packet stands for N, so an estimate of n packets has the standard error √(n·(N − 1)); the rate
// filter looks at about two time constants.
double relative_margin(double packets_per_s, const JudgeInput& input) {
    if (input.sampling <= 1 || packets_per_s <= 0) return 0;
    const double error = std::sqrt(packets_per_s * (input.sampling - 1) / (2 * input.time_constant_s));
    return std::min(1.0, input.confidence * error / packets_per_s);
}

Rate part_of(const RuleSet& rules, double share) {
    const auto part = [share](double limit) { return static_cast<float>(std::min(limit, 1e30) * share); };
    return {part(rules.least_packets_per_s), part(rules.least_bytes_per_s)};
}

struct Comparison {
    const Rule& rule;
    bool bytes;
    double limit;
    double observed;
    double margin;  // part of `observed` that may be chance
    double usual;
    bool counts = true;  // may cross; else it only tells how near it is
};

void compare(Crossing& best, const Comparison& with) {
    const auto& [rule, bytes, limit, observed, margin, usual, counts] = with;
    if (!(limit < Rule::no_limit) || limit <= 0) return;
    const double sure = observed * (1 - margin);
    best.nearest = std::max(best.nearest, sure / limit);
    if (sure < limit || !counts) return;
    const bool stronger = !best.crossed() || observed / limit > best.observed / best.limit;
    if (!stronger) return;
    best.rule = &rule;
    best.bytes = bytes;
    best.limit = limit;
    best.observed = observed;
    best.usual = usual;
}

}  // namespace

Rate notable_rate(const RuleSet& rules) {
    return part_of(rules, notable_share);
}

Rate suspicious_rate(const RuleSet& rules) {
    return part_of(rules, suspicious_share);
}

double limit_from(double median, double mad, double z) {
    return median + z * mad_per_z * std::max(mad, mad_floor_share * median);
}

Crossing judge(const RuleSet& rules, const JudgeInput& input, const LearnedLimits& learned) {
    Crossing best;
    for (const Rule& rule : rules.rules) {
        const Rate observed = input.rates.sum(rule.classes);
        const double margin = relative_margin(observed.packets, input);
        compare(best, {rule, false, rule.packets_per_s, observed.packets, margin, 0});
        compare(best, {rule, true, rule.bytes_per_s, observed.bytes, margin, 0});
        if (rule.learned_z <= 0 || observed.packets < rule.learned_floor / 2) continue;
        const auto limit = learned.limit(rule);
        if (!limit) continue;
        const bool counts = !input.conversation && observed.packets >= rule.learned_floor;
        compare(best, {rule, false, limit->packets_per_s, observed.packets, margin,
                       limit->usual_packets_per_s, counts});
        compare(best,
                {rule, true, limit->bytes_per_s, observed.bytes, margin, limit->usual_bytes_per_s, counts});
    }
    return best;
}

}  // namespace sluice::detection
