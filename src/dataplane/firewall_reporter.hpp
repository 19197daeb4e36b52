// Firewalls' counters → model::GatewayReport. All of them in each report would be too many: 10,000 tenants
// with 50 rules make 15 MB. A report has those that have moved since they were told last, and some of the
// others in turn, so that what was lost on the way, or told to a controller that has begun anew, is told
// again (docs/decisions/firewall-counters.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/program.hpp"
#include "model/gateway_report.hpp"

namespace sluice::dataplane {

// Control thread; the workers go on counting meanwhile.
class FirewallReporter {
  public:
    struct Limits {
        std::size_t lines = 4'096;   // tenants and rules of one report; more wait for the next
        std::size_t repeated = 256;  // rules of one report that have not moved
    };

    FirewallReporter() = default;
    explicit FirewallReporter(const Limits& limits) : limits_(limits) {}

    // `flows`: of each worker.
    void add(const Program& program, std::span<const flow::FlowTable* const> flows, base::Timestamp now,
             model::GatewayReport& report);

  private:
    using Seconds = std::uint32_t;  // since 1970
    struct Rule {
        std::uint64_t hits = 0;
        Seconds since = 0;
        Seconds last_at = 0;
    };
    struct Tenant {
        std::shared_ptr<const TenantFirewall> firewall;
        std::uint64_t total = 0;  // of hits under this policy, when it was looked at
        std::uint64_t flows_open = 0;
        std::uint64_t flows_opened = 0;
        std::uint64_t opened_by_others = 0;  // who had the index before
        std::uint64_t nat_ports = 0;
        std::vector<Rule> rules;
        std::vector<bool> waits;  // of each rule: is to be told
        std::size_t waiting = 0;
        bool moved = true;  // its own numbers are to be told
        std::uint64_t seen = 0;
    };

    Tenant& look(const std::shared_ptr<const TenantFirewall>& firewall,
                 std::span<const flow::FlowTable* const> flows, Seconds now);
    static void change_policy(Tenant& tenant, const std::shared_ptr<const TenantFirewall>& firewall,
                              Seconds now);
    static void wait(Tenant& tenant, std::size_t rule);
    void repeat();
    [[nodiscard]] std::size_t tell(Tenant& tenant, std::size_t room, model::GatewayReport& report) const;

    Limits limits_;
    std::unordered_map<model::TenantId, Tenant> tenants_;
    std::vector<Tenant*> in_order_;  // of the program that is reported
    std::uint64_t looks_ = 0;
    std::size_t next_ = 0;  // of in_order_: whose turn it is to be told
    std::size_t repeat_tenant_ = 0;
    std::size_t repeat_rule_ = 0;
};

}  // namespace sluice::dataplane
