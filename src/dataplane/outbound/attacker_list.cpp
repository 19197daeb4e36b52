#include "dataplane/outbound/attacker_list.hpp"

#include <algorithm>
#include <set>

namespace sluice::dataplane::outbound {
namespace {

base::Timestamp wall_of(std::uint64_t worker_ns, const TimePair& now) {
    return now.wall + std::chrono::nanoseconds(static_cast<std::int64_t>(worker_ns - now.worker_ns));
}

model::OutboundAttacker attacker_of(const AttackerEvent& event, const TimePair& now) {
    return {event.tenant,
            event.address,
            event.conduct,
            event.action,
            wall_of(event.since_ns, now),
            wall_of(event.last_ns, now),
            wall_of(event.until_ns, now),
            event.new_flows_per_s,
            event.unanswered_percent,
            event.hosts,
            event.ports,
            event.packets_per_s,
            event.bits_per_s,
            event.held_back};
}

// Another worker's part of the same host's attack.
void merge(model::OutboundAttacker& sum, const model::OutboundAttacker& more) {
    if (more.new_flows_per_s > sum.new_flows_per_s) {
        sum.conduct = more.conduct;
        sum.unanswered_percent = more.unanswered_percent;
    }
    sum.action = std::max(sum.action, more.action);
    sum.since = std::min(sum.since, more.since);
    sum.last_at = std::max(sum.last_at, more.last_at);
    sum.until = std::max(sum.until, more.until);
    sum.new_flows_per_s += more.new_flows_per_s;
    sum.hosts = std::max(sum.hosts, more.hosts);
    sum.ports = std::max(sum.ports, more.ports);
    sum.packets_per_s += more.packets_per_s;
    sum.bits_per_s += more.bits_per_s;
    sum.held_back += more.held_back;
}

}  // namespace

void AttackerList::take(std::size_t worker, AttackerTable& table) {
    while (const auto event = table.events().pop()) {
        const Key key{event->tenant, event->address, worker};
        if (event->named) {
            named_[key] = *event;
        } else {
            named_.erase(key);
        }
    }
}

void AttackerList::add(const Program& program, const TimePair& now, model::GatewayReport& report) {
    if (named_.empty()) return;
    std::set<model::TenantId> present;
    for (const auto& firewall : program.firewalls) {
        if (firewall != nullptr && firewall->attacks.any()) present.insert(firewall->tenant);
    }
    // A worker without packets says nothing: what is over by the clock is over.
    std::erase_if(named_, [&](const auto& entry) {
        return !present.contains(entry.first.tenant) || entry.second.until_ns < now.worker_ns;
    });
    const std::size_t first = report.attackers.size();
    for (const auto& [key, event] : named_) {
        const model::OutboundAttacker attacker = attacker_of(event, now);
        if (report.attackers.size() > first && report.attackers.back().tenant == attacker.tenant &&
            report.attackers.back().address == attacker.address) {
            merge(report.attackers.back(), attacker);
        } else {
            report.attackers.push_back(attacker);
        }
    }
    if (report.attackers.size() - first <= lines_) return;
    std::ranges::sort(report.attackers.begin() + static_cast<std::ptrdiff_t>(first), report.attackers.end(),
                      std::ranges::greater{}, &model::OutboundAttacker::last_at);
    report.attackers.resize(first + lines_);
}

}  // namespace sluice::dataplane::outbound
