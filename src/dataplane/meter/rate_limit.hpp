// The generic cell rate algorithm (ITU-T I.371): one time value a limit instead of a token count and a time.
// A limit is immutable (part of a program); its state is eight bytes for packets and eight for bytes.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

#include "model/tenant_program.hpp"

namespace sluice::dataplane::meter {

// Time in 1/256 ns. It wraps after 833 days: only differences mean anything.
using Ticks = std::uint64_t;
[[nodiscard]] constexpr Ticks ticks(std::uint64_t ns) {
    return ns << 8U;
}

// What may come at once: a tenth of a second of the rate, but at least this much.
inline constexpr std::uint64_t least_burst_packets = 32;
inline constexpr std::uint64_t least_burst_bytes = 48'000;

// The time when the next packet would be in time; ahead of now by what has been used of the burst.
struct RateState {
    Ticks packets = 0;
    Ticks bytes = 0;
};

struct RateLimit {
    std::int64_t packet_cost = 0;  // ticks; 0: no limit
    std::int64_t packet_burst = 0;
    std::uint64_t byte_cost_q8 = 0;  // 1/256 ticks; 0: no limit
    std::int64_t byte_burst = 0;

    [[nodiscard]] bool any() const { return packet_cost != 0 || byte_cost_q8 != 0; }

    auto operator<=>(const RateLimit&) const = default;

    // Of `shares` workers that share the limit evenly, one's part.
    [[nodiscard]] static RateLimit from(const model::RateLimit& limit, std::uint32_t shares = 1) {
        RateLimit out;
        if (limit.packets_per_s != 0) {
            const std::uint64_t rate = std::max<std::uint64_t>(1, limit.packets_per_s / shares);
            out.packet_cost = static_cast<std::int64_t>(ticks(1'000'000'000ULL) / rate);
            out.packet_cost = std::max<std::int64_t>(1, out.packet_cost);
            const std::uint64_t burst = std::max(least_burst_packets, rate / 10);
            out.packet_burst = out.packet_cost * static_cast<std::int64_t>(burst - 1);
        }
        if (limit.bits_per_s != 0) {
            const double rate = std::max(1.0, static_cast<double>(limit.bits_per_s) / 8.0 / shares);
            const double cost = 1e9 * 65536.0 / rate;
            out.byte_cost_q8 = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(cost));
            const double burst = std::max(static_cast<double>(least_burst_bytes), rate / 10.0);
            out.byte_burst = static_cast<std::int64_t>(burst * cost / 256.0);
        }
        return out;
    }

    [[nodiscard]] std::int64_t cost_of(std::uint32_t bytes) const {
        return static_cast<std::int64_t>((bytes * byte_cost_q8) >> 8U);
    }

    // True, and counted, when a packet of `bytes` at `now` is within the limit; a packet that is not costs
    // nothing.
    [[nodiscard]] bool take(RateState& state, Ticks now, std::uint32_t bytes) const {
        const std::int64_t packets = ahead(state.packets, now, packet_burst + packet_cost);
        // A packet may be larger than what is left of the burst; it then goes out on credit.
        const std::int64_t in_bytes = ahead(state.bytes, now, byte_burst + cost_of(65'535));
        if (packets > packet_burst || in_bytes > byte_burst) return false;
        state.packets = now + static_cast<Ticks>(packets + packet_cost);
        state.bytes = now + static_cast<Ticks>(in_bytes + cost_of(bytes));
        return true;
    }

  private:
    // Further ahead than the limit allows means that the limit was another one when the state was written, or
    // that the state is so old that time has wrapped: start afresh.
    [[nodiscard]] static std::int64_t ahead(Ticks state, Ticks now, std::int64_t most) {
        const auto difference = static_cast<std::int64_t>(state - now);
        return difference < 0 || difference > most ? 0 : difference;
    }
};

}  // namespace sluice::dataplane::meter
