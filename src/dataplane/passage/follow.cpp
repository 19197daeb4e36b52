// Of a flow that is known, or was when the burst was sorted.
#include "dataplane/passage/passage.hpp"

#include "dataplane/flow/tcp_tracker.hpp"
#include "dataplane/flow_plan.hpp"
#include "dataplane/outbound/outbound_sample.hpp"
#include "dataplane/passage/committed_rate.hpp"

namespace sluice::dataplane::passage {

using flow::Direction;
using flow::Flow;
using flow::Found;
using flow::TupleKind;
using model::DropReason;

void Passage::follow() {
    if (batch_.firewall.flows_ended && batch_.firewall.kinds[i_] == TupleKind::own) {
        batch_.firewall.found[i_] =
            state_.flows.find(batch_.firewall.lookups.tuples[i_], batch_.firewall.lookups.hashes[i_]);
    }
    const Found found = batch_.firewall.found[i_];
    if (found.flow == nullptr || found.flow->state == flow::FlowState::free) return flow_is_gone();
    Flow& flow = *found.flow;
    if (!is_current(flow) && !may_go_on(found)) [[unlikely]]
        return;
    if (!came_the_right_way(found)) [[unlikely]]
        return drop(DropReason::spoofed_source);
    if (key_.hop_limit <= 1) return drop(DropReason::ttl_expired);
    if (!within_rate(found)) return;
    switch (batch_.firewall.kinds[i_]) {
        case TupleKind::own:
            return follow_own(found);
        case TupleKind::piece:
            return leave(found);
        default:
            return leave_error(found);
    }
}

// An earlier packet of the burst has ended it.
void Passage::flow_is_gone() {
    switch (batch_.firewall.kinds[i_]) {
        case TupleKind::own:
            return open();
        case TupleKind::piece:
            return drop(DropReason::fragment_without_first);
        default:
            return drop(DropReason::icmp_unrelated);
    }
}

// A flow's addresses, used in another network than the one that its rule was asked about, are spoofed. An
// ICMP error may be of a router anywhere on the way.
bool Passage::came_the_right_way(const Found& found) const {
    const attach::NetworkIndex home = found.flow->egress[flow::index(flow::opposite(found.direction))];
    return batch_.firewall.networks[i_] == home || batch_.firewall.kinds[i_] == TupleKind::icmp_error;
}

bool Passage::is_current(const Flow& flow) const {
    if (!path_.varies) [[likely]]
        return flow.generation == path_.generation;
    const Edition now = edition_now(context_, path_);
    return flow.generation == now.generation && flow.users == now.users;
}

// Of a flow that carries another generation than the present one. False: the packet is dropped.
bool Passage::may_go_on(const Found& found) {
    Flow& flow = *found.flow;
    if (flow.generation == outbound::suspects_generation(path_.generation)) {
        if (found.direction == Direction::original && outbound::is_silent(flow) &&
            firewall_.attacks.contains()) {
            if (const auto may_pass = state_.attackers.may_pass(flow.tuple, key_.l3_length, carry())) {
                if (!*may_pass) drop(DropReason::outbound_attack);
                return *may_pass;
            }
        }
        if (!path_.varies) {  // answered, or no suspect's any more; judged under this policy
            flow.generation = path_.generation;
            return true;
        }
    }
    if (still_allowed(flow)) return true;
    end(flow);
    drop(DropReason::policy_changed);
    return false;
}

// Under the present policy. The flow is what it was: who sent its first packet, and where that went.
bool Passage::still_allowed(Flow& flow) const {
    if (static_cast<std::int32_t>(flow.generation - firewall_.first_generation) < 0) return false;
    const attach::NetworkIndex from = firewall_.routes.find(flow.tuple.source);
    const Edition edition = edition_now(context_, path_);
    const FlowPlan plan =
        plan_flow(firewall_, flow.tuple, key_, true, from, firewall::minute_of_week(state_.unix_s));
    if (!plan.has_route() || plan.match.rule == firewall::no_rule_matched ||
        plan.match.action != model::RuleAction::allow || !plan.keeps(state_.flows.translated(flow)))
        return false;
    flow.egress = {plan.to, from};
    state_.flows.rejudge(flow, edition.generation, plan.match.rule, edition.users);
    return true;
}

void Passage::follow_own(const Found& found) {
    const flow::Step step = flow::track(*found.flow, found.direction, key_, frame_,
                                        context_.program.paths.times(path_), state_.flows.now());
    if (step != flow::Step::pass && !go_on(step, found)) [[unlikely]]
        return;
    if (key_.has(packet::key_fragment)) {
        state_.fragments.add(batch_.firewall.lookups.tuples[i_], key_, frame_, found, state_.flows);
    }
    leave(found);
}

// What does not simply pass. False: all is said of the packet.
bool Passage::go_on(flow::Step step, const Found& found) {
    switch (step) {
        case flow::Step::renew:
            end(*found.flow);
            open();
            return false;
        case flow::Step::ask_again:
            if (splice::become_syn_again(context_, i_, *found.flow)) return true;
            drop(DropReason::tcp_state);
            return false;
        case flow::Step::joined:
            splice::join(context_, i_, *found.flow, tunnel_back(), ingress_);
            return true;
        case flow::Step::acknowledge:
            if (frame_.room < packet::min_room) {
                drop(DropReason::tcp_state);
            } else {
                splice::acknowledge(context_, i_, *found.flow, tunnel_back(), ingress_);
            }
            return false;
        default:
            drop(flow::reason_of(step));
            return false;
    }
}

// What the frame came through.
const packet::VxlanWay* Passage::tunnel_back() const {
    return firewall_.networks[batch_.firewall.networks[i_]].egress.way.tunnel;
}

bool Passage::within_rate(const Found& found) const {
    const DropReason over = over_committed_rate(context_, i_, found);
    if (over == DropReason::none) [[likely]]
        return true;
    drop(over);
    return false;
}

}  // namespace sluice::dataplane::passage
