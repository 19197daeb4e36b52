// Source addresses that no packet from the Internet has: RFC 6890's special registries, and all of IPv6
// outside 2000::/3. Documentation and benchmark addresses are left out: labs run on them, and nobody routes
// them anyway.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "net/prefix.hpp"

namespace sluice::dataplane::scrub {

// Immutable after construction; any thread.
class Bogons {
  public:
    Bogons();  // the list above
    explicit Bogons(std::span<const net::Prefix> prefixes);

    [[nodiscard]] bool contains(const net::Address& address, bool ipv6) const {
        const std::uint8_t first = address.bytes()[ipv6 ? 0 : 12];
        switch (by_first_byte_[ipv6 ? 0 : 1][first]) {
            case Answer::no:
                return false;
            case Answer::yes:
                return true;
            case Answer::look:
                break;
        }
        return look(address);
    }

  private:
    enum class Answer : std::uint8_t { no, yes, look };
    [[nodiscard]] bool look(const net::Address& address) const;

    std::array<std::array<Answer, 256>, 2> by_first_byte_{};
    std::vector<net::Prefix> prefixes_;
};

}  // namespace sluice::dataplane::scrub
