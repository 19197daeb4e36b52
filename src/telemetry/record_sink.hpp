// Where decoded records go. The consumer implements it; a decoder calls it on its own thread, once a batch.
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "model/flow_record.hpp"
#include "net/address.hpp"

namespace sluice::telemetry {

// sFlow v5 generic interface counters (structure 0:1); totals since the agent's start.
struct InterfaceCounters {
    net::Address exporter;
    net::Address agent;  // as the datagram names it
    std::uint32_t sub_agent = 0;
    std::uint32_t index = 0;  // ifIndex
    std::uint32_t type = 0;   // ifType
    std::uint32_t direction = 0;
    std::uint32_t status = 0;    // bit 0 admin up, bit 1 operationally up
    std::uint64_t speed = 0;     // bits a second
    std::uint64_t in_bytes = 0;  // layer 2
    std::uint64_t out_bytes = 0;
    std::uint32_t in_unicast = 0;
    std::uint32_t in_multicast = 0;
    std::uint32_t in_broadcast = 0;
    std::uint32_t in_discards = 0;
    std::uint32_t in_errors = 0;
    std::uint32_t in_unknown_protocols = 0;
    std::uint32_t out_unicast = 0;
    std::uint32_t out_multicast = 0;
    std::uint32_t out_broadcast = 0;
    std::uint32_t out_discards = 0;
    std::uint32_t out_errors = 0;
    std::uint32_t promiscuous = 0;
    base::Timestamp received_at{};
};

class RecordSink {
  public:
    virtual ~RecordSink() = default;
    // At most RecordBatch::capacity records, all of one datagram; valid during the call only.
    virtual void on_records(std::span<const model::FlowRecord> records) = 0;
    virtual void on_counters(const InterfaceCounters& /*counters*/) {}
};

}  // namespace sluice::telemetry
