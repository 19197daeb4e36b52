// What the gateway says for its own addresses: ARP, IPv6 neighbour discovery and echo, so that routers find
// it without static entries. Asked only for packets that would be dropped otherwise; the fast path never
// comes here.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/forward.hpp"
#include "net/address.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane {

// Immutable after construction; any thread.
class LocalResponder {
  public:
    LocalResponder() = default;  // for nothing
    LocalResponder(Mac mac, std::vector<net::Address> addresses);

    // Turns a question for one of the addresses into its answer, in place. False when it is none.
    [[nodiscard]] bool answer(const packet::Key& key, packet::Frame& frame) const;

    [[nodiscard]] const Mac& mac() const { return mac_; }
    [[nodiscard]] const std::vector<net::Address>& addresses() const { return addresses_; }
    [[nodiscard]] bool is_own(const net::Address& address) const;

  private:
    [[nodiscard]] bool answer_arp(const packet::Key& key, packet::Frame& frame) const;
    [[nodiscard]] bool answer_echo4(const packet::Key& key, packet::Frame& frame) const;
    [[nodiscard]] bool answer_icmpv6(const packet::Key& key, packet::Frame& frame) const;
    void return_to_sender(packet::Frame& frame) const;

    Mac mac_{};
    std::vector<net::Address> addresses_;
};

}  // namespace sluice::dataplane
