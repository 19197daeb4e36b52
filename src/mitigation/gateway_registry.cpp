#include "mitigation/gateway_registry.hpp"

#include <algorithm>
#include <utility>

namespace sluice::mitigation {
namespace {

base::Duration ms(std::uint32_t value) {
    return std::chrono::milliseconds(value);
}

bool has_in_force(const GatewayStatus& status, model::TenantId tenant, std::uint64_t generation) {
    if (status.generation < generation) return false;
    const auto refused = status.refused.find(tenant);
    return refused == status.refused.end() || refused->second.in_force >= generation;
}

bool same_refusals(const std::map<model::TenantId, model::RefusedProgram>& known,
                   const std::vector<model::RefusedProgram>& reported) {
    return known.size() == reported.size() && std::ranges::all_of(reported, [&](const auto& refused) {
               const auto it = known.find(refused.tenant);
               return it != known.end() && it->second.generation == refused.generation &&
                      it->second.in_force == refused.in_force;
           });
}

}  // namespace

base::Status validate(const GatewayRegistryConfig& config) {
    if (config.silent_ms < 200 || config.silent_ms > 60'000) {
        return base::fail(base::ErrorCode::invalid_argument, "is not between 200 and 60000",
                          "gateways.silent_ms", "gateways report every 200 ms; leave it out for 800");
    }
    if (config.max_gateways == 0) {
        return base::fail(base::ErrorCode::invalid_argument, "is 0", "gateways.max_gateways",
                          "leave it out for 64");
    }
    return {};
}

GatewayRegistry::GatewayRegistry(GatewayRegistryConfig config, const base::Clock& clock)
    : config_(config), clock_(clock) {}

bool GatewayRegistry::healthy(const Entry& entry, base::Instant now) const {
    return now - entry.last_report < ms(config_.silent_ms) && now >= entry.usable_from;
}

void GatewayRegistry::on_report(const model::GatewayReport& report) {
    std::function<void()> wake;
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_.now();
        const bool known = entries_.contains(report.name);
        if (!known && entries_.size() >= config_.max_gateways) return;
        auto& entry = entries_[report.name];
        if (known && now - entry.last_report >= ms(config_.silent_ms)) {
            entry.usable_from = now + ms(config_.hold_ms);
        }
        auto& status = entry.status;
        const bool changed =
            !known || status.started_at != report.started_at || status.generation != report.generation ||
            entry.usable_from > now || !same_refusals(status.refused, report.refused) ||
            status.next_hop != report.diversion_next_hop || status.next_hop6 != report.diversion_next_hop6;
        status.name = report.name;
        status.next_hop = report.diversion_next_hop;
        status.next_hop6 = report.diversion_next_hop6;
        status.generation = report.generation;
        status.refused.clear();
        for (const auto& refused : report.refused) status.refused.insert_or_assign(refused.tenant, refused);
        status.started_at = report.started_at;
        status.last_report_at = clock_.wall();
        entry.last_report = now;
        if (changed) wake = wake_;
    }
    if (wake) wake();
}

void GatewayRegistry::on_detached(const std::string& /*name*/) {
    // Nothing to do: its silence tells, and a link that is back within that time has cost nothing.
}

std::vector<GatewayStatus> GatewayRegistry::gateways() const {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    std::vector<GatewayStatus> result;
    for (const auto& [name, entry] : entries_) {
        result.push_back(entry.status);
        result.back().healthy = healthy(entry, now);
    }
    return result;
}

std::optional<GatewayStatus> GatewayRegistry::choose(net::Family family, model::TenantId tenant,
                                                     std::uint64_t generation,
                                                     const std::string& preferred) const {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    const auto fit = [&](const Entry& entry) {
        const auto& hop = family == net::Family::ipv4 ? entry.status.next_hop : entry.status.next_hop6;
        return healthy(entry, now) && has_in_force(entry.status, tenant, generation) && !hop.is_none();
    };
    const Entry* chosen = nullptr;
    if (const auto it = entries_.find(preferred); it != entries_.end() && fit(it->second)) {
        chosen = &it->second;
    } else {
        for (const auto& [name, entry] : entries_) {
            if (!fit(entry)) continue;
            chosen = &entry;
            break;
        }
    }
    if (chosen == nullptr) return std::nullopt;
    auto status = chosen->status;
    status.healthy = true;
    return status;
}

std::optional<base::Instant> GatewayRegistry::next_deadline() const {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    std::optional<base::Instant> next;
    const auto consider = [&](base::Instant at) {
        if (at > now && (!next || at < *next)) next = at;
    };
    for (const auto& [name, entry] : entries_) {
        consider(entry.last_report + ms(config_.silent_ms));
        consider(entry.usable_from);
    }
    return next;
}

void GatewayRegistry::on_change(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
}

}  // namespace sluice::mitigation
