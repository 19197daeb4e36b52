// A tenant's firewall, compiled: his networks, routes between them, rules, limits. Part of a Program, shared
// by consecutive ones as long as the tenant's policy stays as it is. Immutable, but for the counters and the
// learned Ethernet addresses, which workers write and which a changed policy takes over.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "dataplane/attach/ingress_table.hpp"
#include "dataplane/attach/neighbour_table.hpp"
#include "dataplane/attach/routes.hpp"
#include "dataplane/attributes/attribute_table.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/firewall/rule_set.hpp"
#include "dataplane/firewall/user_table.hpp"
#include "dataplane/flow/flow_policy.hpp"
#include "dataplane/flow/tuple.hpp"
#include "dataplane/local_responder.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/nat/nat_program.hpp"
#include "dataplane/outbound/rules.hpp"
#include "dataplane/target_table.hpp"
#include "dataplane/topology.hpp"
#include "model/firewall.hpp"
#include "model/ids.hpp"

namespace sluice::dataplane {

// One of the tenant's networks; number 0 is the internet.
struct Network {
    std::string name;
    model::ZoneIndex zone = model::internet_zone;
    model::AttachmentKind kind = model::AttachmentKind::prefix;
    Egress egress;
    LocalResponder local;     // the gateway's own addresses there
    net::Address own4, own6;  // unspecified: none
    bool learns = false;      // Ethernet addresses there are not configured
    // Whose prefixes contain the gateway's own address there: their hosts are asked for. Behind the others is
    // a router, whose Ethernet address is taken from what arrives.
    attach::Routes on_link;
    std::shared_ptr<attach::NeighbourTable> neighbours;  // nullptr: no host is on the link

    // What `on_link` says.
    static constexpr attach::NetworkIndex behind_router = 0;
    static constexpr attach::NetworkIndex host = 1;
    static constexpr attach::NetworkIndex gateway_itself = 2;
};

// How often each rule was the first to match: an array a worker, so that nobody shares a cache line. Behind
// the rules' counters stands their sum: who reads them all looks there first.
class RuleHits {
  public:
    RuleHits(std::size_t workers, std::size_t rules) : rules_(rules), hits_(workers) {
        for (auto& one : hits_) one = std::vector<Count>(rules + 1);
        earlier_ = std::vector<std::uint64_t>(rules);
    }
    // The worker's thread.
    void add(std::size_t worker, std::uint32_t rule) {
        hits_[worker][rule].add(1);
        hits_[worker][rules_].add(1);
    }
    // Any thread.
    [[nodiscard]] std::uint64_t of(std::uint32_t rule) const {
        std::uint64_t sum = earlier_[rule];
        for (const auto& one : hits_) sum += one[rule].value();
        return sum;
    }
    // Any thread: of all rules, under this policy.
    [[nodiscard]] std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const auto& one : hits_) sum += one[rules_].value();
        return sum;
    }
    // Before any worker sees it: what the rule counted under an earlier policy.
    void begin_at(std::uint32_t rule, std::uint64_t hits) { earlier_[rule] = hits; }
    [[nodiscard]] std::size_t bytes() const {
        return hits_.size() * (rules_ + 1) * sizeof(Count) + rules_ * 8;
    }

  private:
    std::size_t rules_;
    std::vector<std::vector<Count>> hits_;
    std::vector<std::uint64_t> earlier_;
};

// Between them there is room for the changes that schedules and log-ins make (firewall_stage.cpp); the last
// one is that of contained hosts' flows (outbound/outbound_sample.hpp).
inline constexpr std::uint32_t generation_step = 256;

struct TenantFirewall {
    model::TenantId tenant;
    flow::TenantIndex index = 0;  // in every key of a flow
    // Of this compilation; no two compilations of a gateway have the same. A flow that carries another is
    // judged again; one that is older than `first_generation` belongs to somebody who had the index before.
    std::uint32_t generation = 0;
    std::uint32_t first_generation = 0;
    Target outbound;  // whose counters packets from the tenant's networks have
    std::vector<Network> networks;
    attach::Routes routes;
    attach::Routes published;  // not 0: an address that NAT has outside, for servers or as a pool
    firewall::RuleSet rules;
    attributes::Tables attributes;                     // that rules ask; another table is another compilation
    std::shared_ptr<const firewall::UserTable> users;  // nullptr: no rule names one
    nat::NatProgram nat;
    flow::FlowTimes times;
    flow::FlowQuota quota;
    meter::RateLimit inbound;  // committed rates
    meter::RateLimit outbound_rate;
    outbound::Rules attacks;                                 // of his own hosts
    std::vector<std::unique_ptr<packet::VxlanWay>> tunnels;  // of networks' ways
    std::vector<std::string> rule_names;
    std::vector<std::uint32_t> logged_rules;
    std::unique_ptr<RuleHits> hits;
    // By network: the Ethernet address of its router in the lower 48 bits; 0: not known.
    std::unique_ptr<std::atomic<std::uint64_t>[]> next_hops;

    [[nodiscard]] std::size_t bytes() const;
};

struct FirewallOwner {
    flow::TenantIndex index = 0;
    std::uint32_t generation = 0;
    std::uint32_t first_generation = 0;
    Target outbound;
    std::uint32_t workers = 1;
    base::SipKey neighbours{};                         // of tables of neighbours
    std::shared_ptr<const firewall::UserTable> users;  // where rules name some
    attributes::Tables attributes;                     // that rules ask
};

// `topology` names the legs. The error's `where` names tenant and object. Adds what the networks are known by
// to `tags`, with the network's number; whose they are is the caller's to write.
[[nodiscard]] base::Result<std::unique_ptr<TenantFirewall>> compile_firewall(
    model::TenantId tenant, const model::FirewallProgram& program, const Topology& topology,
    const FirewallOwner& owner, nat::PortRegister& ports, std::vector<attach::IngressTable::Item>& tags);

// What a policy takes over from the one before: the counters of rules that keep their names, and the
// neighbours and routers of networks that keep theirs. After this the earlier one's counters count no more.
void take_over(const TenantFirewall& earlier, TenantFirewall& next);

}  // namespace sluice::dataplane
