// A tenant's NAT rules, compiled: what becomes of a flow's addresses when it is set up. First match wins, for
// the destination and for the source on their own.
//
//   destination  one public address and its ports → one server; by 1:1 a prefix → a prefix
//   source       exempt → stays; 1:1 → the public counterpart; source → a port of the pool (PortMapper)
//
// A destination or 1:1 rule is in force towards the zones of its `from`, without one towards the internet;
// with `hairpin` also from every zone inside.
//
// Order of a flow's set-up: find_destination(), which zone the (new) destination lies in, find_source().
// Rules of the firewall see the packet as it arrived.
//
// Immutable after compile(); any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "dataplane/firewall/question.hpp"
#include "dataplane/firewall/rule_set.hpp"
#include "dataplane/nat/source_pool.hpp"
#include "model/firewall.hpp"
#include "model/ids.hpp"
#include "model/nat_binding.hpp"
#include "net/address.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane::nat {

struct DestinationChange {
    net::Address address;
    std::uint16_t port = 0;  // the question's own where the rule changes none
    std::uint32_t rule = 0;  // index into FirewallProgram::nat
};

struct SourceChange {
    enum class Kind : std::uint8_t { stays, fixed, pool };
    Kind kind = Kind::stays;
    std::uint32_t rule = no_rule;  // index into FirewallProgram::nat
    net::Address address;          // fixed: the port stays
    const SourcePool* pool = nullptr;

    static constexpr std::uint32_t no_rule = 0xffffffff;
};

class NatProgram {
  public:
    struct Limits {
        std::size_t rules = 1'000;
        std::size_t pool_addresses = 1'024;  // of one tenant
    };

    NatProgram() = default;  // nothing is translated

    // Refuses, by the rule's name: destinations without one public side and one server, prefixes of different
    // lengths or families, pools that are too large or name an address that is reserved for one-to-one.
    [[nodiscard]] static base::Result<NatProgram> compile(model::TenantId tenant,
                                                          const model::FirewallProgram& program,
                                                          PortRegister& ports, const Limits& limits);
    [[nodiscard]] static base::Result<NatProgram> compile(model::TenantId tenant,
                                                          const model::FirewallProgram& program,
                                                          PortRegister& ports) {
        return compile(tenant, program, ports, Limits{});
    }

    [[nodiscard]] bool empty() const { return rules_.empty(); }

    // None: the destination stays. question.to does not matter.
    [[nodiscard]] std::optional<DestinationChange> find_destination(const firewall::Question& question) const;

    // `to`: the zone of the destination, after it was translated. `hairpin`: it was translated, and the flow
    // comes from inside; its source is then translated as if it went to the internet, so that answers come
    // back through the gateway (RFC 4787 REQ-9).
    [[nodiscard]] SourceChange find_source(const net::Address& source, model::ZoneIndex from,
                                           model::ZoneIndex to, bool hairpin) const;

    // The worker to whose flows a packet from outside to this address and port belongs. None: to no pool's.
    [[nodiscard]] std::optional<std::uint8_t> owner_of(const net::Address& outside, std::uint16_t port) const;

    // What the rules bind for as long as they are in force; `at` is left open.
    [[nodiscard]] std::span<const model::NatBinding> static_bindings() const { return bindings_; }
    // Ports of the pools in blocks that somebody has now.
    [[nodiscard]] std::uint64_t ports_taken() const;
    [[nodiscard]] std::size_t bytes() const;

  private:
    friend class NatCompiler;

    struct Pair {
        net::Prefix outside;
        net::Prefix inside;
    };
    // What a rule does; what it matches is in the rule sets below.
    struct Rule {
        model::NatKind kind = model::NatKind::exempt;
        std::uint16_t first_port = 0;   // destination: of the public side
        std::uint16_t server_port = 0;  // destination: first_port leads there; 0: ports stay
        net::Address server;            // destination
        std::vector<Pair> pairs;        // one_to_one
        std::uint32_t pool4 = no_pool;  // source: index into pools_
        std::uint32_t pool6 = no_pool;
    };
    static constexpr std::uint32_t no_pool = 0xffffffff;

    std::vector<Rule> rules_;  // as in FirewallProgram::nat
    // Rules are found as a firewall's are: by bit vectors, not one by one.
    firewall::RuleSet destinations_;
    firewall::RuleSet sources_;
    std::vector<std::uint32_t> destination_rules_;  // of each rule of the set, its index into rules_
    std::vector<std::uint32_t> source_rules_;
    std::vector<std::unique_ptr<const SourcePool>> pools_;
    SourcePool outside_;  // all addresses of all pools
    std::vector<model::NatBinding> bindings_;
};

}  // namespace sluice::dataplane::nat
