#include "dataplane/meter/rate_stage.hpp"

#include <array>

#include "net/protocol.hpp"

namespace sluice::dataplane::meter {
namespace {

using model::DropReason;

constexpr auto udp = static_cast<std::uint8_t>(net::IpProtocol::udp);
constexpr auto icmp = static_cast<std::uint8_t>(net::IpProtocol::icmp);
constexpr auto icmpv6 = static_cast<std::uint8_t>(net::IpProtocol::icmpv6);

bool source_allows(const Profile& profile, WorkerState& state, Batch& batch, std::size_t i) {
    Source* source = batch.sources[i];
    if (source == nullptr) {
        source = state.sources.find_or_make(batch.source_hashes[i], state.now_coarse, false);
        // Among verified sources only there is no room for this one: the target's limit has to do.
        if (source == nullptr) {
            state.counts.sources_turned_away.add(1);
            return true;
        }
    }
    return profile.source.take(source->rate, state.now_ticks, batch.keys[i].l3_length);
}

DropReason destination_refuses(const Profile& profile, Destination& meters, Ticks now,
                               const packet::Key& key) {
    const std::uint32_t bytes = key.l3_length;
    if (key.has(packet::key_fragment) && !profile.fragment.take(meters.fragment, now, bytes)) {
        return DropReason::fragment_rate;
    }
    if (key.protocol == udp) {
        if (!profile.udp.take(meters.udp, now, bytes)) return DropReason::udp_rate;
    } else if (key.protocol == icmp || key.protocol == icmpv6) {
        if (!profile.icmp.take(meters.icmp, now, bytes)) return DropReason::icmp_rate;
    }
    return profile.target.take(meters.target, now, bytes) ? DropReason::none : DropReason::target_rate;
}

}  // namespace

void run_rate_stage(const Program& program, WorkerState& state, Batch& batch) {
    std::array<std::uint64_t, packet::max_burst> hashes;
    for (std::uint32_t n = 0; n < batch.live_count; ++n) {
        const std::size_t i = batch.live[n];
        const Target& target = *batch.targets[i];
        const Profile& profile = program.profiles[target.profile];
        if (!profile.meter_destination) continue;
        if (profile.wide) {
            hashes[i] = state.address_hash(target.serial, batch.keys[i].destination);
            state.wide_destinations.prefetch(hashes[i]);
        } else {
            __builtin_prefetch(&state.host_destinations[target.slot], 1);
        }
    }
    batch.filter_live([&](std::size_t i) {
        const Target& target = *batch.targets[i];
        const Profile& profile = program.profiles[target.profile];
        if (profile.meter_source && !source_allows(profile, state, batch, i)) {
            batch.drop(i, DropReason::source_rate);
            return false;
        }
        if (!profile.meter_destination) return true;
        Destination& meters = profile.wide
                                  ? *state.wide_destinations.find_or_make(hashes[i], state.now_coarse, false)
                                  : state.host_destinations[target.slot];
        const DropReason reason = destination_refuses(profile, meters, state.now_ticks, batch.keys[i]);
        if (reason == DropReason::none) return true;
        batch.drop(i, reason);
        return false;
    });
}

}  // namespace sluice::dataplane::meter
