#include "policy/zone_matrix.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

using model::RulePolicy;

// Bit z: the rule is about zones[z].
std::uint64_t zones_of(const std::vector<std::string>& named, const std::vector<std::string>& zones) {
    if (named.empty()) return ~0ULL;
    std::uint64_t bits = 0;
    for (const auto& name : named) {
        const auto found = std::find(zones.begin(), zones.end(), name);
        if (found != zones.end()) bits |= 1ULL << static_cast<unsigned>(found - zones.begin());
    }
    return bits;
}

struct Row {
    const RulePolicy* rule;
    std::uint64_t from;
    std::uint64_t to;
    bool whole;  // all of the traffic between its zones
};

void name(const Row& row, std::vector<std::string>& list, std::size_t most) {
    if (list.size() < most) list.push_back(row.rule->name);
}

void judge(const std::vector<Row>& rows, std::uint64_t from, std::uint64_t to, std::size_t most,
           ZonePair& pair) {
    using Verdict = ZonePair::Verdict;
    std::vector<std::string> allowing;
    std::vector<std::string> refusing;
    for (const Row& row : rows) {
        if ((row.from & from) == 0 || (row.to & to) == 0) continue;
        const bool allows = row.rule->action == model::RuleAction::allow;
        name(row, allows ? allowing : refusing, most);
        if (!row.whole) continue;
        const bool unmixed = allows ? refusing.empty() : allowing.empty();
        if (unmixed) {
            // What the ones before said is said again by this one.
            pair.verdict = allows ? Verdict::allowed : Verdict::denied;
            pair.rules = {row.rule->name};
            return;
        }
        pair.verdict = Verdict::partly;
        pair.rules = std::move(allowing);
        if (allows) pair.except = std::move(refusing);
        return;
    }
    pair.verdict = allowing.empty() ? Verdict::denied : Verdict::partly;
    pair.rules = std::move(allowing);
}

}  // namespace

std::vector<ZonePair> zone_matrix(const model::FirewallPolicy& policy, std::size_t most) {
    std::vector<std::string> zones{"internet"};
    zones.insert(zones.end(), policy.zones.begin(), policy.zones.end());
    std::vector<Row> rows;
    for (const auto& rule : policy.rules) {
        if (rule.disabled) continue;
        const bool whole = rule.source.empty() && rule.destination.empty() && rule.service.empty() &&
                           rule.users.empty() && rule.schedule.empty();
        rows.push_back({&rule, zones_of(rule.from, zones), zones_of(rule.to, zones), whole});
    }
    std::vector<ZonePair> pairs;
    for (std::size_t from = 0; from < zones.size(); ++from) {
        for (std::size_t to = 0; to < zones.size(); ++to) {
            if (from == 0 && to == 0) continue;
            ZonePair& pair = pairs.emplace_back();
            pair.from = zones[from];
            pair.to = zones[to];
            judge(rows, 1ULL << from, 1ULL << to, most, pair);
        }
    }
    return pairs;
}

}  // namespace sluice::policy
