#include "dataplane/firewall_stage.hpp"

#include <optional>

#include "dataplane/attach/attach_stage.hpp"
#include "dataplane/firewall/reject.hpp"
#include "dataplane/flow/icmp_quote.hpp"
#include "dataplane/flow/tcp_tracker.hpp"
#include "dataplane/flow_plan.hpp"
#include "dataplane/nat/flow_translation.hpp"
#include "dataplane/outbound/outbound_sample.hpp"
#include "dataplane/plain_passage.hpp"
#include "dataplane/splice/splicer.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane {
namespace {

using flow::Direction;
using flow::Flow;
using flow::Found;
using flow::TupleKind;
using model::DropReason;

// Answers to rejected packets of all tenants together; one worker's. Beyond it they are dropped in silence.
const meter::RateLimit most_rejects = meter::RateLimit::from({.packets_per_s = 1000});

// One packet on its way through its tenant's firewall.
class Passage {
  public:
    Passage(const Context& context, std::size_t i, LegIndex ingress)
        : context_(context),
          batch_(context.batch),
          state_(context.state),
          i_(i),
          ingress_(ingress),
          path_(*context.batch.firewall.paths[i]),
          firewall_(*path_.firewall),
          key_(context.batch.keys[i]),
          frame_(context.batch.frames[i]) {}

    void follow() {
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

    void open() {
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
        const Edition edition = edition_now();
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

  private:
    // What a flow was judged under. Flows of another edition are judged again.
    struct Edition {
        std::uint32_t generation;
        std::uint16_t users;
    };

    // A flow's addresses, used in another network than the one that its rule was asked about, are spoofed. An
    // ICMP error may be of a router anywhere on the way.
    [[nodiscard]] bool came_the_right_way(const Found& found) const {
        const attach::NetworkIndex home = found.flow->egress[flow::index(flow::opposite(found.direction))];
        return batch_.firewall.networks[i_] == home || batch_.firewall.kinds[i_] == TupleKind::icmp_error;
    }

    // An earlier packet of the burst has ended it.
    void flow_is_gone() {
        switch (batch_.firewall.kinds[i_]) {
            case TupleKind::own:
                return open();
            case TupleKind::piece:
                return drop(DropReason::fragment_without_first);
            default:
                return drop(DropReason::icmp_unrelated);
        }
    }
    void end(Flow& flow) {
        state_.flows.end(flow);
        batch_.firewall.flows_ended = true;
    }
    [[nodiscard]] std::uint32_t carry() const { return state_.dither + static_cast<std::uint32_t>(i_); }
    void drop(DropReason reason, std::uint32_t rule = no_rule) const {
        (void)context_.discard(i_, reason, rule == no_rule ? no_rule : firewall_rules + rule);
        if (splice_) [[unlikely]]
            splice::reset_client(context_, i_, *splice_, ingress_);
    }

    // Of a flow that carries another generation than the present one. False: the packet is dropped.
    [[gnu::cold, gnu::noinline]] bool may_go_on(const Found& found) {
        Flow& flow = *found.flow;
        if (flow.generation == outbound::suspects_generation(path_.generation) &&
            found.direction == Direction::original && outbound::is_silent(flow) &&
            firewall_.attacks.contains()) {
            if (const auto may_pass = state_.attackers.may_pass(flow.tuple, key_.l3_length, carry())) {
                if (!*may_pass) drop(DropReason::outbound_attack);
                return *may_pass;
            }
        }
        if (still_allowed(flow)) return true;
        end(flow);
        drop(DropReason::policy_changed);
        return false;
    }

    // Under the present policy. The flow is what it was: who sent its first packet, and where that went.
    [[nodiscard]] bool still_allowed(Flow& flow) const {
        if (static_cast<std::int32_t>(flow.generation - firewall_.first_generation) < 0) return false;
        const attach::NetworkIndex from = firewall_.routes.find(flow.tuple.source);
        const Edition edition = edition_now();
        const FlowPlan plan =
            plan_flow(firewall_, flow.tuple, key_, true, from, firewall::minute_of_week(state_.unix_s));
        if (!plan.has_route() || plan.match.rule == firewall::no_rule_matched ||
            plan.match.action != model::RuleAction::allow || !plan.keeps(state_.flows.translated(flow)))
            return false;
        flow.egress = {plan.to, from};
        state_.flows.rejudge(flow, edition.generation, plan.match.rule, edition.users);
        return true;
    }

    [[nodiscard]] bool is_current(const Flow& flow) const {
        if (!path_.varies) [[likely]]
            return flow.generation == path_.generation;
        const Edition now = edition_now();
        return flow.generation == now.generation && flow.users == now.users;
    }

    // It changes with the policy, whenever a rule's time begins or ends, and, where rules name users, with
    // each log-in and its end. A flow that had no packet during 255 changes of times, or some 2^24 log-ins,
    // would look current: it has expired long before.
    [[nodiscard]] Edition edition_now() const {
        if (!path_.varies) [[likely]]
            return {path_.generation, 0};
        // Before the rules are asked: a log-in meanwhile is another edition.
        const std::uint32_t users = firewall_.users != nullptr ? firewall_.users->changes() : 0;
        const std::uint32_t changes = (path_.has_schedule ? schedule_changes() : 0) + (users >> 16U);
        return {path_.generation + changes % (generation_step - 1), static_cast<std::uint16_t>(users)};
    }

    // Times of rules that began or ended under this policy.
    [[nodiscard]] std::uint32_t schedule_changes() const {
        Schedule& schedule = state_.schedules[path_.index];
        const std::uint64_t minute = state_.unix_s / 60;
        if (schedule.generation != path_.generation || minute >= schedule.next_minute ||
            minute < schedule.asked_minute) {
            schedule.changes = schedule.generation == path_.generation ? schedule.changes + 1 : 0;
            schedule.generation = path_.generation;
            schedule.asked_minute = minute;
            schedule.next_minute =
                minute + path_.firewall->rules.minutes_until_change(firewall::minute_of_week(state_.unix_s));
        }
        return schedule.changes;
    }

    [[nodiscard]] bool within_rate(const Found& found) const {
        const bool inbound = batch_.firewall.networks[i_] == attach::internet;
        const bool outbound = found.flow->egress[flow::index(found.direction)] == attach::internet;
        const bool limited = inbound ? path_.limits_inbound : outbound && path_.limits_outbound;
        if (!limited) return true;
        const meter::RateLimit& limit = inbound ? path_.inbound : path_.outbound_rate;
        if (state_.shared != nullptr) {
            if (within_shared_rate(limit, inbound)) return true;
            drop(inbound ? DropReason::inbound_rate : DropReason::outbound_rate);
            return false;
        }
        TenantMeters& meters = state_.tenant_meters[path_.index];
        if (state_.now_coarse - meters.last_seen > coarse_duration(meter::stale_after_s)) meters = {};
        meters.last_seen = state_.now_coarse;
        if (limit.take(inbound ? meters.inbound : meters.outbound, state_.now_ticks, key_.l3_length,
                       state_.dither + static_cast<std::uint32_t>(i_))) {
            return true;
        }
        drop(inbound ? DropReason::inbound_rate : DropReason::outbound_rate);
        return false;
    }

    // The tenant's rate is that of all his flows, whichever workers own them.
    [[nodiscard]] bool within_shared_rate(const meter::RateLimit& limit, bool inbound) const {
        SharedTenant& tenant = state_.shared->tenants[path_.index];
        const CoarseTime seen = tenant.last_seen.load(std::memory_order_relaxed);
        if (seen != state_.now_coarse) {
            if (static_cast<std::int32_t>(state_.now_coarse - seen) >
                static_cast<std::int32_t>(coarse_duration(meter::stale_after_s))) {
                tenant.inbound.store(0, std::memory_order_relaxed);
                tenant.outbound.store(0, std::memory_order_relaxed);
            }
            tenant.last_seen.store(state_.now_coarse, std::memory_order_relaxed);
        }
        return SharedTenant::take(limit, inbound ? tenant.inbound : tenant.outbound, state_.now_ticks,
                                  key_.l3_length, state_.dither + static_cast<std::uint32_t>(i_));
    }

    void follow_own(const Found& found) {
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
    __attribute__((cold, noinline)) bool go_on(flow::Step step, const Found& found) {
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
    [[nodiscard]] const packet::VxlanWay* tunnel_back() const {
        return firewall_.networks[batch_.firewall.networks[i_]].egress.way.tunnel;
    }

    // The tuple after source NAT. False: the pool has no port left. `block` is whose port it is, where it has
    // one.
    [[nodiscard]] bool translate_source(flow::Tuple& towards, const nat::SourceChange& change,
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
    [[nodiscard]] static bool has_ports(const flow::Tuple& tuple) {
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
    [[nodiscard]] flow::Opened open_translated(flow::NewFlow& wanted, const FlowPlan& plan) {
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

    void refuse(const firewall::Match& match, const flow::Tuple& tuple, attach::NetworkIndex from) {
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

    void open_allowed(const flow::Tuple& tuple, const FlowPlan& plan, const Edition& edition,
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
        const bool contained = attempt.suspect != nullptr && attempt.suspect->contained();
        wanted.generation = contained ? outbound::suspects_generation(path_.generation) : edition.generation;
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

    void wait_for_server(Flow& flow) const {
        flow.expires = state_.flows.now() + coarse_duration(splice::splicing_s);
        state_.counts.targets[batch_.targets[i_]->slot].spliced.add(1);
    }

    // A customer's own source is checked by its network; one from the internet has shown itself to the
    // scrubber.
    [[nodiscard]] bool verified() const {
        if (batch_.firewall.networks[i_] != attach::internet) return true;
        const Source* source = batch_.sources[i_];
        return source != nullptr && source->is_verified(state_.now_coarse);
    }

    void reject(std::uint32_t rule, attach::NetworkIndex from) {
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

    void leave(const Found& found) {
        const unsigned changes = found.flow->flags & (flow::flow_translated | flow::flow_spliced);
        if (changes != 0 && !change(found, changes)) return drop(DropReason::bad_transport_header);
        leave_by(found.flow->egress[flow::index(found.direction)]);
    }

    [[nodiscard]] bool change(const Found& found, unsigned changes) {
        if ((changes & flow::flow_spliced) != 0) [[unlikely]]
            splice::shift(key_, found, frame_);
        return (changes & flow::flow_translated) == 0 || nat::translate(state_.flows, found, key_, frame_);
    }

    void leave_error(const Found& found) {
        const bool outside = batch_.firewall.networks[i_] == attach::internet;
        if (found.flow->has(flow::flow_spliced)) {
            if (splice::is_refusal(key_, found)) return refuse_client(found);
            splice::shift_error(key_, found, frame_);
        }
        if (found.flow->has(flow::flow_translated) &&
            !nat::translate_error(state_.flows, found, outside, key_, frame_)) {
            return drop(DropReason::icmp_unrelated);
        }
        leave_by(found.flow->egress[flow::index(found.direction)]);
    }

    // The server can not be reached: its client, who thinks that he is connected, is told so.
    void refuse_client(const Found& found) {
        if (frame_.room < packet::min_room) return drop(DropReason::icmp_unrelated);
        const attach::NetworkIndex to = found.flow->egress[flow::index(found.direction)];
        splice::become_reset(context_, i_, *found.flow);
        end(*found.flow);
        leave_by(to);
    }

    void leave_by(attach::NetworkIndex to) {
        const NetworkWay& network = context_.program.paths.way(path_, to);
        batch_.legs[i_] = network.egress.leg;
        if (!network.learns || !network.egress.way.rewrite) return forward(network.egress.way, key_, frame_);
        Mac next_hop;
        const DropReason missing = find_next_hop(to, next_hop);
        if (missing != DropReason::none) return drop(missing);
        forward(network.egress.way, next_hop, key_, frame_);
    }

    // As the frame has it now, translated.
    [[nodiscard]] net::Address destination_now() const {
        const std::uint8_t* ip = frame_.data + key_.l3_offset;
        return key_.has(packet::key_ipv6) ? net::Address::v6_from(ip + 24) : net::Address::v4_from(ip + 16);
    }

    // The host itself where it lies on the network's link, otherwise the router there.
    [[nodiscard]] DropReason find_next_hop(attach::NetworkIndex to, Mac& mac) const {
        const NetworkWay& way = context_.program.paths.way(path_, to);
        if (!way.learns_from_frames) {
            const Network& network = firewall_.networks[to];
            const net::Address destination = destination_now();
            const attach::NetworkIndex place = network.on_link.find(destination);
            if (place == Network::gateway_itself) return DropReason::no_route;
            if (place == Network::host)
                return find_neighbour(network, destination, mac) ? DropReason::none : DropReason::no_next_hop;
        }
        const std::uint64_t known = firewall_.next_hops[to].load(std::memory_order_relaxed);
        std::memcpy(mac.data(), &known, mac.size());
        return known != 0 ? DropReason::none : DropReason::no_next_hop;
    }
    [[nodiscard]] bool find_neighbour(const Network& network, const net::Address& host, Mac& mac) const {
        const auto answer = network.neighbours->find(host, state_.now_coarse);
        if (answer.ask) {
            state_.questions.add({&network.egress.way, host.is_v4() ? network.own4 : network.own6, host,
                                  answer.ask_at, network.egress.leg});
        }
        mac = answer.mac;
        return answer.known;
    }

    // Before the answers to a flow's first packet come: its sender is asked for, if he is on the link and not
    // known, and a router is remembered.
    void know_sender(attach::NetworkIndex from) const {
        const Network& network = firewall_.networks[from];
        if (network.neighbours == nullptr || !network.egress.way.rewrite) return;
        if (network.on_link.find(key_.source) == Network::host) {
            Mac mac;
            (void)find_neighbour(network, key_.source, mac);
            return;
        }
        std::uint64_t mac = 0;
        std::memcpy(&mac, frame_.data + 6, 6);
        firewall_.next_hops[from].store(mac, std::memory_order_relaxed);
    }

    const Context& context_;
    Batch& batch_;
    WorkerState& state_;
    std::size_t i_;
    LegIndex ingress_;
    const TenantPath& path_;
    const TenantFirewall& firewall_;  // cold: not read for packets of known flows
    const packet::Key& key_;
    packet::Frame& frame_;
    std::optional<splice::Proof> splice_;  // the packet is about to begin a connection by its cookie
};

// An ICMP error belongs to the flow of the packet that it quotes.
Found find_quoted(const Context& context, std::size_t i, flow::TenantIndex tenant) {
    Batch& batch = context.batch;
    const auto quote = flow::read_quote(tenant, batch.keys[i], batch.frames[i]);
    if (!quote) return {};
    const Found found = context.state.flows.find(quote->answers);
    if (found.flow == nullptr || !flow::is_plausible(*quote, *found.flow, found.direction)) return {};
    return found;
}

// What can not open a flow, and has none: why.
void find_indirect(const Context& context, std::size_t i) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    const flow::TenantIndex tenant = firewall.paths[i]->index;
    if (firewall.kinds[i] == TupleKind::icmp_error) {
        firewall.found[i] = find_quoted(context, i, tenant);
        if (firewall.found[i].flow == nullptr) {
            (void)context.discard(i, DropReason::icmp_unrelated);
            return;
        }
    } else if (firewall.kinds[i] == TupleKind::piece) {
        const auto piece =
            context.state.fragments.find(firewall.lookups.tuples[i], batch.keys[i], context.state.flows);
        if (piece.found.flow == nullptr) {
            (void)context.discard(i, piece.reason);
            return;
        }
        firewall.found[i] = piece.found;
        flow::track_piece(*piece.found.flow, piece.found.direction, batch.keys[i], piece.data_begins,
                          context.program.paths.times(*firewall.paths[i]), context.state.flows.now());
    } else {
        (void)context.discard(i, DropReason::bad_transport_header);
        return;
    }
    firewall.known.add(i);
}

// The lines that the packet's last steps want: its way out, and its counters.
void fetch_way(const Context& context, std::size_t i, const Found& found) {
    const TenantPath& path = *context.batch.firewall.paths[i];
    __builtin_prefetch(&context.program.paths.way(path, found.flow->egress[flow::index(found.direction)]));
    __builtin_prefetch(&context.program.paths.times(path));
    __builtin_prefetch(&context.state.counts.states[context.batch.targets[i]->slot], 1);
}

}  // namespace

void fetch_flows(const Context& context) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    firewall.lookups.clear();
    for (const std::uint8_t i : firewall.stateful) {
        const TenantPath& path = *firewall.paths[i];
        flow::Tuple& tuple = firewall.lookups.tuples[i];
        firewall.kinds[i] = flow::tuple_of(path.index, batch.keys[i], batch.frames[i], tuple);
        if (firewall.kinds[i] == TupleKind::own)
            firewall.lookups.want(i, batch.keys[i].has(packet::key_ipv6));
        if (path.limits_inbound | path.limits_outbound | path.checks_inbound) {
            if (firewall.networks[i] == attach::internet && batch.profiles[i]->checks_protocol)
                firewall.checked.add(i);
            __builtin_prefetch(&path.inbound);
            __builtin_prefetch(&context.state.tenant_meters[path.index], 1);
        }
    }
    context.state.flows.fetch(firewall.lookups);
}

void sort_flows(const Context& context) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    for (const std::uint8_t i : firewall.stateful) {
        if (firewall.networks[i] != attach::internet) {
            const TenantPath& path = *firewall.paths[i];
            attach::learn_router(path, firewall.networks[i],
                                 context.program.paths.way(path, firewall.networks[i]), batch.frames[i]);
        }
        if (firewall.kinds[i] != TupleKind::own) {
            find_indirect(context, i);
            continue;
        }
        const Found found = context.state.flows.find(firewall.lookups, i);
        firewall.found[i] = found;
        if (found.flow != nullptr) {
            firewall.known.add(i);
            fetch_way(context, i, found);
        } else if (firewall.networks[i] == attach::internet) {
            batch.live.add(i);
        } else {
            batch.sources[i] = nullptr;
            firewall.fresh.add(i);
        }
    }
}

void follow_flows(const Context& context, LegIndex ingress) {
    // A copy whose address nobody else has (run_stages).
    const Context own = context;
    const FirewallBatch& firewall = context.batch.firewall;
    for (const std::uint8_t i : firewall.known) {
        if (!firewall.flows_ended && pass_plain(own, i)) continue;
        Passage(context, i, ingress).follow();
    }
}

void open_flows(const Context& context, LegIndex ingress) {
    for (const std::uint8_t i : context.batch.firewall.fresh) Passage(context, i, ingress).open();
}

}  // namespace sluice::dataplane
