// Why something that was reported is not counted. Every datagram, set, sample or record that does not reach
// the sink is counted under exactly one of these, with its unit and a sentence for people.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::telemetry {

enum class LossReason : std::uint8_t {
    // before the decoder
    socket_full,
    datagram_cut,
    // on the way to us, seen by the exporters' sequence numbers
    gap_netflow_v5,
    gap_netflow_v9,
    gap_ipfix,
    gap_sflow,
    agent_overload,
    // whole datagrams
    exporter_not_listed,
    exporter_limit,
    domain_limit,
    version_unknown,
    header_malformed,
    // parts of datagrams
    set_malformed,
    template_malformed,
    template_limit,
    data_without_template,
    data_waiting_limit,
    sample_malformed,
    sample_unsupported,
    // single records
    record_malformed,
    record_without_address,
    packet_not_ip,
    packet_cut,
    packet_malformed,
};

inline constexpr std::size_t loss_reason_count = static_cast<std::size_t>(LossReason::packet_malformed) + 1;

struct LossInfo {
    LossReason reason;
    std::string_view name;      // for metrics: lower case, underscores
    std::string_view unit;      // what is counted: "datagrams", "records", "sets", "samples", "packets"
    std::string_view sentence;  // what happened and what to look at
};

[[nodiscard]] const LossInfo& loss_info(LossReason reason);
[[nodiscard]] const std::array<LossInfo, loss_reason_count>& loss_infos();

}  // namespace sluice::telemetry
