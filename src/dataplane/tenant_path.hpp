// What a packet of a known flow reads of its tenant: one cache line by the tenant's number (two where he has
// committed rates), and one by the way out. The rest of a TenantFirewall is read where a flow begins. With
// thousands of tenants each of these lines is cold: they lie in arrays, so that a pass can ask for them
// before the next one reads them (docs/decisions/passes-over-a-burst.md).
//
// Built with the Program; immutable from then on.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "dataplane/attach/routes.hpp"
#include "dataplane/flow/flow_policy.hpp"
#include "dataplane/huge_memory.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/target_table.hpp"
#include "dataplane/topology.hpp"

namespace sluice::dataplane {

struct TenantFirewall;

struct alignas(64) TenantPath {
    const TenantFirewall* firewall = nullptr;
    std::uint32_t index = 0;  // as in TenantFirewall, the next two, too
    std::uint32_t generation = 0;
    Target outbound;
    std::uint32_t first_way = 0;  // of the tenant's networks, in TenantPaths::ways; by NetworkIndex
    std::uint32_t times = 0;      // in TenantPaths::times
    bool limits_inbound = false;
    bool limits_outbound = false;
    bool has_schedule = false;    // some rules are in force at times only
    bool varies = false;          // that, or some rules name users: verdicts change without the program
    bool checks_inbound = false;  // payloads to some of his targets, in open flows, too

    // The second line. Committed rates.
    alignas(64) meter::RateLimit inbound;
    meter::RateLimit outbound_rate;
};
static_assert(sizeof(TenantPath) == 128);

// One of a tenant's networks: how packets leave towards it, and what is asked of those that come from it.
struct alignas(64) NetworkWay {
    Egress egress;
    // The last four bytes of the gateway's own addresses there: a packet to another one is not for itself.
    std::array<std::uint32_t, 2> own_ends{};
    bool learns = false;              // the Ethernet address of its router (TenantFirewall::next_hops)
    bool learns_from_frames = false;  // each frame shows it; then it stands here, too
    // Of all workers; six bytes of a word, 0: not known.
    mutable std::uint64_t router_word = 0;

    [[nodiscard]] std::uint64_t router() const {
        return std::atomic_ref(router_word).load(std::memory_order_relaxed);
    }
    void set_router(std::uint64_t mac) const {
        std::atomic_ref(router_word).store(mac, std::memory_order_relaxed);
    }
    [[nodiscard]] bool may_be_own(const net::Address& address) const {
        const std::uint32_t end = end_of(address);
        return end == own_ends[0] || end == own_ends[1];
    }
    [[nodiscard]] static std::uint32_t end_of(const net::Address& address) {
        std::uint32_t end = 0;
        std::memcpy(&end, address.bytes().data() + 12, 4);
        return end;
    }
};
static_assert(sizeof(NetworkWay) == 64);

class TenantPaths {
  public:
    // Of the tenant with the next number; the first is 1, 0 is nobody's. The firewall outlives the paths.
    void add(const TenantFirewall& firewall, bool checks_inbound);

    [[nodiscard]] std::size_t size() const { return tenants_.size(); }
    [[nodiscard]] const TenantPath& operator[](std::size_t number) const { return tenants_[number]; }
    [[nodiscard]] const NetworkWay& way(const TenantPath& tenant, attach::NetworkIndex to) const {
        // The internet is the same for all: one line.
        return ways_[to == attach::internet ? 0 : tenant.first_way + to];
    }
    // By its number.
    [[nodiscard]] const NetworkWay& way(std::uint32_t number) const { return ways_[number]; }
    [[nodiscard]] std::uint32_t number_of(const NetworkWay& way) const {
        return static_cast<std::uint32_t>(&way - ways_.data());
    }
    [[nodiscard]] const flow::FlowTimes& times(const TenantPath& tenant) const {
        return times_[tenant.times];
    }

    // What add() knows of earlier tenants; nobody needs it afterwards.
    void finish();

  private:
    // What a network's line holds but learned addresses, which nobody shares.
    using Shared = std::pair<Egress, std::array<std::uint32_t, 2>>;
    [[nodiscard]] std::uint32_t add_ways(const TenantFirewall& firewall);

    HugeVector<TenantPath> tenants_ = HugeVector<TenantPath>(1);
    HugeVector<NetworkWay> ways_;
    HugeVector<flow::FlowTimes> times_;
    // Tenants with the same settings, or the same ways out, share them: routed ones all do.
    std::map<flow::FlowTimes, std::uint32_t> known_times_;
    std::map<std::vector<Shared>, std::uint32_t> known_ways_;
};

}  // namespace sluice::dataplane
