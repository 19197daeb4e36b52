// SipHash (Aumasson and Bernstein, 2012): a keyed hash for every table and cookie that an attacker can aim
// at. Over whole 64-bit words, which is how our keys are built. Free of state.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
    constexpr std::uint64_t operator[](std::size_t lane) const {
        return lane < 4 ? low[lane] : high[lane - 4];
    }

    // Of eight words that lie together, and back to such.
    [[nodiscard]] static SipLanes from(const std::uint64_t* words) {
        SipLanes out;
        std::memcpy(&out.low, words, sizeof out.low);
        std::memcpy(&out.high, words + 4, sizeof out.high);
        return out;
    }
    void to(std::uint64_t* words) const {
        std::memcpy(words, &low, sizeof low);
        std::memcpy(words + 4, &high, sizeof high);
    }
};

template <int N>
[[nodiscard]] constexpr std::uint64_t rotated(std::uint64_t x) {
    return std::rotl(x, N);
}
// Whole halves and quarters of a word change places: one instruction where a rotation is three.
template <int N>
[[nodiscard]] inline SipLanes::Half rotated(SipLanes::Half x) {
    using Halves = std::uint32_t __attribute__((vector_size(32)));
    using Quarters = std::uint16_t __attribute__((vector_size(32)));
    if constexpr (N == 32) {
        const auto halves = reinterpret_cast<Halves>(x);
        return reinterpret_cast<SipLanes::Half>(
            __builtin_shufflevector(halves, halves, 1, 0, 3, 2, 5, 4, 7, 6));
    } else if constexpr (N == 16) {
        const auto quarters = reinterpret_cast<Quarters>(x);
        return reinterpret_cast<SipLanes::Half>(__builtin_shufflevector(quarters, quarters, 3, 0, 1, 2, 7, 4,
                                                                        5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
    } else {
        return (x << N) | (x >> (64 - N));
    }
}
template <int N>
[[nodiscard]] inline SipLanes rotated(const SipLanes& x) {
    return {rotated<N>(x.low), rotated<N>(x.high)};
}

// C compression and D finalisation rounds. The value equals the reference's over the words' little-endian
// bytes. Word: std::uint64_t, or SipLanes for as many messages under one key.
template <int C, int D, class Word, class... Words>
[[nodiscard]] constexpr Word siphash_of(const SipKey& key, Words... words) {
    const Word zero{};
    Word v0 = zero + (key.k0 ^ 0x736f6d6570736575ULL);
    Word v1 = zero + (key.k1 ^ 0x646f72616e646f6dULL);
    Word v2 = zero + (key.k0 ^ 0x6c7967656e657261ULL);
    Word v3 = zero + (key.k1 ^ 0x7465646279746573ULL);
    const auto rounds = [&](int n) {
        for (int i = 0; i < n; ++i) {
            v0 += v1;
            v2 += v3;
            v1 = rotated<13>(v1) ^ v0;
            v3 = rotated<16>(v3) ^ v2;
            v0 = rotated<32>(v0);
            v2 += v1;
            v0 += v3;
            v1 = rotated<17>(v1) ^ v2;
            v3 = rotated<21>(v3) ^ v0;
            v2 = rotated<32>(v2);
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
