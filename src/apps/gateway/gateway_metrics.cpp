#include "apps/gateway/gateway_metrics.hpp"

#include <string>

namespace sluice::apps::gateway {
namespace {

// Sums over the targets that there are can fall when a target goes; a Prometheus counter must not, so what
// has been seen stays.
void raise(base::Counter& counter, std::uint64_t value) {
    if (value > counter.value()) counter.set(value);
}

}  // namespace

GatewayMetrics::GatewayMetrics(base::MetricRegistry& registry)
    : registry_(registry),
      refused_(registry.counter("sluice_gateway_programs_refused_total",
                                "Tenant programs that were wrong; the one before stayed in force")) {}

void GatewayMetrics::update(const model::GatewayReport& report, const dataplane::Gateway& gateway) {
    model::PacketCount passed;
    model::PacketCount answered;
    std::array<std::uint64_t, static_cast<std::size_t>(model::DropReason::count_)> dropped{};
    std::uint64_t verified = 0;
    for (const auto& target : report.targets) {
        passed.packets += target.passed.packets;
        passed.bytes += target.passed.bytes;
        answered.packets += target.answered.packets;
        answered.bytes += target.answered.bytes;
        verified += target.verified_sources;
        for (std::size_t i = 0; i < dropped.size(); ++i) dropped[i] += target.reasons[i].packets;
    }
    for (std::size_t i = 0; i < dropped.size(); ++i) dropped[i] += report.unattributed[i].packets;
    const auto packets = [&](const char* verdict) -> base::Counter& {
        return registry_.counter("sluice_gateway_packets_total", "Packets from the dirty leg by verdict",
                                 {{"verdict", verdict}});
    };
    raise(packets("pass"), passed.packets);
    raise(packets("answer"), answered.packets);
    for (const auto& row : model::drop_reasons()) {
        if (row.reason == model::DropReason::none) continue;
        raise(registry_.counter(
                  "sluice_gateway_dropped_packets_total", "Dropped packets by stage and reason",
                  {{"stage", std::string(model::to_string(row.stage))}, {"reason", std::string(row.name)}}),
              dropped[static_cast<std::size_t>(row.reason)]);
    }
    raise(registry_.counter("sluice_gateway_verified_sources_total", "Proofs of address that were accepted"),
          verified);
    update_splices(report, gateway);
    raise(registry_.counter("sluice_gateway_sources_turned_away_total",
                            "Sources that were not metered: the table was full of verified ones"),
          gateway.sources_turned_away());
    raise(
        registry_.counter("sluice_gateway_local_packets_total", "ARP, neighbour discovery and echo answered"),
        gateway.local_packets());
    raise(registry_.counter("sluice_gateway_ignored_packets_total",
                            "Frames from the clean leg that were not for the gateway"),
          gateway.ignored_packets());
    raise(registry_.counter("sluice_gateway_handed_over_packets_total",
                            "Packets that one worker received and another one judged, which owns their flow"),
          gateway.handed_over());
    raise(registry_.counter("sluice_gateway_neighbour_questions_total",
                            "ARP requests and neighbour solicitations sent for hosts of customers' networks"),
          gateway.neighbour_questions());
    registry_.gauge("sluice_gateway_user_bindings", "Addresses at which a user is known")
        .set(static_cast<double>(report.bindings));
    registry_.gauge("sluice_gateway_user_bindings_generation", "Of the bindings in force")
        .set(static_cast<double>(report.bindings_generation));
    raise(registry_.counter("sluice_gateway_user_bindings_left_out_total",
                            "Bindings of users that found no room: there are too many"),
          gateway.user_totals().left_out);
    registry_.gauge("sluice_gateway_generation", "Of the programs in force")
        .set(static_cast<double>(report.generation));
    registry_.gauge("sluice_gateway_tenants_refused", "Tenants whose newest program is not in force")
        .set(static_cast<double>(report.refused.size()));
    registry_.gauge("sluice_gateway_attackers", "Hosts of customers that attack others now")
        .set(static_cast<double>(report.attackers.size()));
    registry_.gauge("sluice_gateway_targets", "Targets and tenants in force")
        .set(static_cast<double>(report.targets.size()));
}

void GatewayMetrics::update_splices(const model::GatewayReport& report, const dataplane::Gateway& gateway) {
    std::uint64_t spliced = 0;
    std::uint64_t repeated = 0;
    for (const auto& target : report.targets) {
        spliced += target.spliced;
        repeated += target.syns_repeated;
    }
    raise(registry_.counter("sluice_gateway_spliced_connections_total",
                            "Connections that a cookie given back has begun"),
          spliced);
    raise(registry_.counter("sluice_gateway_syns_repeated_total",
                            "SYNs of spliced connections that were sent again to silent servers"),
          repeated);
    raise(registry_.counter("sluice_gateway_syns_not_repeated_total",
                            "The same that were not: too many connections waited for their servers"),
          gateway.syns_not_repeated());
}

void GatewayMetrics::update(const dataplane::FirewallTotals& totals) {
    registry_.gauge("sluice_gateway_flows_open", "Connections through customers' firewalls now")
        .set(static_cast<double>(totals.flows_open));
    raise(registry_.counter("sluice_gateway_flows_opened_total",
                            "Connections that customers' firewalls let through"),
          totals.flows_opened);
    raise(registry_.counter("sluice_gateway_flows_refused_total",
                            "Connections that found the table full of others that go on"),
          totals.flows_refused);
    const auto ended = [&](const char* why) -> base::Counter& {
        return registry_.counter("sluice_gateway_flows_ended_total", "Connections that are over, by why",
                                 {{"why", why}});
    };
    raise(ended("expired"), totals.flows_expired);
    raise(ended("evicted"), totals.flows_evicted);
    raise(ended("ended"), totals.flows_ended);
    const auto blocks = [&](const char* event) -> base::Counter& {
        return registry_.counter("sluice_gateway_nat_blocks_total",
                                 "Blocks of NAT ports by what became of them", {{"event", event}});
    };
    raise(blocks("taken"), totals.blocks_taken);
    raise(blocks("released"), totals.blocks_released);
    const auto exhausted = [&](const char* what) -> base::Counter& {
        return registry_.counter("sluice_gateway_nat_exhausted_total",
                                 "Connections that got no NAT port, by what was used up", {{"what", what}});
    };
    raise(exhausted("pool"), totals.nat_pool_exhausted);
    raise(exhausted("subscriber"), totals.nat_subscriber_exhausted);
    raise(exhausted("table"), totals.nat_table_full);
}

void GatewayMetrics::update(std::string_view leg, const packet::DeviceCounters& counters) {
    const auto set = [&](const char* kind, std::uint64_t value) {
        raise(registry_.counter("sluice_gateway_device_frames_total", "Frames as the device counts them",
                                {{"leg", std::string(leg)}, {"kind", kind}}),
              value);
    };
    set("received", counters.received);
    set("transmitted", counters.transmitted);
    set("missed", counters.missed);
    set("no_buffer", counters.no_buffer);
    set("errors_in", counters.errors_in);
    set("errors_out", counters.errors_out);
    set("segmented", counters.segmented);
}

}  // namespace sluice::apps::gateway
