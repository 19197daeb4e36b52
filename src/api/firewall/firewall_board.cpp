#include "api/firewall/firewall_board.hpp"

#include <algorithm>

namespace sluice::api::firewall {

FirewallBoard::FirewallBoard(Config config, const base::Clock& clock, base::MetricRegistry& metrics)
    : config_(config),
      clock_(clock),
      metrics_(metrics),
      refused_(metrics.counter("sluice_firewall_counters_refused_total",
                               "Counters of gateways' firewalls that were beyond a limit")) {}

void FirewallBoard::on_gateway_report(const model::GatewayReport& report) {
    const std::lock_guard lock(mutex_);
    if (!gateways_.contains(report.name) && gateways_.size() >= config_.max_gateways) {
        refused_.add();
        return;
    }
    Gateway& gateway = gateways_[report.name];
    gateway.seen = clock_.now();
    if (gateway.started_at != report.started_at) begin_anew(gateway);
    gateway.started_at = report.started_at;
    for (const auto& told : report.firewalls) take(gateway, told, gateway.seen);
    if (gateway.seen - gateway.cleaned >= std::chrono::minutes(1)) forget_silent(gateway, gateway.seen);
    metrics_
        .gauge("sluice_firewall_flows_open", "Connections through customers' firewalls now",
               {{"gateway", report.name}})
        .set(static_cast<double>(gateway.flows_open));
    metrics_
        .gauge("sluice_firewall_tenants", "Customers whose firewall the gateway enforces",
               {{"gateway", report.name}})
        .set(static_cast<double>(gateway.tenants.size()));
}

void FirewallBoard::take(Gateway& gateway, const model::FirewallCounters& told, base::Instant now) {
    if (!gateway.tenants.contains(told.tenant) && gateway.tenants.size() >= config_.max_tenants) {
        refused_.add();
        return;
    }
    Tenant& tenant = gateway.tenants[told.tenant];
    tenant.heard = now;
    gateway.flows_open += told.flows_open - tenant.flows_open;
    tenant.flows_open = told.flows_open;
    tenant.flows_opened = told.flows_opened;
    tenant.nat_ports = told.nat_ports;
    for (const auto& hits : told.rules) {
        if (!tenant.rules.contains(hits.rule) && tenant.rules.size() >= config_.max_rules) {
            // Names of many policies before: what is in force is repeated soon.
            refused_.add(tenant.rules.size());
            tenant.rules.clear();
        }
        Rule& rule = tenant.rules[hits.rule];
        rule.hits = hits.hits;
        rule.since = rule.since_earlier == base::Timestamp{} ? hits.since : rule.since_earlier;
        rule.last_at = std::max(rule.last_at, hits.last_at);
    }
}

void FirewallBoard::begin_anew(Gateway& gateway) {
    for (auto& [id, tenant] : gateway.tenants) {
        tenant.opened_in_earlier_lives += tenant.flows_opened;
        tenant.flows_opened = tenant.flows_open = tenant.nat_ports = 0;
        for (auto& [name, rule] : tenant.rules) {
            rule.earlier_lives += rule.hits;
            rule.since_earlier = rule.since;
            rule.hits = 0;
        }
    }
    gateway.flows_open = 0;
}

void FirewallBoard::forget_silent(Gateway& gateway, base::Instant now) const {
    gateway.cleaned = now;
    std::erase_if(gateway.tenants, [&](const auto& entry) {
        const bool gone = now - entry.second.heard > std::chrono::seconds(config_.forget_after_s);
        if (gone) gateway.flows_open -= entry.second.flows_open;
        return gone;
    });
}

FirewallUse FirewallBoard::of(model::TenantId id) const {
    const std::lock_guard lock(mutex_);
    FirewallUse use;
    const base::Instant oldest = clock_.now() - std::chrono::milliseconds(config_.gateway_silent_ms);
    for (const auto& [name, gateway] : gateways_) {
        const auto found = gateway.tenants.find(id);
        if (found == gateway.tenants.end()) continue;
        const Tenant& tenant = found->second;
        if (gateway.seen >= oldest) {
            ++use.gateways;
            use.flows_open += tenant.flows_open;
            use.nat_ports += tenant.nat_ports;
        }
        use.flows_opened += tenant.flows_opened + tenant.opened_in_earlier_lives;
        for (const auto& [rule_name, rule] : tenant.rules) {
            const auto [entry, fresh] = use.rules.try_emplace(rule_name);
            RuleUse& sum = entry->second;
            sum.hits += rule.hits + rule.earlier_lives;
            sum.since = fresh ? rule.since : std::min(sum.since, rule.since);
            if (rule.last_at != base::Timestamp{})
                sum.last_at = std::max(sum.last_at.value_or(rule.last_at), rule.last_at);
        }
    }
    return use;
}

}  // namespace sluice::api::firewall
