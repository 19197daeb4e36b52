// What benchmarks switch on of the guard: every stage, with limits that nothing reaches.
#pragma once

#include <string>
#include <vector>

#include "model/tenant_program.hpp"

namespace sluice::dataplane {

// Verification of all TCP, five reflection templates, limits of source and target.
[[nodiscard]] inline model::ScrubTarget guarded_target(const net::Address& address,
                                                       model::MitigationId mitigation) {
    model::ScrubTarget target;
    target.prefix = net::Prefix::host(address);
    target.mitigation = mitigation;
    target.profile.verify_tcp = model::TcpVerification::all;
    target.profile.reflection = {model::AttackVector::dns, model::AttackVector::ntp,
                                 model::AttackVector::ssdp, model::AttackVector::cldap,
                                 model::AttackVector::memcached};
    target.profile.source_limit.packets_per_s = 1'000'000'000;
    target.profile.target_limit.packets_per_s = 1'000'000'000;
    target.profile.target_limit.bits_per_s = 10'000'000'000'000;
    return target;
}

// Four that drop UDP to the ports 7000 to 7003.
[[nodiscard]] inline std::vector<model::PacketFilter> port_filters() {
    std::vector<model::PacketFilter> filters;
    for (unsigned i = 0; i < 4; ++i) {
        model::PacketFilter filter;
        filter.name = "filter-" + std::to_string(i);
        filter.protocol = 17;
        filter.destination_port_first = filter.destination_port_last = static_cast<std::uint16_t>(7000 + i);
        filters.push_back(filter);
    }
    return filters;
}

}  // namespace sluice::dataplane
