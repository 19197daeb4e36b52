// What a v9 or IPFIX record needs after its fields have been read: values that stand elsewhere, or in parts.
#pragma once

#include <cstdint>
#include <optional>

#include "model/flow_record.hpp"
#include "net/protocol.hpp"
#include "telemetry/exporter_table.hpp"
#include "telemetry/field_map.hpp"
#include "telemetry/loss_reason.hpp"
#include "telemetry/record_plan.hpp"

namespace sluice::telemetry {

// The record's sampling rate by what it says itself, its sampler or its interface; false when it names a
// sampler that no options data has described yet, so that the rate is only the domain's.
[[nodiscard]] bool complete_sampling(const Domain& domain, const PlanTraits& traits,
                                     const RecordExtras& extras, model::FlowRecord& record);

// What an options record says about sampling and uptime goes to the domain; false when its table is full.
[[nodiscard]] bool note_options(Domain& domain, const PlanTraits& traits, const RecordExtras& extras,
                                const model::FlowRecord& record);

[[nodiscard]] inline bool is_icmp(std::uint8_t protocol) {
    return protocol == static_cast<std::uint8_t>(net::IpProtocol::icmp) ||
           protocol == static_cast<std::uint8_t>(net::IpProtocol::icmpv6);
}

// ICMP type and code, TCP flags, DSCP, MPLS label, duration. `clock` says whether uptimes could be read as
// times.
void complete_fields(const PlanTraits& traits, const RecordExtras& extras, const RecordClock& clock,
                     model::FlowRecord& record);

// Reads the packet's own headers from the section that the record carries (elements 104, 313, 315). A reason
// when they cannot be read.
[[nodiscard]] std::optional<LossReason> complete_from_section(const RecordExtras& extras,
                                                              const std::uint8_t* bytes,
                                                              model::FlowRecord& record);

// The other direction of a bidirectional record (RFC 5103).
[[nodiscard]] model::FlowRecord reverse_of(const model::FlowRecord& record, const RecordExtras& extras);

}  // namespace sluice::telemetry
