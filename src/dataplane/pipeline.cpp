#include "dataplane/pipeline.hpp"

#include <algorithm>

#include "dataplane/attach/attach_stage.hpp"
#include "dataplane/fetch_stage.hpp"
#include "dataplane/firewall_stage.hpp"
#include "dataplane/flow_payloads.hpp"
#include "dataplane/meter/rate_stage.hpp"
#include "dataplane/outbound/outbound_sample.hpp"
#include "dataplane/parse_reason.hpp"
#include "dataplane/scrub/anomaly/anomaly_stage.hpp"
#include "dataplane/scrub/filter_stage.hpp"
#include "dataplane/scrub/invalid_stage.hpp"
#include "dataplane/scrub/protocol/protocol_stage.hpp"
#include "dataplane/scrub/reflection_stage.hpp"
#include "dataplane/scrub/verify_stage.hpp"
#include "dataplane/stage.hpp"
#include "dataplane/tenant_stage.hpp"
#include "dataplane/workers/flow_owner.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

using model::DropReason;

// The first pass: keys, and the lines where the targets are looked for.
void parse(Context& context) {
    Batch& batch = context.batch;
    packet::parse_burst({batch.frames.data(), batch.size}, batch.keys.data());
    batch.live.count = 0;
    batch.excused.count = 0;
    batch.watched.count = 0;
    batch.resets.count = 0;
    batch.dropped = 0;
    batch.fleeting = 0;
    batch.unknown = 0;
    batch.verified = 0;
    batch.handed.count = 0;
    batch.away = 0;
    for (std::size_t family = 0; family < 2; ++family) {
        batch.wanted_sources[family].count = 0;
        batch.wanted_destinations[family].count = 0;
        batch.syns[family].count = 0;
    }
    std::fill_n(batch.verdicts.begin(), batch.size, model::Verdict::pass);
    std::fill_n(batch.reasons.begin(), batch.size, DropReason::none);
    std::fill_n(batch.rules.begin(), batch.size, no_rule);
    std::fill_n(batch.targets.begin(), batch.size, nullptr);
    const std::uint32_t size = batch.size;
    for (std::uint32_t i = 0; i < size; ++i) {
        const packet::Key& key = batch.keys[i];
        batch.received[i] = batch.frames[i].length;
        if (key.error != packet::ParseError::none) {
            context.drop(i, reason_of(key.error));
            continue;
        }
        batch.probes[i] = context.program.table.begin(key.destination, key.has(packet::key_ipv6));
        batch.live.add(i);
    }
}

void answer_local(const LocalResponder& local, Batch& batch) {
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        if (batch.reasons[i] != DropReason::unsupported_link &&
            batch.reasons[i] != DropReason::unknown_destination &&
            batch.reasons[i] != DropReason::unknown_network) {
            continue;
        }
        if (!local.answer(batch.keys[i], batch.frames[i])) continue;
        --batch.dropped;
        batch.verdicts[i] = model::Verdict::answer;
        batch.reasons[i] = DropReason::none;
    }
}

void leave(const Egress& egress, const Selection& passed, Batch& batch) {
    for (const std::uint8_t i : passed) {
        batch.legs[i] = egress.leg;
        forward(egress.way, batch.keys[i], batch.frames[i]);
    }
}

// What is done for all SYNs together is the verification's time.
template <class Work>
void for_syns(const Context& context, Work&& work) {
    const base::Clock* clock = context.state.stage_clock;
    if (clock == nullptr) [[likely]]
        return work(context);
    Selection all;
    for (const Selection& family : context.batch.syns) {
        for (const std::uint8_t i : family) all.add(i);
    }
    const base::Instant start = clock->now();
    work(context);
    context.spend(model::Stage::verify, all, static_cast<std::uint64_t>((clock->now() - start).count()));
}

void filter_and_verify(Context& context) {
    run_stages<scrub::InvalidStage, scrub::FilterStage, scrub::ReflectionStage, LimitFetchStage,
               scrub::protocol::ProtocolFetchStage>(context);
    fetch_addresses(context);
    scrub::protocol::fetch_conducts(context);
    for_syns(context, scrub::make_cookies);
    run_stages<scrub::VerifyStage, scrub::anomaly::AnomalyStage, scrub::protocol::ProtocolStage,
               meter::RateStage>(context);
    for_syns(context, scrub::answer_syns);
    leave(context.topology.to_customers, context.batch.resets, context.batch);
}

// What the scrubber let through: to a tenant with a firewall it opens a flow, if his rules allow it.
void after_scrubbing(const Context& context, const Selection& passed) {
    Batch& batch = context.batch;
    Selection forwarded;
    for (const std::uint8_t i : passed) {
        (batch.firewall.paths[i] != nullptr ? batch.firewall.fresh : forwarded).add(i);
    }
    leave(context.topology.to_customers, forwarded, batch);
}

void run_with_firewalls(Context& context, LegIndex ingress) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    std::fill_n(firewall.paths.begin(), batch.size, nullptr);
    // A packet that a filter excuses is never asked for its source.
    std::fill_n(batch.sources.begin(), batch.size, nullptr);
    firewall.stateful.count = firewall.checked.count = firewall.known.count = firewall.fresh.count = 0;
    firewall.flows_ended = false;
    context.state.extra.clear();
    context.state.ports.set_time(context.state.now_ns);
    context.state.ports.mapper.expire(context.state.now_ns, 4);
    context.state.flows.advance(context.state.now_ns);
    const bool looks_closer = context.state.attackers.on_burst(context.state.now_ns);
    context.state.unix_s = context.program.made.unix_seconds(context.state.now_ns);
    attach::find_networks(context, ingress);
    run_stages<TenantStage, FirewallTurnoff>(context);
    if (batch.dropped != 0) answer_local(context.topology.legs[ingress].local, batch);
    if (context.state.workers > 1) workers::hand_over(context);
    fetch_flows(context);
    sort_flows(context);
    if (firewall.checked.count != 0) check_payloads(context);
    follow_flows(context, ingress);
    run_stages<scrub::FilterFetchStage, VerifyFetchStage>(context);
    fetch_addresses(context);
    filter_and_verify(context);
    after_scrubbing(context, batch.live);
    after_scrubbing(context, batch.excused);
    open_flows(context, ingress);
    if (looks_closer) [[unlikely]]
        outbound::sample(context);
}

// Of a packet that was dropped. One that a filter dropped has not been asked yet.
bool is_verified_source(WorkerState& state, const Batch& batch, std::size_t i) {
    if ((batch.verified >> i & 1U) != 0) return true;
    if (batch.reasons[i] != DropReason::dynamic_filter && batch.reasons[i] != DropReason::reflection_template)
        return false;
    const Profile& profile = *batch.profiles[i];
    if (!scrub::is_verified(profile, batch.keys[i])) return false;
    const Source* source = state.sources.find(batch.source_hashes[i]);
    return source != nullptr &&
           source->has_shown(scrub::needed_proof(profile, batch.keys[i]), state.now_coarse);
}

}  // namespace

void run_pipeline(const Program& program, const scrub::Bogons& bogons, const Topology& topology,
                  LegIndex ingress, WorkerState& state, Batch& batch) {
    Context context{program, bogons, topology, state, batch};
    std::fill_n(batch.legs.begin(), batch.size, ingress);
    parse(context);
    if (program.has_firewalls()) return run_with_firewalls(context, ingress);
    run_stages<TenantStage>(context);
    run_stages<scrub::FilterFetchStage, VerifyFetchStage>(context);
    fetch_addresses(context);
    if (batch.dropped != 0) answer_local(topology.legs[ingress].local, batch);
    filter_and_verify(context);
    leave(topology.to_customers, batch.live, batch);
    leave(topology.to_customers, batch.excused, batch);
}

void count_batch(WorkerState& state, const Batch& batch) {
    for (const std::uint8_t i : batch.excused) {
        if (batch.verdicts[i] != model::Verdict::pass) continue;
        state.counts.targets[batch.targets[i]->slot].excused.add(1, batch.received[i]);
    }
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        if ((batch.away >> i & 1U) != 0) continue;
        const std::uint32_t bytes = batch.received[i];
        const auto reason = static_cast<std::size_t>(batch.reasons[i]);
        if (batch.targets[i] == nullptr) {
            if (batch.verdicts[i] == model::Verdict::answer) {
                state.counts.local.add(1, bytes);
            } else {
                state.counts.unattributed[reason].add(1, bytes);
            }
            continue;
        }
        const std::uint32_t slot = batch.targets[i]->slot;
        switch (batch.verdicts[i]) {
            case model::Verdict::pass:
                state.counts.states[slot].passed.add(1, bytes);
                state.counts.states[slot].verified.add(batch.verified >> i & 1U);
                break;
            case model::Verdict::answer:
                state.counts.targets[slot].answered.add(1, bytes);
                break;
            case model::Verdict::drop:
                state.counts.targets[slot].reasons[reason].add(1, bytes);
                if (is_legitimate_loss(batch.reasons[i]) && is_verified_source(state, batch, i))
                    state.counts.targets[slot].verified_dropped.add(1, bytes);
                break;
        }
    }
}

}  // namespace sluice::dataplane
