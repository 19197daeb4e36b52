// The public addresses that a source NAT rule gives, and the register that keeps an address's ports through
// every change of the program: two programs that name an address share its ports, so that no port is given
// out twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "dataplane/nat/port_space.hpp"
#include "model/ids.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::nat {

// Ascending by address; of one family.
struct SourcePool {
    std::vector<std::shared_ptr<PortSpace>> spaces;

    [[nodiscard]] const std::shared_ptr<PortSpace>* find(const net::Address& address) const;
};

// Control thread only. An address's ports live as long as a program or a block in use knows them.
class PortRegister {
  public:
    explicit PortRegister(const PortRules& rules) : rules_(rules) {}

    [[nodiscard]] std::shared_ptr<PortSpace> space(model::TenantId tenant, const net::Address& address);
    [[nodiscard]] const PortRules& rules() const { return rules_; }
    [[nodiscard]] std::size_t size() const { return spaces_.size(); }

  private:
    void forget_dead();

    PortRules rules_;
    std::map<std::pair<model::TenantId, net::Address>, std::weak_ptr<PortSpace>> spaces_;
    std::size_t look_again_at_ = 1024;
};

}  // namespace sluice::dataplane::nat
