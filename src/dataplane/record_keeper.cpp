#include "dataplane/record_keeper.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "dataplane/nat/binding_log.hpp"

namespace sluice::dataplane {
namespace {

// Compilations that are gone and whose flows may go on.
constexpr std::size_t most_gone = 1024;

base::Timestamp wall_time(std::uint64_t at_ns, const TimePair& now) {
    const std::uint64_t age = now.worker_ns > at_ns ? now.worker_ns - at_ns : 0;
    return now.wall - base::Duration{static_cast<std::int64_t>(age)};
}

}  // namespace

void RecordKeeper::on_program(const Program& program) {
    learn_names(program);
    learn_bindings(program);
}

void RecordKeeper::learn_names(const Program& program) {
    while (name_order_.size() > program.firewalls.size() + most_gone) {
        names_.erase(name_order_.front());
        name_order_.pop_front();
    }
    for (const auto& firewall : program.firewalls) {
        if (firewall == nullptr || names_.contains(firewall->generation)) continue;
        Names names{firewall->tenant, {}};
        for (const std::uint32_t rule : firewall->logged_rules) {
            names.rules.emplace(rule, firewall->rule_names[rule]);
        }
        names_.emplace(firewall->generation, std::move(names));
        name_order_.push_back(firewall->generation);
    }
}

void RecordKeeper::learn_bindings(const Program& program) {
    std::map<model::TenantId, std::shared_ptr<const TenantFirewall>> next;
    std::vector<model::NatBinding> changes;
    for (const auto& firewall : program.firewalls) {
        if (firewall == nullptr) continue;
        next.emplace(firewall->tenant, firewall);
        const auto before = firewalls_.extract(firewall->tenant);
        if (before && before.mapped() == firewall) continue;
        nat::static_changes(
            before ? before.mapped()->nat.static_bindings() : std::span<const model::NatBinding>{},
            firewall->nat.static_bindings(), program.made.wall, changes);
    }
    for (const auto& [tenant, gone] : firewalls_) {
        nat::static_changes(gone->nat.static_bindings(), {}, program.made.wall, changes);
    }
    firewalls_ = std::move(next);
    const std::size_t room = max_static_ - std::min(max_static_, static_.size());
    if (changes.size() > room) {
        lost_static_ += changes.size() - room;
        changes.resize(room);
    }
    static_.insert(static_.end(), changes.begin(), changes.end());
}

void RecordKeeper::take(FlowPorts& worker, const TimePair& now, std::size_t limit, LogRecords& out) {
    nat::drain(worker.bindings, now, limit, out.bindings);
    for (std::size_t n = 0; n < limit; ++n) {
        const auto event = worker.log.events.pop();
        if (!event) return;
        out.flows.push_back(line_of(*event, now));
    }
}

void RecordKeeper::take_static(LogRecords& out) {
    std::move(static_.begin(), static_.end(), std::back_inserter(out.bindings));
    static_.clear();
}

FlowLine RecordKeeper::line_of(const FlowEvent& event, const TimePair& now) const {
    FlowLine line;
    line.at = wall_time(event.at_ns, now);
    line.event = event;
    const auto names = names_.find(event.generation / generation_step * generation_step);
    if (names == names_.end()) return line;
    line.tenant = names->second.tenant;
    const auto rule = names->second.rules.find(event.rule);
    if (rule != names->second.rules.end()) line.rule = rule->second;
    return line;
}

}  // namespace sluice::dataplane
