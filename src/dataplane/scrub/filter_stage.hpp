// The tenant's filters, static and dynamic, in their order: the first that matches decides. A dropping one
// ends the packet's way; a passing one excuses it from all later stages. Needs no state but the time.
#pragma once

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstring>

#include "dataplane/scrub/filter_condition.hpp"
#include "dataplane/stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {

inline bool within(const net::Address& address, const FilterAddresses::Words& mask,
                   const FilterAddresses::Words& value) {
    FilterAddresses::Words words;
    std::memcpy(&words, address.bytes().data(), 16);
    return (((words.high & mask.high) ^ value.high) | ((words.low & mask.low) ^ value.low)) == 0;
}

[[nodiscard]] inline Lanes lanes_of(const packet::Key& key) {
    const bool header = key.has(packet::key_transport);
    const bool tcp = header && key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp);
    const bool udp = header && key.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp);
    const auto four = [](std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
        return a | b << 16U | c << 32U | d << 48U;
    };
    // In the order of FilterLane. Made in registers: a vector put together in memory would wait for its
    // stores.
    using Halves = std::uint64_t __attribute__((vector_size(16)));
    const Halves halves{
        four(key.protocol, key.source_port, key.destination_port, tcp || udp ? 1 : 0),
        four(key.tcp_flags, tcp ? 1 : 0, key.l3_length, key.has(packet::key_fragment) ? 1 : 0)};
    return reinterpret_cast<const Lanes&>(halves);
}

[[nodiscard]] inline bool all_inside(const Lanes& lanes, const Lanes& first, const Lanes& last) {
#if defined(__SSE4_1__)
    // Saturating differences: above zero where a lane is below its first or above its last.
    const auto low =
        _mm_subs_epu16(reinterpret_cast<const __m128i&>(first), reinterpret_cast<const __m128i&>(lanes));
    const auto high =
        _mm_subs_epu16(reinterpret_cast<const __m128i&>(lanes), reinterpret_cast<const __m128i&>(last));
    const __m128i outside = _mm_or_si128(low, high);
    return _mm_testz_si128(outside, outside) != 0;
#else
    bool inside = true;
    for (int lane = 0; lane < 8; ++lane) inside &= lanes[lane] >= first[lane] && lanes[lane] <= last[lane];
    return inside;
#endif
}

[[nodiscard]] inline bool matches(const FilterAddresses& filter, const packet::Key& key) {
    return within(key.source, filter.source_mask, filter.source_value) &&
           within(key.destination, filter.destination_mask, filter.destination_value);
}

// In the pass before: which filters, and their lines.
struct FilterFetchStage {
    static constexpr model::Stage stage = model::Stage::filter;

    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const Program& program = context.program;
        const FilterList list =
            program.filter_lists[batch.targets[i]->filters]
                                [static_cast<std::size_t>(class_of(batch.keys[i].protocol))];
        batch.filters[i] = list;
        for (std::uint32_t n = 0; n < std::min(list.count, fetched_filters); ++n) {
            __builtin_prefetch(program.filters.data() + list.first + n);
        }
        return true;
    }

  private:
    // Further ones are in a row, which the processor sees by itself.
    static constexpr std::uint32_t fetched_filters = 4;
};

struct FilterStage {
    static constexpr model::Stage stage = model::Stage::filter;

    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const packet::Key& key = batch.keys[i];
        const FilterList list = batch.filters[i];
        if (list.count == 0) return true;
        const Program& program = context.program;
        const Lanes lanes = lanes_of(key);
        const CompiledFilter* const begin = program.filters.data() + list.first;
        for (const CompiledFilter* filter = begin; filter != begin + list.count; ++filter) {
            if (!all_inside(lanes & filter->mask, filter->first, filter->last)) continue;
            if (context.state.now_ns >= filter->expires_ns) continue;
            if (filter->asks != 0) {
                const auto at = static_cast<std::size_t>(filter - program.filters.data());
                if ((filter->asks & asks_addresses) != 0 && !matches(program.filter_addresses[at], key))
                    continue;
                if ((filter->asks & asks_more) != 0 &&
                    !meets(program, program.conditions[program.filter_conditions[at]], key, batch.frames[i]))
                    continue;
            }
            if (filter->action == model::FilterAction::drop) {
                return context.drop(
                    i, filter->dynamic ? model::DropReason::dynamic_filter : model::DropReason::static_filter,
                    filter->rule);
            }
            batch.rules[i] = filter->rule;
            batch.excused.add(i);
            return false;
        }
        return true;
    }
};

}  // namespace sluice::dataplane::scrub
