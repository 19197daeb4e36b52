// NatProgram::compile step by step: each rule checked and made ready, then the pools' addresses with what
// forwarding and one-to-one keep back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "dataplane/nat/nat_program.hpp"

namespace sluice::dataplane::nat {

class NatCompiler {
  public:
    NatCompiler(model::TenantId tenant, const model::FirewallProgram& program, PortRegister& ports,
                const NatProgram::Limits& limits)
        : tenant_(tenant), source_(program), ports_(ports), limits_(limits) {}

    [[nodiscard]] base::Result<NatProgram> compile();

  private:
    using Rule = NatProgram::Rule;

    [[nodiscard]] base::Status add(const model::NatRule& rule, std::uint32_t number);
    [[nodiscard]] base::Status add_destination(const model::NatRule& rule, Rule& out);
    [[nodiscard]] base::Status add_one_to_one(const model::NatRule& rule, Rule& out);
    [[nodiscard]] base::Status add_source(const model::NatRule& rule, Rule& out);
    [[nodiscard]] base::Result<std::uint32_t> pool_of(const model::NatRule& rule, bool ipv6);
    // What a rule matches, as rules of a firewall.
    void match_destination(const model::NatRule& rule, std::uint32_t number);
    void match_source(const model::NatRule& rule, const Rule& out, std::uint32_t number);
    [[nodiscard]] std::vector<model::ZoneIndex> zones_where(const model::NatRule& rule, bool callable) const;
    void reserve();

    model::TenantId tenant_;
    const model::FirewallProgram& source_;
    PortRegister& ports_;
    NatProgram::Limits limits_;
    NatProgram program_;
    model::FirewallProgram destinations_;
    model::FirewallProgram sources_;
    std::map<net::Address, std::shared_ptr<PortSpace>> addresses_;  // of all pools
};

}  // namespace sluice::dataplane::nat
