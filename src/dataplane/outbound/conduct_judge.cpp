#include "dataplane/outbound/conduct_judge.hpp"

#include <algorithm>

#include "net/protocol.hpp"

namespace sluice::dataplane::outbound {
namespace {

using model::OutboundConduct;
using Window = Suspect::Window;

constexpr std::uint32_t least_looked_at = 2;  // flows, before their fate says anything about the others
constexpr std::uint64_t mostly_percent = 50;
constexpr std::uint32_t few_hosts = 4;
constexpr std::uint32_t few_askers = 16;
constexpr std::uint32_t same_port_times = 4;  // tried so often each, ports are not searched
constexpr std::uint32_t answered_times = 10;  // above the limit, flows that are answered are a flood, too

// Of what was tried and not held back; nothing: not known yet.
std::optional<std::uint64_t> unanswered_percent(const Window& window) {
    const std::uint64_t judged = window.tried - std::min(window.tried, window.held);
    if (judged == 0) return std::nullopt;
    const std::uint64_t refused = std::min<std::uint64_t>(window.refused, judged);
    const std::uint64_t looked_at = window.answered + window.unanswered;
    if (looked_at >= least_looked_at)
        return (refused * 100 + (judged - refused) * 100 * window.unanswered / looked_at) / judged;
    const std::uint64_t at_least = refused * 100 / judged;
    if (at_least < mostly_percent) return std::nullopt;
    return at_least;
}

OutboundConduct flood_of(const Window& window) {
    if (window.tcp * 2 >= window.tried) return OutboundConduct::tcp_flood;
    return window.udp * 2 >= window.tried ? OutboundConduct::udp_flood : OutboundConduct::packet_flood;
}
OutboundConduct flood_of(std::uint8_t protocol) {
    switch (static_cast<net::IpProtocol>(protocol)) {
        case net::IpProtocol::tcp:
            return OutboundConduct::tcp_flood;
        case net::IpProtocol::udp:
            return OutboundConduct::udp_flood;
        default:
            return OutboundConduct::packet_flood;
    }
}

// By the new flows that it tried at all workers, hardly any of which was answered.
std::optional<OutboundConduct> of_unanswered(const Window& window, const SharedConduct::Part& all,
                                             const Rules& rules, std::uint32_t part) {
    const std::uint32_t hosts = all.hosts;
    const std::uint32_t ports = all.ports;
    const bool many = all.tried >= rules.new_flows_per_s / part;
    const bool few_targets = hosts < rules.targets_per_s / part;
    if (many && few_targets && all.tried >= same_port_times * ports) return flood_of(window);
    if (!few_targets) return OutboundConduct::scans_hosts;
    if (ports >= rules.targets_per_s / part && hosts <= few_hosts) return OutboundConduct::scans_ports;
    if (many) return flood_of(window);
    return std::nullopt;
}

SharedConduct::Part sum_of(const Window& window, const SharedConduct::Part& others) {
    return {window.tried + others.tried, window.hosts.estimate() + others.hosts,
            std::max(window.ports.estimate(), others.ports), others.silent_packets};
}

}  // namespace

std::optional<Conduct> judge(const Suspect& suspect, const SharedConduct::Part& others) {
    const Window& window = suspect.window;
    const SharedConduct::Part all = sum_of(window, others);
    const Rules& rules = suspect.rules;
    const std::uint32_t part = suspect.named ? 2 : 1;
    const std::uint64_t packets = rules.packets_per_s / part;
    if (window.answers >= packets && window.askers.estimate() <= few_askers)
        return Conduct{OutboundConduct::reflects, 0};
    const auto unanswered = unanswered_percent(window);
    // Of one that is held back altogether nothing is known but that it goes on.
    const bool mostly = unanswered ? *unanswered >= mostly_percent : suspect.named && window.held != 0;
    if (mostly) {
        if (const auto conduct = of_unanswered(window, all, rules, part))
            return Conduct{*conduct, unanswered.value_or(suspect.shown.unanswered_percent)};
    }
    if (window.silent_packets != 0 && window.silent_packets + all.silent_packets >= packets)
        return Conduct{flood_of(window.silent_protocol), 100};
    if (all.tried >= answered_times * rules.new_flows_per_s / part && all.hosts <= few_hosts)
        return Conduct{OutboundConduct::connection_flood, unanswered.value_or(0)};
    return std::nullopt;
}

}  // namespace sluice::dataplane::outbound
