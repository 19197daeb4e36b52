// The number that a sender must give back to prove that its address is real: a keyed hash over the connection
// and the time, so that nothing is remembered until the proof is there. The number of an epoch and of the one
// before it is accepted: a cookie lives 16 to 32 seconds, long enough for any round trip and its
// retransmissions.
//
// The epoch is part of the hashed words, which makes a new secret of the one key at every epoch.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/siphash.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::scrub {

class SynCookie {
  public:
    static constexpr std::uint64_t epoch_ns = 16'000'000'000;

    explicit SynCookie(const base::SipKey& key) : key_(key) {}

    // For the connection from key.source to key.destination.
    [[nodiscard]] std::uint32_t make(const packet::Key& key, std::uint64_t now_ns) const {
        return of_epoch(key, now_ns / epoch_ns);
    }
    [[nodiscard]] bool check(const packet::Key& key, std::uint32_t number, std::uint64_t now_ns) const {
        const std::uint64_t epoch = now_ns / epoch_ns;
        return number == of_epoch(key, epoch) || number == of_epoch(key, epoch - 1);
    }

    // The same for several connections of one family at once: each one's words are written first, then eight
    // are hashed together.
    class Block {
      public:
        Block(bool ipv6, std::uint64_t now_ns) : epoch_(now_ns / epoch_ns), ipv6_(ipv6) {}
        void set(std::size_t n, const packet::Key& key) {
            const Words words = words_of(key, epoch_);
            for (std::size_t w = 0; w < words_.size(); ++w) {
                if (ipv6_ || w == 0 || w == 4) words_[w][n] = words.at[w];
            }
        }

      private:
        friend class SynCookie;
        alignas(32) std::array<std::array<std::uint64_t, packet::max_burst>, 5> words_;
        std::uint64_t epoch_;
        bool ipv6_;
    };
    // Of eight, from the n-th on.
    [[nodiscard]] std::array<std::uint64_t, base::sip_lanes> make(const Block& block, std::size_t n) const {
        const auto lane = [&](std::size_t w) { return base::SipLanes::from(&block.words_[w][n]); };
        const base::SipLanes hash =
            block.ipv6_
                ? base::siphash_of<2, 4, base::SipLanes>(key_, lane(0), lane(1), lane(2), lane(3), lane(4))
                : base::siphash_of<2, 4, base::SipLanes>(key_, lane(0), lane(4));
        std::array<std::uint64_t, base::sip_lanes> cookies;  // the lower half of each
        hash.to(cookies.data());
        return cookies;
    }

  private:
    // Of IPv6 all five are hashed, of IPv4 the first and the last.
    struct Words {
        std::uint64_t at[5];
    };
    [[nodiscard]] static Words words_of(const packet::Key& key, std::uint64_t epoch) {
        std::uint64_t source[2];
        std::uint64_t destination[2];
        std::memcpy(source, key.source.bytes().data(), 16);
        std::memcpy(destination, key.destination.bytes().data(), 16);
        const std::uint64_t rest =
            epoch << 32U | static_cast<std::uint64_t>(key.source_port) << 16U | key.destination_port;
        if (key.has(packet::key_ipv6)) return {{source[0], source[1], destination[0], destination[1], rest}};
        // The first twelve bytes of an IPv4 address are the same for all.
        return {{(source[1] & ~0xffffffffULL) | destination[1] >> 32U, 0, 0, 0, rest}};
    }
    [[nodiscard]] std::uint32_t of_epoch(const packet::Key& key, std::uint64_t epoch) const {
        const Words words = words_of(key, epoch);
        const std::uint64_t hash =
            key.has(packet::key_ipv6)
                ? base::siphash24(key_, words.at[0], words.at[1], words.at[2], words.at[3], words.at[4])
                : base::siphash24(key_, words.at[0], words.at[4]);
        return static_cast<std::uint32_t>(hash);
    }

    base::SipKey key_;
};

}  // namespace sluice::dataplane::scrub
