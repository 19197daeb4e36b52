// SipHash (Aumasson and Bernstein, 2012): a keyed hash for every table and cookie that an attacker can aim
// at. Over whole 64-bit words, which is how our keys are built. Free of state.
#pragma once

#include <array>
#include <bit>
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

// C compression and D finalisation rounds. The value equals the reference's over the words' little-endian
// bytes.
template <int C, int D, class... Words>
[[nodiscard]] constexpr std::uint64_t siphash(const SipKey& key, Words... words) {
    std::uint64_t v0 = key.k0 ^ 0x736f6d6570736575ULL;
    std::uint64_t v1 = key.k1 ^ 0x646f72616e646f6dULL;
    std::uint64_t v2 = key.k0 ^ 0x6c7967656e657261ULL;
    std::uint64_t v3 = key.k1 ^ 0x7465646279746573ULL;
    const auto rounds = [&](int n) {
        for (int i = 0; i < n; ++i) {
            v0 += v1;
            v2 += v3;
            v1 = std::rotl(v1, 13) ^ v0;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 = std::rotl(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = std::rotl(v1, 17) ^ v2;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 = std::rotl(v2, 32);
        }
    };
    const auto absorb = [&](std::uint64_t word) {
        v3 ^= word;
        rounds(C);
        v0 ^= word;
    };
    (absorb(static_cast<std::uint64_t>(words)), ...);
    absorb(static_cast<std::uint64_t>(sizeof...(words)) << 59U);  // the length in bytes, in the top byte
    v2 ^= 0xff;
    rounds(D);
    return v0 ^ v1 ^ v2 ^ v3;
}

// For tables: finding collisions needs the key.
template <class... Words>
[[nodiscard]] constexpr std::uint64_t siphash13(const SipKey& key, Words... words) {
    return siphash<1, 3>(key, words...);
}
// For cookies: the value itself must not be guessed.
template <class... Words>
[[nodiscard]] constexpr std::uint64_t siphash24(const SipKey& key, Words... words) {
    return siphash<2, 4>(key, words...);
}

}  // namespace sluice::base
