// The tenant's filters, static and dynamic, in their order: the first that matches decides. A dropping one
// ends the packet's way; a passing one excuses it from all later stages. Needs no state but the time.
#pragma once

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

#include <bit>
#include <cstddef>
#include <cstring>

#include "dataplane/scrub/filter_condition.hpp"
#include "dataplane/stage.hpp"

namespace sluice::dataplane::scrub {

inline bool within(const net::Address& address, const FilterAddresses::Words& mask,
                   const FilterAddresses::Words& value) {
    FilterAddresses::Words words;
    std::memcpy(&words, address.bytes().data(), 16);
    return (((words.high & mask.high) ^ value.high) | ((words.low & mask.low) ^ value.low)) == 0;
}

// In the order of FilterLane. Sixteen bytes of the key are put in another order at once; what a protocol does
// not have is masked.
[[nodiscard]] inline Lanes lanes_of(const packet::Key& key) {
    using packet::Key;
    using Bytes = std::uint8_t __attribute__((vector_size(16)));
    static_assert(offsetof(Key, source_port) == 32 && offsetof(Key, destination_port) == 34 &&
                  offsetof(Key, protocol) == 36 && offsetof(Key, tcp_flags) == 37 &&
                  offsetof(Key, flags) == 39 && offsetof(Key, l3_length) == 44);
    constexpr std::uint16_t all = 0xffff;
    constexpr std::uint16_t header = packet::key_transport;
    constexpr std::uint16_t piece = packet::key_fragment;
    static constexpr Lanes kept[static_cast<std::size_t>(ProtocolClass::count_)] = {
        {0xff, all, all, header, 0xff, header, all, piece},  // TCP
        {0xff, all, all, header, 0xff, 0, all, piece},       // UDP
        {0xff, all, all, 0, 0xff, 0, all, piece},
    };
    Bytes bytes;
    std::memcpy(&bytes, reinterpret_cast<const std::uint8_t*>(&key) + offsetof(Key, source_port), 16);
    const Bytes in_order =
        __builtin_shufflevector(bytes, bytes, 4, 4, 0, 1, 2, 3, 7, 7, 5, 5, 7, 7, 12, 13, 7, 7);
    return reinterpret_cast<const Lanes&>(in_order) & kept[static_cast<std::size_t>(class_of(key.protocol))];
}

// Bit n: lane n is not below the first and not above the last.
[[nodiscard]] inline unsigned lanes_inside(const Lanes& lanes, const Lanes& first, const Lanes& last) {
#if defined(__SSE4_1__)
    // Saturating differences: above zero where a lane is below its first or above its last.
    const auto low =
        _mm_subs_epu16(reinterpret_cast<const __m128i&>(first), reinterpret_cast<const __m128i&>(lanes));
    const auto high =
        _mm_subs_epu16(reinterpret_cast<const __m128i&>(lanes), reinterpret_cast<const __m128i&>(last));
    const __m128i none = _mm_setzero_si128();
    const __m128i inside = _mm_cmpeq_epi16(_mm_or_si128(low, high), none);
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(inside, none)));
#else
    unsigned inside = 0;
    for (unsigned n = 0; n < 8; ++n) inside |= (lanes[n] >= first[n] && lanes[n] <= last[n] ? 1U : 0U) << n;
    return inside;
#endif
}

// The line's filters that may match. All of them when the packet shows no ports.
[[nodiscard]] inline unsigned candidates(const FilterLine& line, const packet::Key& key) {
    if (!key.has(packet::key_transport)) return line.taken;
    const std::uint16_t to = key.destination_port;
    const std::uint16_t from = key.source_port;
    const Lanes ports{to, to, to, to, from, from, from, from};
    const unsigned inside = lanes_inside(ports, line.first_ports, line.last_ports);
    return inside & inside >> FilterLine::places;
}

// In the pass before: which filters may match, and the lines of those that ask for more than ports.
struct FilterFetchStage {
    static constexpr model::Stage stage = model::Stage::filter;

    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const packet::Key& key = batch.keys[i];
        batch.filter_candidates[i] = 0;
        if (!is_filtered(*batch.profiles[i], key.protocol)) return true;
        const FilterProgram& filters = context.program.filters;
        const FilterLine& line = filters.list(batch.targets[i]->filters, key.protocol);
        const unsigned found = candidates(line, key);
        batch.filters[i] = &line;
        batch.filter_candidates[i] = static_cast<std::uint8_t>(found | (line.next != 0 ? goes_on : 0));
        for (unsigned asked = found & ~unsigned{line.decided}; asked != 0; asked &= asked - 1) {
            __builtin_prefetch(&filters.filter(line.first + static_cast<unsigned>(std::countr_zero(asked))));
        }
        return true;
    }

    static constexpr std::uint8_t goes_on = 1U << FilterLine::places;  // the list has more lines
};

struct FilterStage {
    static constexpr model::Stage stage = model::Stage::filter;

    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const unsigned found = batch.filter_candidates[i];
        if (found == 0) return true;
        // Nearly all of a flood that a filter drops are dropped by the first that may match, for its ports.
        const FilterLine& line = *batch.filters[i];
        const auto n = static_cast<unsigned>(std::countr_zero(found));
        if ((line.decided >> n & 1U) != 0 && batch.keys[i].has(packet::key_transport))
            return decide(context, i, line, n);
        return judge(context, i);
    }

  private:
    static bool decide(const Context& context, std::size_t i, const FilterLine& line, unsigned n) {
        if ((line.dropping >> n & 1U) != 0) {
            const bool dynamic = (line.dynamic >> n & 1U) != 0;
            return context.drop(
                i, dynamic ? model::DropReason::dynamic_filter : model::DropReason::static_filter,
                line.rules[n]);
        }
        context.batch.rules[i] = line.rules[n];
        context.batch.excused.add(i);
        return false;
    }

    // The context by value: see run_stages.
    __attribute__((noinline)) static bool judge(Context context, std::size_t i) {
        const packet::Key& key = context.batch.keys[i];
        const FilterProgram& filters = context.program.filters;
        const FilterLine* line = context.batch.filters[i];
        unsigned found = context.batch.filter_candidates[i] & line->taken;
        for (;;) {
            const unsigned decided = key.has(packet::key_transport) ? line->decided : 0;
            for (; found != 0; found &= found - 1) {
                const auto n = static_cast<unsigned>(std::countr_zero(found));
                if ((decided >> n & 1U) != 0 || matches(context, i, line->first + n))
                    return decide(context, i, *line, n);
            }
            if (line->next == 0) return true;
            line = &filters.line(line->next);
            found = candidates(*line, key);
        }
    }

    // All that the filter asks for.
    static bool matches(const Context& context, std::size_t i, std::uint32_t number) {
        const FilterProgram& filters = context.program.filters;
        const CompiledFilter& filter = filters.filter(number);
        const packet::Key& key = context.batch.keys[i];
        if (lanes_inside(lanes_of(key) & filter.mask, filter.first, filter.last) != 0xff) return false;
        if (context.state.now_ns >= filter.expires_ns) return false;
        if ((filter.asks & asks_addresses) != 0) {
            const FilterAddresses& addresses = filters.addresses(number);
            if (!within(key.source, addresses.source_mask, addresses.source_value) ||
                !within(key.destination, addresses.destination_mask, addresses.destination_value)) {
                return false;
            }
        }
        return (filter.asks & asks_more) == 0 ||
               meets(context.program, filters.condition(number), key, context.batch.frames[i]);
    }
};

}  // namespace sluice::dataplane::scrub
