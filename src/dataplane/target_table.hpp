// Destination address → target, by longest prefix, for both families. Built once, then read from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/random.hpp"
#include "base/result.hpp"
#include "dataplane/length_table.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane {

// What a destination means to the stages; the rest is found by index.
struct Target {
    std::uint32_t slot = 0;     // of counters and meters
    std::uint32_t serial = 0;   // unique for ever; part of every key about this target
    std::uint16_t filters = 0;  // of the tenant; 0: none
    std::uint16_t profile = 0;
    std::uint16_t firewall = 0;  // of the tenant; 0: none
};

class TargetTable {
  public:
    struct Item {
        net::Prefix prefix;
        Target target;
    };
    // A prefix may appear once.
    [[nodiscard]] static base::Result<TargetTable> build(std::span<const Item> items, base::Random& random);

    // In one pass over a burst where to look, in the next one the result: the line is on the way in between.
    [[nodiscard]] std::uint32_t begin(const net::Address& address, bool ipv6) const {
        return ipv6 ? ipv6_.begin(wide(address)) : ipv4_.begin(narrow(address));
    }
    // nullptr when no prefix contains the address.
    [[nodiscard]] const Target* find(const net::Address& address, bool ipv6, std::uint32_t first) const {
        return ipv6 ? ipv6_.find(wide(address), first) : ipv4_.find(narrow(address), first);
    }
    [[nodiscard]] const Target* find(const net::Address& address) const {
        const bool ipv6 = !address.is_v4();
        return find(address, ipv6, begin(address, ipv6));
    }

    [[nodiscard]] std::size_t bytes() const { return ipv4_.bytes() + ipv6_.bytes(); }

  private:
    static WideWord wide(const net::Address& address) {
        WideWord word;
        std::memcpy(&word, address.bytes().data(), 16);
        return {__builtin_bswap64(word.high), __builtin_bswap64(word.low)};
    }
    static std::uint32_t narrow(const net::Address& address) {
        std::uint64_t low = 0;
        std::memcpy(&low, address.bytes().data() + 8, 8);
        return __builtin_bswap32(static_cast<std::uint32_t>(low >> 32U));
    }

    LengthTable<Ipv4Words, Target> ipv4_;
    LengthTable<Ipv6Words, Target> ipv6_;
};

}  // namespace sluice::dataplane
