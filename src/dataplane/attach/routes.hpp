// A tenant's own routes: address → which of its networks, by longest prefix. Asked once a flow, so it is
// small rather than fast: elementary intervals of both families, and a binary search.
//
// Immutable after build(); any thread.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "net/address.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane::attach {

// One of a tenant's networks, as its firewall numbers them; 0 is the internet, behind everything else.
using NetworkIndex = std::uint16_t;
inline constexpr NetworkIndex internet = 0;

class Routes {
  public:
    using Item = std::pair<net::Prefix, NetworkIndex>;
    // Of two equal prefixes the later one counts.
    [[nodiscard]] static Routes build(std::span<const Item> items);

    [[nodiscard]] NetworkIndex find(const net::Address& address) const;

    [[nodiscard]] std::size_t bytes() const { return starts_.capacity() * sizeof(Start); }

  private:
    using Word = unsigned __int128;
    struct Start {
        Word from;  // the address as a number; IPv4 in its mapped form, so one order serves both families
        NetworkIndex network;
    };
    [[nodiscard]] static Word word_of(const net::Address& address);

    std::vector<Start> starts_;  // ascending; before the first: the internet
};

}  // namespace sluice::dataplane::attach
