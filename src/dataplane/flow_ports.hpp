// Which flow has which port of a pool, and which wants a log: the flow table says when a flow has ended, and
// its port is given back, its end noted. A worker's own.
#pragma once

#include <cstdint>

#include "dataplane/flow/flow_table.hpp"
#include "dataplane/flow_log.hpp"
#include "dataplane/huge_memory.hpp"
#include "dataplane/nat/port_mapper.hpp"

namespace sluice::dataplane {

class FlowPorts final : public flow::FlowListener {
  public:
    FlowPorts(std::uint8_t worker, const nat::PortMapper::Config& config, const base::SipKey& key,
              std::uint32_t flows)
        : mapper(worker, config, key, bindings), blocks_(flows, none) {}

    // Before the first flow.
    void watch(const flow::FlowTable& table) { table_ = &table; }
    void bind(const flow::Flow& flow, std::uint32_t block) { blocks_[table_->number_of(flow)] = block; }
    void set_time(std::uint64_t now_ns) { now_ns_ = now_ns; }

    void flow_ended(const flow::Flow& flow, const flow::Tuple& translated, flow::FlowEnd why) override {
        if (flow.has(flow::flow_log)) log.closed(flow, translated, now_ns_, why);
        std::uint32_t& block = blocks_[table_->number_of(flow)];
        if (block == none) return;
        mapper.give_back(block, translated.source_port, now_ns_);
        block = none;
    }

    nat::BindingQueue bindings{16'384};
    nat::PortMapper mapper;
    FlowLog log;

  private:
    static constexpr std::uint32_t none = 0xffffffff;
    const flow::FlowTable* table_ = nullptr;
    std::uint64_t now_ns_ = 0;
    HugeVector<std::uint32_t> blocks_;  // by flow number
};

}  // namespace sluice::dataplane
