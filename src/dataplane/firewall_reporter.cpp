#include "dataplane/firewall_reporter.hpp"

#include <algorithm>
#include <string_view>

namespace sluice::dataplane {
namespace {

std::uint32_t seconds_of(base::Timestamp at) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
}
base::Timestamp timestamp_of(std::uint32_t seconds) {
    return base::Timestamp{std::chrono::seconds(seconds)};
}

}  // namespace

void FirewallReporter::add(const Program& program, std::span<const flow::FlowTable* const> flows,
                           base::Timestamp now, model::GatewayReport& report) {
    ++looks_;
    in_order_.clear();
    for (const auto& firewall : program.firewalls) {
        if (firewall != nullptr) in_order_.push_back(&look(firewall, flows, seconds_of(now)));
    }
    std::erase_if(tenants_, [this](const auto& entry) { return entry.second.seen != looks_; });
    if (in_order_.empty()) return;
    repeat();
    std::size_t room = limits_.lines;
    next_ %= in_order_.size();
    for (std::size_t n = in_order_.size(); n > 0 && room > 0; --n) {
        Tenant& tenant = *in_order_[next_];
        room -= tell(tenant, room, report);
        if (tenant.waiting != 0 || tenant.moved) break;  // goes on in the next report
        next_ = next_ + 1 == in_order_.size() ? 0 : next_ + 1;
    }
}

FirewallReporter::Tenant& FirewallReporter::look(const std::shared_ptr<const TenantFirewall>& firewall,
                                                 std::span<const flow::FlowTable* const> flows, Seconds now) {
    Tenant& tenant = tenants_[firewall->tenant];
    tenant.seen = looks_;
    std::uint64_t open = 0;
    std::uint64_t opened = 0;
    for (const flow::FlowTable* table : flows) {
        open += table->flows_of(firewall->index);
        opened += table->opened_of(firewall->index);
    }
    if (tenant.firewall == nullptr) tenant.opened_by_others = opened;
    if (tenant.firewall != firewall) change_policy(tenant, firewall, now);
    // Before the counters themselves: what is counted meanwhile is seen the next time.
    const std::uint64_t total = firewall->hits->total();
    if (total != tenant.total) {
        tenant.total = total;
        for (std::size_t i = 0; i < tenant.rules.size(); ++i) {
            const std::uint64_t hits = firewall->hits->of(static_cast<std::uint32_t>(i));
            if (hits == tenant.rules[i].hits) continue;
            tenant.rules[i].hits = hits;
            tenant.rules[i].last_at = now;
            wait(tenant, i);
        }
    }
    opened -= tenant.opened_by_others;
    const std::uint64_t ports = firewall->nat.ports_taken();
    if (open != tenant.flows_open || opened != tenant.flows_opened || ports != tenant.nat_ports) {
        tenant.flows_open = open;
        tenant.flows_opened = opened;
        tenant.nat_ports = ports;
        tenant.moved = true;
    }
    return tenant;
}

void FirewallReporter::change_policy(Tenant& tenant, const std::shared_ptr<const TenantFirewall>& firewall,
                                     Seconds now) {
    std::unordered_map<std::string_view, const Rule*> earlier;
    for (std::size_t i = 0; i < tenant.rules.size(); ++i) {
        earlier.emplace(tenant.firewall->rule_names[i], &tenant.rules[i]);
    }
    std::vector<Rule> rules(firewall->rule_names.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto same = earlier.find(firewall->rule_names[i]);
        if (same != earlier.end()) rules[i] = *same->second;
        if (same == earlier.end()) rules[i].since = now;
        const std::uint64_t hits = firewall->hits->of(static_cast<std::uint32_t>(i));
        if (hits != rules[i].hits) rules[i].last_at = now;
        rules[i].hits = hits;
    }
    tenant.rules = std::move(rules);
    tenant.waits.assign(tenant.rules.size(), true);
    tenant.waiting = tenant.rules.size();
    tenant.moved = true;
    tenant.total = 0;
    tenant.firewall = firewall;
}

void FirewallReporter::wait(Tenant& tenant, std::size_t rule) {
    if (tenant.waits[rule]) return;
    tenant.waits[rule] = true;
    ++tenant.waiting;
}

// The next ones in turn, whether they have moved or not.
void FirewallReporter::repeat() {
    repeat_tenant_ = std::min(repeat_tenant_, in_order_.size() - 1);
    std::size_t left = limits_.repeated;
    for (std::size_t n = in_order_.size(); n > 0; --n) {
        Tenant& tenant = *in_order_[repeat_tenant_];
        tenant.moved = true;
        for (; repeat_rule_ < tenant.rules.size() && left > 0; --left) wait(tenant, repeat_rule_++);
        if (repeat_rule_ < tenant.rules.size() || left == 0) return;
        --left;
        repeat_rule_ = 0;
        repeat_tenant_ = repeat_tenant_ + 1 == in_order_.size() ? 0 : repeat_tenant_ + 1;
    }
}

// How many lines of `room` it took.
std::size_t FirewallReporter::tell(Tenant& tenant, std::size_t room, model::GatewayReport& report) const {
    if (tenant.waiting == 0 && !tenant.moved) return 0;
    model::FirewallCounters out;
    out.tenant = tenant.firewall->tenant;
    out.flows_open = tenant.flows_open;
    out.flows_opened = tenant.flows_opened;
    out.nat_ports = tenant.nat_ports;
    tenant.moved = false;
    std::size_t used = 1;
    for (std::size_t i = 0; i < tenant.rules.size() && tenant.waiting != 0 && used < room; ++i) {
        if (!tenant.waits[i]) continue;
        tenant.waits[i] = false;
        --tenant.waiting;
        ++used;
        const Rule& rule = tenant.rules[i];
        out.rules.push_back({tenant.firewall->rule_names[i], rule.hits, timestamp_of(rule.since),
                             timestamp_of(rule.last_at)});
    }
    report.firewalls.push_back(std::move(out));
    return used;
}

}  // namespace sluice::dataplane
