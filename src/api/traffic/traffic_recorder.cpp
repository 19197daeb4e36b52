#include "api/traffic/traffic_recorder.hpp"

#include <algorithm>
#include <chrono>

namespace sluice::api::traffic {
namespace {

using model::PacketCount;
using model::TrafficRate;
using tenancy::TrafficColumns;

void add(TrafficRate& to, const TrafficRate& from) {
    to.packets_per_s += from.packets_per_s;
    to.bits_per_s += from.bits_per_s;
}

void add(TrafficColumns& to, const TrafficColumns& from) {
    add(to.inbound, from.inbound);
    add(to.outbound, from.outbound);
    add(to.passed, from.passed);
    add(to.dropped, from.dropped);
}

void add(PacketCount& to, const PacketCount& from) {
    to.packets += from.packets;
    to.bytes += from.bytes;
}

TrafficRate grown(const PacketCount& now, const PacketCount& before, double seconds) {
    if (now.packets < before.packets || now.bytes < before.bytes) return {};
    const auto per_second = [seconds](std::uint64_t count) {
        return static_cast<std::uint64_t>(static_cast<double>(count) / seconds + 0.5);
    };
    return {per_second(now.packets - before.packets), per_second((now.bytes - before.bytes) * 8)};
}

// The tenant's own prefix that a target lies in.
net::Prefix home_of(const tenancy::PolicyState& state, model::TenantId tenant, const net::Prefix& target) {
    if (const auto* owner = state.find(tenant)) {
        for (const auto& prefix : owner->prefixes) {
            if (prefix.prefix.contains(target)) return prefix.prefix;
        }
    }
    return target;
}

}  // namespace

TrafficRecorder::TrafficRecorder(Config config, Dependencies dependencies)
    : config_(config),
      dependencies_(std::move(dependencies)),
      refused_(dependencies_.metrics.counter("sluice_traffic_reports_refused_total",
                                             "Reports that a limit turned away")),
      lost_seconds_(dependencies_.metrics.counter("sluice_traffic_seconds_lost_total",
                                                  "Seconds of traffic that could not be stored")),
      now_(std::make_shared<const TrafficNow>()) {}

void TrafficRecorder::on_collector_report(const model::CollectorReport& report) {
    const std::lock_guard lock(mutex_);
    if (report.traffic.size() > config_.max_points ||
        (!collectors_.contains(report.name) && collectors_.size() >= config_.max_reporters)) {
        refused_.add();
        return;
    }
    collectors_[report.name] = {dependencies_.clock.now(), report.traffic};
}

void TrafficRecorder::on_gateway_report(const model::GatewayReport& report) {
    std::map<Key, Sums> sums;
    for (const auto& target : report.targets) {
        Sums& sum = sums[{target.tenant, target.target}];
        add(sum.passed, target.passed);
        // A packet that was turned into a question to its sender went no further: for a graph it was stopped.
        add(sum.dropped, target.dropped);
        add(sum.dropped, target.answered);
    }
    const std::lock_guard lock(mutex_);
    if (!gateways_.contains(report.name) && gateways_.size() >= config_.max_reporters) {
        refused_.add();
        return;
    }
    GatewayState& state = gateways_[report.name];
    if (state.started_at != report.started_at) {
        state = {};
        state.started_at = report.started_at;
        // What it counted before we knew it belongs to seconds that are over, unless it has just been born.
        const bool newborn = report.at - report.started_at < std::chrono::seconds(2);
        state.taken_at = newborn ? report.started_at : report.at;
        if (!newborn) state.taken = sums;
    }
    state.at = report.at;
    state.sums = std::move(sums);
}

void TrafficRecorder::add_collectors(Columns& columns) const {
    const auto oldest = dependencies_.clock.now() - std::chrono::milliseconds(config_.stale_ms);
    for (const auto& [name, collector] : collectors_) {
        if (collector.seen < oldest) continue;
        for (const auto& point : collector.points) {
            auto& row = columns[{point.tenant, point.prefix}];
            add(point.direction == model::TrafficDirection::inbound ? row.inbound : row.outbound, point.rate);
        }
    }
}

void TrafficRecorder::add_gateways(Columns& columns) {
    const auto state = dependencies_.board.current();
    for (auto& [name, gateway] : gateways_) {
        const double seconds = std::chrono::duration<double>(gateway.at - gateway.taken_at).count();
        if (seconds <= 0) continue;
        for (const auto& [key, sums] : gateway.sums) {
            const auto before = gateway.taken.find(key);
            const Sums start = before == gateway.taken.end() ? Sums{} : before->second;
            const auto home = state ? home_of(*state, key.first, key.second) : key.second;
            auto& row = columns[{key.first, home}];
            add(row.passed, grown(sums.passed, start.passed, seconds));
            add(row.dropped, grown(sums.dropped, start.dropped, seconds));
        }
        gateway.taken = gateway.sums;
        gateway.taken_at = gateway.at;
    }
}

base::Status TrafficRecorder::step() {
    Columns columns;
    auto fresh = std::make_shared<TrafficNow>();
    fresh->second = std::chrono::floor<std::chrono::seconds>(dependencies_.clock.wall());
    {
        const std::lock_guard lock(mutex_);
        add_collectors(columns);
        add_gateways(columns);
    }
    std::vector<tenancy::TrafficSecond> rows;
    rows.reserve(columns.size());
    for (const auto& [key, row] : columns) {
        add(fresh->total, row);
        add(fresh->tenants[key.first], row);
        rows.push_back({key.first, key.second, row});
    }
    {
        const std::lock_guard lock(mutex_);
        now_ = fresh;
    }
    if (rows.empty()) return {};
    auto stored = dependencies_.repository.append(fresh->second, rows);
    if (!stored) lost_seconds_.add();
    // The clock was set back: these seconds are there already.
    if (!stored && stored.error().code == base::ErrorCode::conflict) return {};
    return stored;
}

std::shared_ptr<const TrafficNow> TrafficRecorder::now() const {
    const std::lock_guard lock(mutex_);
    return now_;
}

}  // namespace sluice::api::traffic
