#include "api/system/platform_health.hpp"

#include <algorithm>

namespace sluice::api::system {
namespace {

using model::PacketCount;

void add(PacketCount& to, const PacketCount& from) {
    to.packets += from.packets;
    to.bytes += from.bytes;
}

void add(model::TargetCounters& to, const model::TargetCounters& from) {
    add(to.in, from.in);
    add(to.passed, from.passed);
    add(to.dropped, from.dropped);
    add(to.answered, from.answered);
    for (std::size_t i = 0; i < to.stages.size(); ++i) {
        add(to.stages[i].in, from.stages[i].in);
        add(to.stages[i].passed, from.stages[i].passed);
        add(to.stages[i].dropped, from.stages[i].dropped);
    }
    for (std::size_t i = 0; i < to.reasons.size(); ++i) add(to.reasons[i], from.reasons[i]);
    to.verified_sources += from.verified_sources;
    to.spliced += from.spliced;
    to.syns_repeated += from.syns_repeated;
    for (std::size_t i = 0; i < to.monitored.size(); ++i) add(to.monitored[i], from.monitored[i]);
    add(to.verified_in, from.verified_in);
    add(to.verified_dropped, from.verified_dropped);
}

void add(model::TrafficRate& to, const model::TrafficRate& from) {
    to.packets_per_s += from.packets_per_s;
    to.bits_per_s += from.bits_per_s;
}

}  // namespace

model::TrafficRate PlatformHealth::rate(PacketCount now, PacketCount before, base::Duration over) {
    const auto ns = over.count();
    // A counter that went back belongs to a gateway that has started anew.
    if (ns <= 0 || now.packets < before.packets || now.bytes < before.bytes) return {};
    const auto per_second = [ns](std::uint64_t grown) {
        return static_cast<std::uint64_t>(static_cast<double>(grown) * 1e9 / static_cast<double>(ns) + 0.5);
    };
    return {per_second(now.packets - before.packets), per_second((now.bytes - before.bytes) * 8)};
}

void PlatformHealth::on_gateway_report(const model::GatewayReport& report) {
    Moment moment;
    moment.at = clock_.now();
    for (const auto& target : report.targets) {
        for (Sums* sums : {&moment.all, &moment.by_mitigation[target.mitigation]}) {
            add(sums->in, target.in);
            add(sums->passed, target.passed);
            add(sums->dropped, target.dropped);
            add(sums->answered, target.answered);
        }
    }
    const std::lock_guard lock(mutex_);
    if (!gateways_.contains(report.name) && gateways_.size() >= config_.max_gateways) return;
    Gateway& gateway = gateways_[report.name];
    keep(gateway, report);
    if (gateway.report.started_at != report.started_at) gateway.moments.clear();
    gateway.report = report;
    gateway.report.firewalls.clear();  // kept elsewhere
    gateway.report.attackers.clear();
    gateway.seen = moment.at;
    gateway.attached = true;
    gateway.moments.push_back(std::move(moment));
    const auto oldest = gateway.seen - std::chrono::milliseconds(config_.rate_window_ms);
    while (gateway.moments.size() > 2 && gateway.moments[1].at <= oldest) gateway.moments.pop_front();
}

void PlatformHealth::keep(Gateway& gateway, const model::GatewayReport& report) const {
    if (gateway.report.started_at != report.started_at) {
        for (auto& [id, kept] : gateway.kept) {
            add(kept.earlier_lives, kept.latest);
            kept.latest = {};
        }
    }
    for (const auto& target : report.targets) {
        if (target.mitigation.is_none()) continue;
        Kept& kept = gateway.kept[target.mitigation];
        kept.at = report.at;
        kept.latest = target;
    }
    while (gateway.kept.size() > config_.max_mitigations)
        gateway.kept.erase(gateway.kept.begin());  // the oldest
}

void PlatformHealth::on_gateway_detached(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (const auto found = gateways_.find(name); found != gateways_.end()) found->second.attached = false;
}

void PlatformHealth::on_collector_report(const model::CollectorReport& report) {
    const std::lock_guard lock(mutex_);
    if (!collectors_.contains(report.name) && collectors_.size() >= config_.max_collectors) return;
    Collector& collector = collectors_[report.name];
    collector.report = report;
    collector.report.traffic.clear();  // kept elsewhere
    collector.seen = clock_.now();
    collector.attached = true;
}

void PlatformHealth::on_collector_detached(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (const auto found = collectors_.find(name); found != collectors_.end()) found->second.attached = false;
}

void PlatformHealth::set_wanted(std::uint64_t generation, std::uint64_t policy_version) {
    const std::lock_guard lock(mutex_);
    wanted_generation_ = std::max(wanted_generation_, generation);
    wanted_policy_version_ = std::max(wanted_policy_version_, policy_version);
}

bool PlatformHealth::up(const Gateway& gateway) const {
    return clock_.now() - gateway.seen <= std::chrono::milliseconds(config_.gateway_silent_ms);
}

std::vector<GatewayHealth> PlatformHealth::gateways() const {
    const std::lock_guard lock(mutex_);
    std::vector<GatewayHealth> list;
    for (const auto& [name, gateway] : gateways_) {
        GatewayHealth health;
        health.name = name;
        health.up = up(gateway);
        health.last_seen_at = gateway.report.at;
        health.started_at = gateway.report.started_at;
        health.next_hop = gateway.report.diversion_next_hop;
        health.next_hop6 = gateway.report.diversion_next_hop6;
        health.generation = gateway.report.generation;
        health.trouble = gateway.report.trouble;
        health.tables = gateway.report.tables;
        health.targets = static_cast<std::size_t>(std::ranges::count_if(
            gateway.report.targets, [](const auto& target) { return !target.mitigation.is_none(); }));
        if (health.up && gateway.moments.size() >= 2) {
            const Moment& first = gateway.moments.front();
            const Moment& last = gateway.moments.back();
            health.received = rate(last.all.in, first.all.in, last.at - first.at);
            health.passed = rate(last.all.passed, first.all.passed, last.at - first.at);
            health.dropped = rate(last.all.dropped, first.all.dropped, last.at - first.at);
        }
        list.push_back(std::move(health));
    }
    return list;
}

std::vector<CollectorHealth> PlatformHealth::collectors() const {
    const std::lock_guard lock(mutex_);
    std::vector<CollectorHealth> list;
    const auto now = clock_.now();
    for (const auto& [name, collector] : collectors_) {
        const auto& report = collector.report;
        list.push_back({name, now - collector.seen <= std::chrono::milliseconds(config_.collector_silent_ms),
                        report.at, report.started_at, report.policy_version, report.records, report.losses});
    }
    return list;
}

std::optional<MitigationCounters> PlatformHealth::counters(model::MitigationId id) const {
    const std::lock_guard lock(mutex_);
    std::optional<MitigationCounters> sum;
    for (const auto& [name, gateway] : gateways_) {
        const auto kept = gateway.kept.find(id);
        if (kept == gateway.kept.end()) continue;
        if (!sum) sum.emplace();
        sum->at = std::max(sum->at, kept->second.at);
        add(sum->total, kept->second.latest);
        add(sum->total, kept->second.earlier_lives);
        if (!up(gateway) || gateway.moments.size() < 2) continue;
        const Moment& first = gateway.moments.front();
        const Moment& last = gateway.moments.back();
        const auto before = first.by_mitigation.find(id);
        const auto now = last.by_mitigation.find(id);
        if (now == last.by_mitigation.end()) continue;
        const Sums start = before == first.by_mitigation.end() ? Sums{} : before->second;
        const auto over = last.at - first.at;
        add(sum->received, rate(now->second.in, start.in, over));
        add(sum->passed, rate(now->second.passed, start.passed, over));
        add(sum->dropped, rate(now->second.dropped, start.dropped, over));
        add(sum->answered, rate(now->second.answered, start.answered, over));
    }
    return sum;
}

ProgramSpread PlatformHealth::spread_of(model::TenantId tenant) const {
    const std::lock_guard lock(mutex_);
    ProgramSpread spread;
    for (const auto& [name, gateway] : gateways_) {
        if (!up(gateway)) continue;
        ++spread.gateways;
        if (gateway.report.generation < wanted_generation_) ++spread.behind;
        if (std::ranges::any_of(gateway.report.refused,
                                [&](const auto& refused) { return refused.tenant == tenant; }))
            ++spread.refused;
    }
    return spread;
}

std::uint64_t PlatformHealth::wanted_generation() const {
    const std::lock_guard lock(mutex_);
    return wanted_generation_;
}

std::uint64_t PlatformHealth::wanted_policy_version() const {
    const std::lock_guard lock(mutex_);
    return wanted_policy_version_;
}

}  // namespace sluice::api::system
