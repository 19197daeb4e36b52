// Tells the mitigation service of gateways that come and go, and of programs that they refuse; knows whose
// next hop an address is. For one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "mitigation/gateway_registry.hpp"
#include "mitigation/mitigation_service.hpp"
#include "net/address.hpp"

namespace sluice::mitigation {

class GatewayWatch {
  public:
    GatewayWatch(const GatewayRegistry& gateways, MitigationService& mitigations)
        : gateways_(gateways), mitigations_(mitigations) {}

    // Each change is told once, also the first sight of a gateway.
    void step(base::Timestamp now);
    // The gateway's name as of the last step; empty: nobody's.
    [[nodiscard]] std::string at(const net::Address& next_hop) const;

  private:
    void note_refusals(const std::vector<GatewayStatus>& gateways);

    const GatewayRegistry& gateways_;
    MitigationService& mitigations_;
    std::map<net::Address, std::string> of_next_hop_;
    std::map<std::string, bool> healthy_;
    std::map<std::string, Alarm> refusals_;  // raised, by subject
};

}  // namespace sluice::mitigation
