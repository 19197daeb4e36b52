#include "mitigation/gateway_watch.hpp"

#include <utility>

namespace sluice::mitigation {

void GatewayWatch::step(base::Timestamp now) {
    of_next_hop_.clear();
    const auto gateways = gateways_.gateways();
    note_refusals(gateways);
    for (const auto& gateway : gateways) {
        of_next_hop_[gateway.next_hop] = gateway.name;
        of_next_hop_[gateway.next_hop6] = gateway.name;
        const auto [it, is_new] = healthy_.try_emplace(gateway.name, !gateway.healthy);
        if (it->second == gateway.healthy) continue;
        it->second = gateway.healthy;
        mitigations_.gateway_changed(gateway.name, gateway.healthy, now);
        mitigations_.set_alarm({.code = "gateway-silent",
                                .subject = gateway.name,
                                .raised = !gateway.healthy,
                                .critical = true,
                                .sentence = "Gateway " + gateway.name +
                                            " stopped answering; its diversions are "
                                            "withdrawn or moved to another one.",
                                .what_to_do = "Look at the gateway's process, its machine, and the network "
                                              "between it and the controller."});
    }
}

std::string GatewayWatch::at(const net::Address& next_hop) const {
    const auto known = of_next_hop_.find(next_hop);
    return known == of_next_hop_.end() ? "" : known->second;
}

void GatewayWatch::note_refusals(const std::vector<GatewayStatus>& gateways) {
    std::map<std::string, Alarm> refusing;
    for (const auto& gateway : gateways) {
        for (const auto& [tenant, refused] : gateway.refused) {
            const std::string subject = gateway.name + ", " + tenant.to_string();
            refusing[subject] = {.code = "program-refused",
                                 .subject = subject,
                                 .critical = true,
                                 .sentence = "Gateway " + gateway.name + " refuses the program of " +
                                             tenant.to_string() + ": " + refused.why + ". " +
                                             (refused.in_force == 0 ? "It only forwards the tenant's packets."
                                                                    : "It keeps the one before.") +
                                             " No traffic is diverted to it that needs the new one.",
                                 .what_to_do =
                                     "Correct the tenant's policy as the sentence says; the gateway is sent "
                                     "the new one at once."};
        }
    }
    for (const auto& [subject, alarm] : refusals_) {
        if (!refusing.contains(subject))
            mitigations_.set_alarm({.code = alarm.code, .subject = subject, .raised = false});
    }
    for (const auto& [subject, alarm] : refusing) mitigations_.set_alarm(alarm);
    refusals_ = std::move(refusing);
}

}  // namespace sluice::mitigation
