// Asks for the lines of sources and destinations that verification and limits are going to read in the last
// pass.
#pragma once

#include "dataplane/scrub/verify_stage.hpp"
#include "dataplane/stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane {

// Keeps every packet; notes those whose source has to show itself. Before the filters, which drop little TCP:
// the lines are on the way for longer.
struct VerifyFetchStage {
    static constexpr model::Stage stage = model::Stage::verify;

    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const packet::Key& key = batch.keys[i];
        if (!scrub::is_verified(*batch.profiles[i], key)) return true;
        const std::size_t family = key.has(packet::key_ipv6) ? 1 : 0;
        batch.wanted_sources[family].add(i);
        const bool answered = scrub::is_syn(key) && batch.profiles[i]->answer_syns;
        if (answered) batch.syns[family].add(i);
        batch.fleeting |= (answered || scrub::is_hopeless(*batch.profiles[i], key) ? 1U : 0U) << i;
        return true;
    }
};

// The pair and the service that the packet belongs to.
void fetch_parts(Context context, std::size_t i);

// Keeps every packet; notes all others whose source, and which address of a wide target, has to be found.
struct LimitFetchStage {
    static constexpr model::Stage stage = model::Stage::rate;

    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const Profile& profile = *batch.profiles[i];
        const packet::Key& key = batch.keys[i];
        const std::size_t family = key.has(packet::key_ipv6) ? 1 : 0;
        batch.sources[i] = nullptr;
        if (profile.meter_source && !scrub::is_verified(profile, key)) batch.wanted_sources[family].add(i);
        if (profile.wide | profile.meter_parts) {
            if (profile.wide) batch.wanted_destinations[family].add(i);
            if (profile.meter_parts) fetch_parts(context, i);
        }
        // Of an unknown sender's packet, which will not pass, it is not read.
        if ((batch.unknown >> i & 1U) == 0)
            __builtin_prefetch(&context.state.counts.states[batch.targets[i]->slot], 1);
        return true;
    }
};

// For all that were noted since the last call: the hashes, several at a time, and their lines.
void fetch_addresses(const Context& context);

}  // namespace sluice::dataplane
