// A burst that is looked at: what customers' hosts send into flows that nobody answers, and what their
// services answer.
#pragma once

#include "dataplane/stage.hpp"

namespace sluice::dataplane::outbound {

// After the burst's packets have been judged.
void sample(const Context& context);

// Flows that carry this in place of their policy's generation are asked at each packet (firewall_stage.cpp).
[[nodiscard]] constexpr std::uint32_t suspects_generation(std::uint32_t of_policy) {
    return of_policy + generation_step - 1;
}

// Nobody has answered yet.
[[nodiscard]] inline bool is_silent(const flow::Flow& flow) {
    using enum flow::FlowState;
    return flow.state == udp_single || flow.state == tcp_syn_sent || flow.state == icmp_single ||
           flow.state == other_single || flow.state == tcp_picked_up;
}

}  // namespace sluice::dataplane::outbound
