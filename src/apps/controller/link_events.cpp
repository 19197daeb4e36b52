#include "apps/controller/link_events.hpp"

namespace sluice::apps::controller {

void LinkEvents::on_collector(const std::string& name, bool attached) {
    if (!attached) dependencies_.health.on_collector_detached(name);
    dependencies_.log.info(attached ? "a collector attached" : "a collector detached", {{"name", name}});
    model::Event event;
    event.at = dependencies_.clock.wall();
    event.kind = attached ? "collector.up" : "collector.down";
    event.text = "The collector " + name + (attached ? " is connected." : " is not connected any more.");
    dependencies_.events.publish(std::move(event));
}

void LinkEvents::on_finding(const std::string& /*collector*/, const model::Finding& finding) {
    dependencies_.findings.add(finding);
}

void LinkEvents::on_collector_report(const model::CollectorReport& report) {
    dependencies_.health.on_collector_report(report);
    dependencies_.traffic.on_collector_report(report);
}

void LinkEvents::on_gateway(const std::string& name, bool attached) {
    dependencies_.log.info(attached ? "a gateway attached" : "a gateway detached", {{"name", name}});
    if (attached) return;
    dependencies_.gateways.on_detached(name);
    dependencies_.health.on_gateway_detached(name);
}

void LinkEvents::on_gateway_report(const model::GatewayReport& report) {
    // The heartbeat first: a diversion may wait for what it acknowledges.
    dependencies_.gateways.on_report(report);
    dependencies_.mitigations.on_gateway_report(report);
    dependencies_.health.on_gateway_report(report);
    dependencies_.traffic.on_gateway_report(report);
    dependencies_.firewalls.on_gateway_report(report);
    dependencies_.attackers.on_gateway_report(report);
}

void LinkPrograms::on_program(const model::TenantProgram& program) {
    health_.set_wanted(program.generation, 0);
    if (link_ != nullptr) link_->set_program(program);
}

void LinkPrograms::on_program_removed(model::TenantId tenant, std::uint64_t generation) {
    health_.set_wanted(generation, 0);
    if (link_ != nullptr) link_->remove_program(tenant, generation);
}

}  // namespace sluice::apps::controller
