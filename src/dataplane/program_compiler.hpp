// model::TenantProgram (plain values) → Program (what the stages read). Remembers which target has which
// slot, so that counters, meters and proofs of a target that stays survive every change.
//
// Control thread only. 10,000 tenants compile in some ten milliseconds.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "dataplane/firewall/user_bindings.hpp"
#include "dataplane/program.hpp"
#include "dataplane/topology.hpp"

namespace sluice::dataplane {

struct CompilerLimits {
    std::size_t slots = 16'384;  // targets and tenants together
    std::size_t filters_a_tenant = 1024;
    std::uint32_t workers = 1;     // that share a target's rate limits
    std::uint32_t tenants = 1024;  // with a firewall
};

// What a program may not contain: targets or filters outside the tenant's prefixes, rates or vectors without
// meaning, too many filters. The error's `where` names tenant and object.
[[nodiscard]] base::Status validate(const model::TenantProgram& program, const CompilerLimits& limits);

class ProgramCompiler {
  public:
    // `topology`: the legs that attachments name.
    ProgramCompiler(CompilerLimits limits, base::Random& random, Topology topology = Topology::plain(2));

    // What filters and rules of firewalls ask of addresses, from the next program on. Firewalls that ask a
    // table that is another one now are compiled again: their flows are judged again.
    void set_attributes(attributes::Tables tables) { attributes_ = std::move(tables); }

    // The full set. On an error nothing is changed, no slot is given out.
    [[nodiscard]] base::Result<std::unique_ptr<Program>> compile(
        std::span<const model::TenantProgram> programs, TimePair now);
    // Whether compile() would succeed; takes as long.
    [[nodiscard]] base::Status check(std::span<const model::TenantProgram> programs) const;

    // Who is logged in where: programs look there, and no change needs a compilation. Any thread.
    [[nodiscard]] firewall::UserBindings& users() const { return *users_; }

  private:
    using Owner = std::tuple<model::TenantId, model::MitigationId, net::Prefix>;
    struct Given {
        std::uint32_t slot = 0;
        std::uint32_t serial = 0;
        std::uint64_t since = 0;
    };
    // A tenant's firewall as it was compiled last, and of what.
    struct Firewall {
        model::FirewallProgram source;
        std::shared_ptr<const TenantFirewall> compiled;
        std::vector<attach::IngressTable::Item> tags;
    };
    struct Draft;
    [[nodiscard]] base::Result<Draft> draft(std::span<const model::TenantProgram> programs,
                                            TimePair now) const;
    [[nodiscard]] base::Status add(const model::TenantProgram& program, TimePair now, Draft& draft) const;
    [[nodiscard]] base::Result<Given> slot_for(const Owner& owner, Draft& draft) const;
    // The tenant's number in Program::firewalls; 0 without one.
    [[nodiscard]] base::Result<std::uint16_t> add_firewall(const model::TenantProgram& program,
                                                           Draft& draft) const;
    [[nodiscard]] base::Result<FirewallOwner> firewall_owner(const model::TenantProgram& program,
                                                             Draft& draft) const;

    CompilerLimits limits_;
    base::Random& random_;
    Topology topology_;
    attributes::Tables attributes_;
    std::map<Owner, Given> given_;
    std::vector<std::uint32_t> free_;
    std::uint32_t never_used_ = 0;  // the first slot that nobody had yet
    std::uint32_t next_serial_ = 1;
    std::uint64_t sequence_ = 0;
    std::map<model::TenantId, Firewall> firewalls_;
    mutable nat::PortRegister ports_{nat::PortRules{}};  // knows addresses, whatever a draft becomes
    std::deque<flow::TenantIndex> free_indexes_;         // the one that is free the longest first
    flow::TenantIndex never_used_index_ = 0;
    std::uint32_t firewall_generation_ = 0;
    base::SipKey neighbours_;  // of their tables
    std::unique_ptr<firewall::UserBindings> users_;
};

}  // namespace sluice::dataplane
