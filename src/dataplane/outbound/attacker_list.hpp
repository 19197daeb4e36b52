// The hosts that are named now, put together from what all workers say; for the gateway's report.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "dataplane/outbound/attacker_table.hpp"
#include "dataplane/program.hpp"
#include "model/gateway_report.hpp"

namespace sluice::dataplane::outbound {

// Control thread.
class AttackerList {
  public:
    // At most so many lines of a report; those seen last come first.
    explicit AttackerList(std::size_t lines = 1'024) : lines_(lines) {}

    // What the worker with this index has to say.
    void take(std::size_t worker, AttackerTable& table);
    // `now` pairs the workers' clock with wall time. Tenants without a firewall in the program are forgotten.
    void add(const Program& program, const TimePair& now, model::GatewayReport& report);

  private:
    struct Key {
        model::TenantId tenant;
        net::Address address;
        std::size_t worker = 0;
        auto operator<=>(const Key&) const = default;
    };
    std::size_t lines_;
    std::map<Key, AttackerEvent> named_;
};

}  // namespace sluice::dataplane::outbound
