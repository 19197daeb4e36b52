// Of a flow that is not there: rules, NAT, limits; or why not.
#include "dataplane/passage/passage.hpp"

#include "dataplane/firewall/reject.hpp"
#include "dataplane/flow/tcp_tracker.hpp"
#include "dataplane/splice/repeater.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::passage {

using flow::Direction;
using flow::Flow;
using flow::Found;
using model::DropReason;

namespace {

// Answers to rejected packets of all tenants together; one worker's. Beyond it they are dropped in silence.
const meter::RateLimit most_rejects = meter::RateLimit::from({.packets_per_s = 1000});

}  // namespace

void Passage::open() {
    const attach::NetworkIndex from = batch_.firewall.networks[i_];
    const flow::Tuple& tuple = batch_.firewall.lookups.tuples[i_];
    if (key_.hop_limit <= 1) return drop(DropReason::ttl_expired);
    if (firewall_.routes.find(key_.source) != from) return drop(DropReason::spoofed_source);
    splice_ = splice::find_opening(context_, i_);
    const DropReason bad = flow::check_first(key_, firewall_.times.strict_tcp);
    if (bad != DropReason::none && !splice_) return drop(bad);
    // Another packet of the burst may have opened it.
    if (const Found found = state_.flows.find(tuple, batch_.firewall.lookups.hashes[i_]);
        found.flow != nullptr) {
        batch_.firewall.found[i_] = found;
        splice_.reset();
        return follow();
    }
    if (splice_ && !splice::become_syn(context_, i_, *splice_)) return drop(DropReason::tcp_state);
    const Edition edition = edition_now(context_, path_);
    const FlowPlan plan = plan_flow(firewall_, tuple, key_, key_.has(packet::key_transport), from,
                                    firewall::minute_of_week(state_.unix_s));
    if (!plan.has_route()) return drop(DropReason::no_route);
    outbound::Attempt attempt;
    if (firewall_.attacks.any() && from != attach::internet && plan.to == attach::internet) {
        attempt = state_.attackers.attempt(firewall_.attacks, firewall_.tenant, tuple, carry());
        if (attempt.held) return drop(DropReason::outbound_attack);
    }
    const firewall::Match& match = plan.match;
    if (match.rule == firewall::no_rule_matched || match.action != model::RuleAction::allow)
        outbound::AttackerTable::refused(attempt);
    if (match.rule == firewall::no_rule_matched) return drop(DropReason::no_rule);
    firewall_.hits->add(state_.worker, match.rule);
    if (match.action != model::RuleAction::allow) return refuse(match, tuple, from);
    open_allowed(tuple, plan, edition, attempt);
}

void Passage::refuse(const firewall::Match& match, const flow::Tuple& tuple, attach::NetworkIndex from) {
    // Who was answered already gets a reset for either.
    const bool rejects = match.action == model::RuleAction::reject && !splice_;
    if (match.log) {
        state_.ports.log.refused(rejects ? FlowEvent::Kind::rejected : FlowEvent::Kind::dropped, tuple,
                                 firewall_.generation, match.rule, state_.now_ns);
    }
    if (rejects) return reject(match.rule, from);
    drop(match.action == model::RuleAction::reject ? DropReason::rule_reject : DropReason::rule_drop,
         match.rule);
}

void Passage::reject(std::uint32_t rule, attach::NetworkIndex from) {
    const Network& network = firewall_.networks[from];
    const net::Address& own = key_.has(packet::key_ipv6) ? network.own6 : network.own4;
    const bool allowed = most_rejects.take(state_.rejects, state_.now_ticks, 64, state_.dither);
    if (!allowed || frame_.room < packet::min_room || !firewall::reject(key_, frame_, own)) {
        return drop(DropReason::rule_reject, rule);
    }
    if (network.egress.way.tunnel != nullptr) packet::wrap_vxlan(*network.egress.way.tunnel, 0, frame_);
    batch_.verdicts[i_] = model::Verdict::answer;
    batch_.reasons[i_] = DropReason::rule_reject;
    batch_.rules[i_] = firewall_rules + rule;
    batch_.legs[i_] = ingress_;
}

void Passage::open_allowed(const flow::Tuple& tuple, const FlowPlan& plan, const Edition& edition,
                           const outbound::Attempt& attempt) {
    flow::NewFlow wanted;
    wanted.tuple = tuple;
    if (verified()) wanted.flags = flow::flow_verified;
    if (plan.match.log) wanted.flags |= flow::flow_log;
    if (splice_) {
        wanted.flags |= flow::flow_spliced;
        wanted.splice = splice_->cookie;
    }
    wanted.egress = {plan.to, plan.from};
    // Whatever it opens before it is named is to be held back, too.
    const bool suspected = attempt.suspect != nullptr && firewall_.attacks.contains();
    wanted.generation = suspected ? outbound::suspects_generation(path_.generation) : edition.generation;
    wanted.users = edition.users;
    wanted.rule = plan.match.rule;
    const flow::Opened opened = open_translated(wanted, plan);
    if (opened.flow == nullptr) {
        outbound::AttackerTable::refused(attempt);
        return drop(opened.reason);
    }
    state_.attackers.opened(attempt, state_.flows, *opened.flow);
    if (plan.match.log)
        state_.ports.log.opened(*opened.flow, state_.flows.translated(*opened.flow), state_.now_ns);
    const Found found{opened.flow, Direction::original};
    batch_.firewall.found[i_] = found;
    batch_.rules[i_] = firewall_rules + plan.match.rule;
    if (!within_rate(found)) return end(*opened.flow);
    know_sender(plan.from);
    const bool spliced = splice_.has_value();
    splice_.reset();
    follow_own(found);
    if (spliced) wait_for_server(*opened.flow);
}

void Passage::wait_for_server(Flow& flow) const {
    flow.expires = state_.flows.now() + coarse_duration(splice::splicing_s);
    state_.counts.targets[batch_.targets[i_]->slot].spliced.add(1);
    splice::await_server(state_, flow, 0);
}

// A customer's own source is checked by its network; one from the internet has shown itself to the
// scrubber.
bool Passage::verified() const {
    if (batch_.firewall.networks[i_] != attach::internet) return true;
    const Source* source = batch_.sources[i_];
    return source != nullptr && source->is_verified(state_.now_coarse);
}

// The tuple after source NAT. False: the pool has no port left. `block` is whose port it is, where it has
// one.
bool Passage::translate_source(flow::Tuple& towards, const nat::SourceChange& change,
                               std::optional<std::uint32_t>& block) {
    if (change.kind == nat::SourceChange::Kind::stays) return true;
    if (change.kind == nat::SourceChange::Kind::fixed) {
        towards.source = change.address;
        return true;
    }
    const auto mapping =
        state_.ports.mapper.take(*change.pool, firewall_.tenant, towards.source, state_.now_ns);
    if (!mapping) return false;
    towards.source = mapping->outside;
    if (!has_ports(towards)) {
        // The address is all that answers can name: one host at a time speaks with the same other end.
        state_.ports.mapper.give_back(mapping->block, mapping->port, state_.now_ns);
        return true;
    }
    towards.source_port = mapping->port;
    block = mapping->block;
    return true;
}

// Or an identifier in their place.
bool Passage::has_ports(const flow::Tuple& tuple) {
    switch (static_cast<net::IpProtocol>(tuple.protocol())) {
        case net::IpProtocol::tcp:
        case net::IpProtocol::udp:
        case net::IpProtocol::icmp:
        case net::IpProtocol::icmpv6:
            return true;
        default:
            return false;
    }
}

// The port of a pool may by bad luck answer to the same tuple as another flow: then the next one is
// tried.
flow::Opened Passage::open_translated(flow::NewFlow& wanted, const FlowPlan& plan) {
    flow::Opened opened;
    for (int tries = 0; tries < 3; ++tries) {
        std::optional<std::uint32_t> block;
        wanted.translation = plan.towards;
        if (!translate_source(wanted.translation, plan.source, block))
            return {.reason = DropReason::nat_exhausted};
        wanted.translated = !(wanted.translation == wanted.tuple);
        opened = state_.flows.open(wanted, firewall_.times, firewall_.quota);
        if (opened.flow != nullptr) {
            if (block) state_.ports.bind(*opened.flow, *block);
            return opened;
        }
        if (block) state_.ports.mapper.give_back(*block, wanted.translation.source_port, state_.now_ns);
        if (!opened.taken || !block) break;
    }
    if (opened.reason == DropReason::none) opened.reason = DropReason::nat_exhausted;
    return opened;
}

}  // namespace sluice::dataplane::passage
