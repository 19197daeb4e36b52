// SipHash (Aumasson and Bernstein, 2012): a keyed hash for every table and cookie that an attacker can aim
// at. Over whole 64-bit words, which is how our keys are built. Free of state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/random.hpp"

namespace sluice::base {

struct SipKey {
    std::uint64_t k0 = 0;
    std::uint64_t k1 = 0;

    [[nodiscard]] static SipKey from(Random& random) {
        SipKey key;
        random.fill(std::as_writable_bytes(std::span(&key.k0, 1)));
        random.fill(std::as_writable_bytes(std::span(&key.k1, 1)));
        return key;
    }
};

// Words side by side: that many messages hashed in little more than the time of one. Eight are two registers
// of the processor, whose chains of operations fill each other's gaps.
inline constexpr std::size_t sip_lanes = 8;
struct SipLanes {
    using Half = std::uint64_t __attribute__((vector_size(32)));
    Half low{};
    Half high{};

    constexpr SipLanes& operator+=(const SipLanes& other) {
        return low += other.low, high += other.high, *this;
    }
    constexpr SipLanes& operator^=(const SipLanes& other) {
        return low ^= other.low, high ^= other.high, *this;
    }
    friend constexpr SipLanes operator+(SipLanes a, std::uint64_t b) { return {a.low + b, a.high + b}; }
    friend constexpr SipLanes operator^(SipLanes a, const SipLanes& b) { return a ^= b; }
    friend constexpr SipLanes operator|(const SipLanes& a, const SipLanes& b) {
        return {a.low | b.low, a.high | b.high};
    }
    friend constexpr SipLanes operator<<(const SipLanes& a, int n) { return {a.low << n, a.high << n}; }
    friend constexpr SipLanes operator>>(const SipLanes& a, int n) { return {a.low >> n, a.high >> n}; }
    constexpr std::uint64_t operator[](std::size_t lane) const {
        return lane < 4 ? low[lane] : high[lane - 4];
    }
};

// C compression and D finalisation rounds. The value equals the reference's over the words' little-endian
// bytes. Word: std::uint64_t, or SipLanes for as many messages under one key.
template <int C, int D, class Word, class... Words>
[[nodiscard]] constexpr Word siphash_of(const SipKey& key, Words... words) {
    const Word zero{};
    Word v0 = zero + (key.k0 ^ 0x736f6d6570736575ULL);
    Word v1 = zero + (key.k1 ^ 0x646f72616e646f6dULL);
    Word v2 = zero + (key.k0 ^ 0x6c7967656e657261ULL);
    Word v3 = zero + (key.k1 ^ 0x7465646279746573ULL);
    const auto rotated = [](const Word& x, int n) { return (x << n) | (x >> (64 - n)); };
    const auto rounds = [&](int n) {
        for (int i = 0; i < n; ++i) {
            v0 += v1;
            v2 += v3;
            v1 = rotated(v1, 13) ^ v0;
            v3 = rotated(v3, 16) ^ v2;
            v0 = rotated(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = rotated(v1, 17) ^ v2;
            v3 = rotated(v3, 21) ^ v0;
            v2 = rotated(v2, 32);
        }
    };
    const auto absorb = [&](const Word& word) {
        v3 ^= word;
        rounds(C);
        v0 ^= word;
    };
    (absorb(words), ...);
    absorb(zero +
           (static_cast<std::uint64_t>(sizeof...(words)) << 59U));  // the length in bytes, in the top byte
    v2 ^= zero + 0xffU;
    rounds(D);
    return v0 ^ v1 ^ v2 ^ v3;
}

// For tables: finding collisions needs the key.
template <class... Words>
[[nodiscard]] constexpr std::uint64_t siphash13(const SipKey& key, Words... words) {
    return siphash_of<1, 3, std::uint64_t>(key, static_cast<std::uint64_t>(words)...);
}
// For cookies: the value itself must not be guessed.
template <class... Words>
[[nodiscard]] constexpr std::uint64_t siphash24(const SipKey& key, Words... words) {
    return siphash_of<2, 4, std::uint64_t>(key, static_cast<std::uint64_t>(words)...);
}

}  // namespace sluice::base
