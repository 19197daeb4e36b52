#include "dataplane/flow_plan.hpp"

#include "net/protocol.hpp"

namespace sluice::dataplane {
namespace {

bool is_icmp(const flow::Tuple& tuple) {
    return tuple.protocol() == static_cast<std::uint8_t>(net::IpProtocol::icmp) ||
           tuple.protocol() == static_cast<std::uint8_t>(net::IpProtocol::icmpv6);
}

firewall::Question question_of(const flow::Tuple& tuple, const packet::Key& key,
                               std::uint16_t minute_of_week) {
    firewall::Question question;
    question.source = tuple.source;
    question.destination = tuple.destination;
    question.protocol = tuple.protocol();
    // Flows of ICMP are opened by queries: their tuple has the identifier, rules ask for the type.
    const bool icmp = is_icmp(tuple);
    question.source_port = icmp ? key.source_port : tuple.source_port;
    question.destination_port = icmp ? key.destination_port : tuple.destination_port;
    question.minute_of_week = minute_of_week;
    return question;
}

// The tuple after destination NAT.
flow::Tuple with_server(const TenantFirewall& firewall, const flow::Tuple& tuple,
                        firewall::Question question) {
    if (firewall.nat.empty()) return tuple;
    question.to = question.from;
    const auto change = firewall.nat.find_destination(question);
    flow::Tuple out = tuple;
    if (!change) return out;
    out.destination = change->address;
    if (!is_icmp(tuple)) out.destination_port = change->port;
    return out;
}

}  // namespace

FlowPlan plan_flow(const TenantFirewall& firewall, const flow::Tuple& tuple, const packet::Key& key,
                   bool whole, attach::NetworkIndex from, std::uint16_t minute_of_week) {
    FlowPlan plan;
    plan.from = from;
    firewall::Question question = question_of(tuple, key, minute_of_week);
    question.from = firewall.networks[from].zone;
    plan.towards = with_server(firewall, tuple, question);
    plan.to = firewall.routes.find(plan.towards.destination);
    if (!plan.has_route()) return plan;
    question.to = firewall.networks[plan.to].zone;
    question.has_transport = whole;
    if (firewall.users != nullptr) {
        plan.user = firewall.users->find(tuple.source);
        if (plan.user != nullptr) question.users = plan.user->ids;
    }
    if (firewall.rules.asks_source())
        question.source_is = attributes::facts_of(firewall.attributes, tuple.source);
    if (firewall.rules.asks_destination())
        question.destination_is = attributes::facts_of(firewall.attributes, tuple.destination);
    plan.match = firewall.rules.classify(question);
    if (plan.match.action != model::RuleAction::allow) return plan;
    const bool hairpin = from != attach::internet && plan.towards.destination != tuple.destination;
    plan.source = firewall.nat.find_source(tuple.source, question.from, question.to, hairpin);
    return plan;
}

bool FlowPlan::keeps(const flow::Tuple& translated) const {
    if (translated.destination != towards.destination ||
        translated.destination_port != towards.destination_port)
        return false;
    switch (source.kind) {
        case nat::SourceChange::Kind::stays:
            return translated.source == towards.source;
        case nat::SourceChange::Kind::fixed:
            return translated.source == source.address;
        case nat::SourceChange::Kind::pool:
            return source.pool->find(translated.source) != nullptr;
    }
    return false;
}

}  // namespace sluice::dataplane
