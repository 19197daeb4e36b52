// Limits of each source, of each source at one destination address, and of fragments, ICMP, UDP, one service
// and everything to a destination address, in this order. A packet that one limit refuses counts for none of
// the later ones. One source that goes on above its limit is shut out: a flood from a host that proves its
// address would else keep the limit's rate for as long as it lasts.
#pragma once

#include "dataplane/stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::meter {

struct RateStage {
    static constexpr model::Stage stage = model::Stage::rate;

    static bool keep(const Context& context, std::size_t i) {
        const Profile& profile = *context.batch.profiles[i];
        // Costs are rounded up or down by a number that changes from packet to packet.
        const std::uint32_t carry =
            (context.state.dither + static_cast<std::uint32_t>(i) * 0x9e3779b9U) >> 16U;
        if (profile.meter_source && !source_allows(context, i, carry) &&
            !context.drop(i, model::DropReason::source_rate)) {
            return false;
        }
        if (!profile.meter_destination) return true;
        if (profile.meter_parts && !pair_allows(context, i, carry) &&
            !context.drop(i, model::DropReason::pair_rate)) {
            return false;
        }
        const model::DropReason reason = destination_refuses(context, i, carry);
        return reason == model::DropReason::none || context.drop(i, reason);
    }

  private:
    static bool source_allows(const Context& context, std::size_t i, std::uint32_t carry) {
        WorkerState& state = context.state;
        Source* source = context.batch.sources[i];
        if (source == nullptr) {
            source = state.sources.find_or_make(context.batch.source_hashes[i], state.now_coarse, false);
            // Among verified sources only there is no room for this one: the target's limit has to do.
            if (source == nullptr) {
                state.counts.sources_turned_away.add(1);
                return true;
            }
            touch(*source, state.now_coarse);
        }
        const RateLimit& limit = context.batch.profiles[i]->source;
        const std::uint32_t bytes = context.batch.keys[i].l3_length;
        if (limit.take(source->rate, state.now_ticks, bytes, carry)) return true;
        limit.owe(source->rate, state.now_ticks, bytes);
        return false;
    }

    // Parts are never precious, so there is always room.
    static RateState& part_of(const Context& context, std::uint64_t hash) {
        WorkerState& state = context.state;
        TrafficPart& part = *state.parts.find_or_make(hash, state.now_coarse, false);
        touch(part, state.now_coarse);
        return part.meters;
    }
    __attribute__((noinline)) static bool pair_allows(Context context, std::size_t i, std::uint32_t carry) {
        const RateLimit& limit = context.batch.profiles[i]->pair;
        if (!limit.any()) return true;
        RateState& state = part_of(context, context.batch.pair_hashes[i]);
        const std::uint32_t bytes = context.batch.keys[i].l3_length;
        if (limit.take(state, context.state.now_ticks, bytes, carry)) return true;
        limit.owe(state, context.state.now_ticks, bytes);
        return false;
    }
    __attribute__((noinline)) static bool service_allows(Context context, std::size_t i,
                                                         std::uint32_t carry) {
        const RateLimit& limit = context.batch.profiles[i]->service;
        if (!limit.any()) return true;
        RateState& state = part_of(context, context.batch.service_hashes[i]);
        return limit.take(state, context.state.now_ticks, context.batch.keys[i].l3_length, carry);
    }

    static Meters& meters_of(const Context& context, std::size_t i) {
        WorkerState& state = context.state;
        if (!context.batch.profiles[i]->wide) {
            TargetState& own = state.counts.states[context.batch.targets[i]->slot];
            touch(own, state.now_coarse);
            return own.meters;
        }
        // Destinations are never precious, so there is always room.
        Destination& one =
            *state.wide_destinations.find_or_make(context.batch.target_hashes[i], state.now_coarse, false);
        touch(one, state.now_coarse);
        return one.meters;
    }

    [[gnu::always_inline]] static model::DropReason destination_refuses(const Context& context, std::size_t i,
                                                                        std::uint32_t carry) {
        using model::DropReason;
        using net::IpProtocol;
        const Profile& profile = *context.batch.profiles[i];
        const packet::Key& key = context.batch.keys[i];
        Meters& meters = meters_of(context, i);
        const Ticks now = context.state.now_ticks;
        const std::uint32_t bytes = key.l3_length;
        if (key.has(packet::key_fragment) && !profile.fragment.take(meters.fragment, now, bytes, carry)) {
            return DropReason::fragment_rate;
        }
        if (key.protocol == static_cast<std::uint8_t>(IpProtocol::udp)) {
            if (!profile.udp.take(meters.udp, now, bytes, carry)) return DropReason::udp_rate;
        } else if (key.protocol == static_cast<std::uint8_t>(IpProtocol::icmp) ||
                   key.protocol == static_cast<std::uint8_t>(IpProtocol::icmpv6)) {
            if (!profile.icmp.take(meters.icmp, now, bytes, carry)) return DropReason::icmp_rate;
        }
        if (profile.meter_parts && !service_allows(context, i, carry)) return DropReason::service_rate;
        return profile.target.take(meters.target, now, bytes, carry) ? DropReason::none
                                                                     : DropReason::target_rate;
    }
};

}  // namespace sluice::dataplane::meter
