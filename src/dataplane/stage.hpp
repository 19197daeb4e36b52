// What a stage is: a function of an immutable program, of the worker's state and of one packet of a batch,
//
//     struct SomeStage {
//         static bool keep(const Context& context, std::size_t i);   // false: judged, no later stage looks
//         at it
//     };
//
// which may say by `static constexpr model::Stage stage` what its time is counted for,
// and run_stages<A, B, C>(context) lets each live packet of the batch meet them in this order, in one pass. A
// pass ends where the next stage needs memory that is not in the cache: its line is asked for in the one pass
// and read in the next (docs/decisions/passes-over-a-burst.md).
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/scrub/bogons.hpp"
#include "dataplane/topology.hpp"
#include "dataplane/worker_state.hpp"

namespace sluice::dataplane {

struct Context {
    const Program& program;
    const scrub::Bogons& bogons;
    const Topology& topology;
    WorkerState& state;
    Batch& batch;

    // What this stage would drop goes on, and is only counted.
    [[nodiscard]] bool is_watched(std::size_t i, model::Stage stage) const {
        return (profile_of(i).monitored >> static_cast<unsigned>(stage) & 1U) != 0;
    }

    // False, so that a stage may say `return context.drop(…)`; true when the stage is only watched.
    bool drop(std::size_t i, model::DropReason reason, std::uint32_t rule = no_rule) const {
        if (batch.targets[i] != nullptr && profile_of(i).monitored != 0 &&
            is_watched(i, model::info(reason).stage)) {
            watch(i, model::info(reason).stage);
            return true;
        }
        return discard(i, reason, rule);
    }

    // The same for what can not go on. Always false.
    bool discard(std::size_t i, model::DropReason reason, std::uint32_t rule = no_rule) const {
        ++batch.dropped;
        batch.verdicts[i] = model::Verdict::drop;
        batch.reasons[i] = reason;
        batch.rules[i] = rule;
        if (batch.targets[i] != nullptr) {
            // Counted when the whole batch is done; on its way until then.
            const TargetCounts& counts = state.counts.targets[batch.targets[i]->slot];
            __builtin_prefetch(&counts.reasons[static_cast<std::size_t>(reason)], 1);
        }
        return false;
    }

    // Time that a stage has taken for these packets: each one's target bears its share.
    void spend(model::Stage stage, const Selection& packets, std::uint64_t ns) const {
        if (packets.count == 0) return;
        const std::uint64_t share = ns * timed_bursts / packets.count;
        for (const std::uint8_t i : packets) {
            if (batch.targets[i] != nullptr)
                state.counts.targets[batch.targets[i]->slot].time(stage).add(share);
        }
    }

  private:
    [[nodiscard]] const Profile& profile_of(std::size_t i) const {
        return program.profiles[batch.targets[i]->profile];
    }
    __attribute__((cold, noinline)) void watch(std::size_t i, model::Stage stage) const {
        state.counts.targets[batch.targets[i]->slot].watched(stage).add(1, batch.received[i]);
    }
};

// One stage for all live packets, by the clock.
template <class Stage>
void time_stage(Context& context) {
    const base::Clock& clock = *context.state.stage_clock;
    Selection& live = context.batch.live;
    const Selection before = live;
    const base::Instant start = clock.now();
    live.count = 0;
    for (const std::uint8_t i : before) {
        if (Stage::keep(context, i)) live.add(i);
    }
    if constexpr (requires { Stage::stage; }) {
        context.spend(Stage::stage, before, static_cast<std::uint64_t>((clock.now() - start).count()));
    }
}
// For the few bursts that are timed: one stage after the other. A source that one packet has found may then
// have lost its entry to another's before it is metered; so rare that it does not matter.
template <class... Stages>
__attribute__((noinline)) void time_stages(const Context& outer) {
    Context context = outer;
    (time_stage<Stages>(context), ...);
}

template <class... Stages>
void run_stages(const Context& outer) {
    if (outer.state.stage_clock != nullptr) [[unlikely]]
        return time_stages<Stages...>(outer);
    // A copy whose address nobody else has: the compiler may keep its pointers in registers.
    Context context = outer;
    Selection& live = context.batch.live;
    std::uint32_t kept = 0;
    const std::uint32_t count = live.count;
    for (std::uint32_t n = 0; n < count; ++n) {
        const std::uint8_t i = live.at[n];
        live.at[kept] = i;
        kept += (Stages::keep(context, i) && ...) ? 1 : 0;
    }
    live.count = kept;
}

}  // namespace sluice::dataplane
