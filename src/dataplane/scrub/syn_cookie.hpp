// The number that a sender must give back to prove that its address is real: a keyed hash over the connection
// and the time, so that nothing is remembered until the proof is there. The number of an epoch and of the one
// before it is accepted: a cookie lives 16 to 32 seconds, long enough for any round trip and its
// retransmissions.
//
// The epoch is part of the hashed words, which makes a new secret of the one key at every epoch.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/siphash.hpp"
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

  private:
    [[nodiscard]] std::uint32_t of_epoch(const packet::Key& key, std::uint64_t epoch) const {
        std::uint64_t source[2];
        std::uint64_t destination[2];
        std::memcpy(source, key.source.bytes().data(), 16);
        std::memcpy(destination, key.destination.bytes().data(), 16);
        const std::uint64_t rest =
            epoch << 32U | static_cast<std::uint64_t>(key.source_port) << 16U | key.destination_port;
        if (!key.has(packet::key_ipv6)) {
            // The first twelve bytes of an IPv4 address are the same for all.
            return static_cast<std::uint32_t>(
                base::siphash24(key_, (source[1] & ~0xffffffffULL) | destination[1] >> 32U, rest));
        }
        return static_cast<std::uint32_t>(
            base::siphash24(key_, source[0], source[1], destination[0], destination[1], rest));
    }

    base::SipKey key_;
};

}  // namespace sluice::dataplane::scrub
