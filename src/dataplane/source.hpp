// What is remembered of a source, as one target sees it: how fast it sends, what it has shown of itself, and
// since when its repetition is waited for. Three fit into a cache line (meter/bounded_table.hpp).
#pragma once

#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/meter/rate_limit.hpp"

namespace sluice::dataplane {

// What a source has shown. Each includes those before it: who receives what is sent to his address may as
// well send datagrams; who has sent two datagrams need not be there at all when a SYN comes.
enum class Proof : std::uint8_t {
    none,
    datagram,    // it sent a datagram again: no spoofed source of a single packet
    connection,  // it sent a SYN again
    address,     // it gave back a number that was sent to it: the address is its own
    unasked,     // none shows this much: in place of a proof that is not asked for
};

// Time of waits, in steps of 10 ms; 14 bits of it are kept, 163 seconds.
using WaitTime = std::uint32_t;
inline constexpr std::uint64_t wait_step_ns = 10'000'000;
[[nodiscard]] constexpr WaitTime wait_steps(std::uint32_t ms) {
    return ms / 10;
}

struct Source {
    meter::RateState rate;
    std::uint32_t proof = 0;      // Proof in the two low bits, above it until when (coarse time)
    std::uint16_t last_seen = 0;  // coarse time modulo 4.5 hours
    std::uint16_t wait = 0;  // in the two low bits for the Proof by which repetition, above them since when

    // `least` is above none.
    [[nodiscard]] bool has_shown(Proof least, CoarseTime now) const {
        return (proof & 3U) >= static_cast<std::uint32_t>(least) &&
               static_cast<std::int32_t>((proof & ~3U) - (now << 2U)) > 0;
    }
    [[nodiscard]] bool is_verified(CoarseTime now) const { return has_shown(Proof::datagram, now); }
    void prove(Proof shown, CoarseTime until) {
        proof = until << 2U | static_cast<std::uint32_t>(shown);
        if ((wait & 3U) <= static_cast<std::uint32_t>(shown)) wait = 0;
    }
    // A proof lives on as long as it is used: a connection may outlast any fixed time.
    void renew(CoarseTime until) { proof = until << 2U | (proof & 3U); }

    // The first packet of a kind was dropped: the next one is its repetition.
    void begin_wait(Proof kind, WaitTime now) {
        wait = static_cast<std::uint16_t>(now << 2U | static_cast<std::uint32_t>(kind));
    }
    // Steps since the first packet of this kind, or of one that shows more, was dropped; all ones: none was.
    [[nodiscard]] WaitTime waited(Proof kind, WaitTime now) const {
        if ((wait & 3U) < static_cast<std::uint32_t>(kind)) return ~WaitTime{0};
        return static_cast<std::uint16_t>((now << 2U) - (wait & ~3U)) >> 2U;
    }

    // The table's questions: an attacker can not make this up; and: a first packet whose repetition is still
    // due (RFC 6298: after a second). Were it pushed out by the next forged one, a flood would let no first
    // packet live that long.
    [[nodiscard]] bool precious(CoarseTime now) const { return is_verified(now); }
    [[nodiscard]] bool awaited(CoarseTime now) const {
        return wait != 0 && static_cast<std::uint16_t>(now - last_seen) <= repetition_due;
    }

  private:
    static constexpr CoarseTime repetition_due = 5;  // quarters of a second
};
static_assert(sizeof(Source) == 16);

}  // namespace sluice::dataplane
