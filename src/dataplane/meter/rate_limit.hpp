// The generic cell rate algorithm (ITU-T I.371): a limit's state is one time value, when the next packet
// would be in time, instead of a token count and a time. A limit is immutable (part of a program); its state
// belongs to a worker.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

#include "model/tenant_program.hpp"

namespace sluice::dataplane::meter {

// Time in steps of 64 ns, in 32 bits: it wraps after 275 s, only differences below 137 s mean anything. Fine
// enough for limits up to some Mpps of one source or target, small enough for three sources in a cache line.
// A state that was not used for a minute must be cleared (`stale_after_s`): a burst may reach a minute ahead.
using Ticks = std::uint32_t;
[[nodiscard]] constexpr Ticks ticks(std::uint64_t ns) {
    return static_cast<Ticks>(ns >> 6U);
}
inline constexpr double ticks_a_second = 1e9 / 64;

// What may come at once: a tenth of a second of the rate, but at least this much.
inline constexpr double least_burst_packets = 32;
inline constexpr double least_burst_bytes = 48'000;
// And never more than this much time's worth, so that differences keep their meaning.
inline constexpr double longest_burst_s = 60;
inline constexpr double longest_debt_s = 1;
inline constexpr std::uint32_t stale_after_s = 60;

// Ahead of now by what has been used of the burst.
struct RateState {
    Ticks packets = 0;
    Ticks bytes = 0;
};

class RateLimit {
  public:
    RateLimit() = default;
    // Of `shares` workers that share the limit evenly, one's part. At least one packet and one full frame a
    // minute.
    [[nodiscard]] static RateLimit from(const model::RateLimit& limit, std::uint32_t shares = 1) {
        RateLimit out;
        if (limit.packets_per_s != 0) {
            const double rate = std::max(1.0, static_cast<double>(limit.packets_per_s) / shares);
            const double burst = std::max(least_burst_packets, rate / 10);
            out.packet_cost_q16_ = cost_q16(rate);
            out.packet_burst_ = burst_ticks((burst - 1) / rate);
            out.packet_most_ = out.packet_burst_ + burst_ticks(longest_debt_s) +
                               static_cast<std::int32_t>(out.packet_cost_q16_ >> 16U) + 1;
        }
        if (limit.bits_per_s != 0) {
            const double rate = std::max(2000.0, static_cast<double>(limit.bits_per_s) / 8 / shares);
            const double burst = std::max(least_burst_bytes, rate / 10);
            out.byte_cost_q16_ = cost_q16(rate);
            out.byte_burst_ = burst_ticks(burst / rate);
            out.byte_most_ = out.byte_burst_ + burst_ticks(longest_debt_s) +
                             static_cast<std::int32_t>(65'535 * out.byte_cost_q16_ >> 16U) + 1;
        }
        return out;
    }

    [[nodiscard]] bool any() const { return packet_cost_q16_ != 0 || byte_cost_q16_ != 0; }

    // True, and counted, when a packet of `bytes` at `now` is within the limit; one that is not costs
    // nothing. `carry` is any number that changes from packet to packet: it rounds costs up or down, right on
    // average.
    [[nodiscard]] bool take(RateState& state, Ticks now, std::uint32_t bytes, std::uint32_t carry) const {
        const std::uint64_t part = carry & 0xffffU;
        Ticks packets = state.packets;
        if (packet_cost_q16_ != 0) {
            const std::int32_t used = ahead(state.packets, now, packet_most_);
            if (used > packet_burst_) return false;
            packets = now + static_cast<Ticks>(used) + static_cast<Ticks>((packet_cost_q16_ + part) >> 16U);
        }
        if (byte_cost_q16_ != 0) {
            const std::int32_t used = ahead(state.bytes, now, byte_most_);
            // A packet may be larger than what is left of the burst; it then goes out on credit.
            if (used > byte_burst_) return false;
            state.bytes =
                now + static_cast<Ticks>(used) + static_cast<Ticks>((bytes * byte_cost_q16_ + part) >> 16U);
        }
        state.packets = packets;
        return true;
    }

    // For a packet that was refused: it counts all the same. Who goes on above the limit gets nothing through
    // until he has been below it for what he owes, a second at most.
    void owe(RateState& state, Ticks now, std::uint32_t bytes) const {
        const std::int32_t debt = burst_ticks(longest_debt_s);
        if (packet_cost_q16_ != 0) {
            const std::int32_t used = ahead(state.packets, now, packet_most_);
            const auto cost = static_cast<std::int32_t>(packet_cost_q16_ >> 16U);
            state.packets =
                now + static_cast<Ticks>(std::max(used, std::min(used + cost, packet_burst_ + debt)));
        }
        if (byte_cost_q16_ != 0) {
            const std::int32_t used = ahead(state.bytes, now, byte_most_);
            const auto cost = static_cast<std::int32_t>(bytes * byte_cost_q16_ >> 16U);
            state.bytes = now + static_cast<Ticks>(std::max(used, std::min(used + cost, byte_burst_ + debt)));
        }
    }

    auto operator<=>(const RateLimit&) const = default;

  private:
    // Further ahead than this limit allows: it was another one when the state was written. Start afresh.
    [[nodiscard]] static std::int32_t ahead(Ticks state, Ticks now, std::int32_t most) {
        const auto difference = static_cast<std::int32_t>(state - now);
        return difference < 0 || difference > most ? 0 : difference;
    }
    [[nodiscard]] static std::uint64_t cost_q16(double rate) {
        return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(ticks_a_second * 65536 / rate));
    }
    [[nodiscard]] static std::int32_t burst_ticks(double seconds) {
        return static_cast<std::int32_t>(std::min(seconds, longest_burst_s) * ticks_a_second);
    }

    std::uint64_t packet_cost_q16_ = 0;  // 1/65536 ticks; 0: no limit
    std::uint64_t byte_cost_q16_ = 0;
    std::int32_t packet_burst_ = 0;
    std::int32_t byte_burst_ = 0;
    std::int32_t packet_most_ = 0;
    std::int32_t byte_most_ = 0;
};

}  // namespace sluice::dataplane::meter
