// A burst of packets on its way through the stages, and the stages' judgement on each. `live` holds the
// packets that the next stage still has to look at, in their order.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/target_table.hpp"
#include "model/verdict.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane {

// No rule of a tenant decided.
inline constexpr std::uint32_t no_rule = 0xffffffff;
// Rules from here on are reflection templates: this plus the AttackVector.
inline constexpr std::uint32_t template_rules = 0xffffff00;

struct Source;

struct Batch {
    std::array<packet::Frame, packet::max_burst> frames;
    std::array<packet::Key, packet::max_burst> keys;
    std::array<const Target*, packet::max_burst> targets;  // nullptr: nobody's
    std::array<model::Verdict, packet::max_burst> verdicts;
    std::array<model::DropReason, packet::max_burst> reasons;
    std::array<std::uint32_t, packet::max_burst> rules;
    std::array<std::uint32_t, packet::max_burst> received;  // bytes on arrival: an answer has another length
    std::array<bool, packet::max_burst> excused;            // passed by a filter
    std::array<std::uint64_t, packet::max_burst> source_hashes;  // 0: no stage asks for the source
    std::array<Source*, packet::max_burst> sources;              // found by an earlier stage
    std::uint32_t size = 0;
    std::array<std::uint8_t, packet::max_burst> live;
    std::uint32_t live_count = 0;

    void drop(std::size_t i, model::DropReason reason, std::uint32_t rule = no_rule) {
        verdicts[i] = model::Verdict::drop;
        reasons[i] = reason;
        rules[i] = rule;
    }

    // Calls stays(i) for each live packet; those for which it says false leave. They were dropped, answered
    // or excused by then.
    template <class Stays>
    void filter_live(Stays&& stays) {
        std::uint32_t kept = 0;
        for (std::uint32_t n = 0; n < live_count; ++n) {
            const std::uint8_t i = live[n];
            live[kept] = i;
            kept += stays(i) ? 1 : 0;
        }
        live_count = kept;
    }
};

}  // namespace sluice::dataplane
