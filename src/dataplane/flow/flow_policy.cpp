#include "dataplane/flow/flow_policy.hpp"

namespace sluice::dataplane::flow {

FlowTimes FlowTimes::from(const model::FlowTimeouts& timeouts, bool strict_tcp) {
    using enum FlowState;
    FlowTimes times;
    const auto set = [&](FlowState state, std::uint32_t seconds) {
        times.idle[static_cast<std::size_t>(state)] = coarse_duration(seconds);
    };
    for (const FlowState state : {tcp_syn_sent, tcp_syn_received, tcp_picked_up})
        set(state, timeouts.tcp_half_open_s);
    set(tcp_established, timeouts.tcp_established_s);
    // After a RST as well (RFC 7857, section 2.2).
    for (const FlowState state : {tcp_half_closed, tcp_closing, tcp_time_wait, tcp_closed})
        set(state, timeouts.tcp_closing_s);
    set(udp_single, timeouts.udp_single_s);
    set(udp_assured, timeouts.udp_s);
    set(icmp_single, timeouts.icmp_s);
    set(icmp_assured, timeouts.icmp_s);
    set(other_single, timeouts.other_s);
    set(other_assured, timeouts.other_s);
    times.strict_tcp = strict_tcp;
    return times;
}

FlowQuota FlowQuota::from(const model::FlowLimits& limits, std::uint32_t shares) {
    FlowQuota quota;
    quota.flows = limits.flows;
    quota.flows_a_source = limits.flows_a_source;
    quota.new_flows =
        meter::RateLimit::from({.packets_per_s = limits.new_flows_per_s, .bits_per_s = 0}, shares);
    quota.new_flows_a_source =
        meter::RateLimit::from({.packets_per_s = limits.new_flows_a_source_per_s, .bits_per_s = 0});
    return quota;
}

}  // namespace sluice::dataplane::flow
