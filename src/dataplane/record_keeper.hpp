// What a gateway has to keep a log of, put together from what its workers noted and what its programs say:
// NAT bindings, and flows of rules that want a log. Not thread-safe: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "dataplane/flow_log.hpp"
#include "dataplane/flow_ports.hpp"
#include "dataplane/program.hpp"
#include "model/nat_binding.hpp"

namespace sluice::dataplane {

struct LogRecords {
    std::vector<model::NatBinding> bindings;
    std::vector<FlowLine> flows;
};

class RecordKeeper {
  public:
    // At most so many changes of static bindings wait to be taken.
    explicit RecordKeeper(std::size_t max_static = 1'000'000) : max_static_(max_static) {}

    // A new program is in force: what rules bind for as long as they are there, and what rules are called.
    void on_program(const Program& program);
    // A worker's queues; at most `limit` of each. `now` pairs the worker's clock with wall time.
    void take(FlowPorts& worker, const TimePair& now, std::size_t limit, LogRecords& out);
    void take_static(LogRecords& out);
    [[nodiscard]] std::uint64_t lost_static() const { return lost_static_; }

  private:
    // Of one compilation of a tenant's firewall.
    struct Names {
        model::TenantId tenant;
        std::unordered_map<std::uint32_t, std::string> rules;  // those that want a log
    };
    void learn_names(const Program& program);
    void learn_bindings(const Program& program);
    [[nodiscard]] FlowLine line_of(const FlowEvent& event, const TimePair& now) const;

    std::size_t max_static_;
    std::map<model::TenantId, std::shared_ptr<const TenantFirewall>> firewalls_;
    std::unordered_map<std::uint32_t, Names>
        names_;  // by generation; also of some that are gone: flows live on
    std::deque<std::uint32_t> name_order_;
    std::vector<model::NatBinding> static_;
    std::uint64_t lost_static_ = 0;
};

}  // namespace sluice::dataplane
