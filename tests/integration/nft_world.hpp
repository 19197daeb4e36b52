// Three zones around a kernel that routes between them, with nftables as the firewall.
//
//   internet ── z0 ┐
//   inside ──── z1 ├ router (nftables)      frames go in at a host's veth and are looked for at all three
//   dmz ─────── z2 ┘
//
// A frame is delivered in the sender's own time. A marker sent behind it on the same way says when it is
// over.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "namespaces.hpp"

namespace sluice::integration {

class NftWorld {
  public:
    static constexpr std::size_t zones = 3;
    static constexpr std::array<const char*, zones> networks4{"60.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"};
    static constexpr std::array<const char*, zones> networks6{"2001:db8:f::/64", "2001:db8:1:1::/64",
                                                              "2001:db8:1:2::/64"};
    static constexpr std::uint16_t marker_port = 9;

    // Empty, or the reason why there can be none here.
    [[nodiscard]] static std::string missing();

    explicit NftWorld(const std::string& tag);
    ~NftWorld();
    NftWorld(const NftWorld&) = delete;
    NftWorld& operator=(const NftWorld&) = delete;

    // The router's rules, all of them: what `nft -f` reads.
    void load(const std::string& ruleset);

    struct Came {
        std::size_t zone = 0;
        std::vector<std::uint8_t> frame;
    };
    // Everything that left the router for any zone until the marker came out, but for the marker.
    [[nodiscard]] std::vector<Came> send(std::size_t zone, std::vector<std::uint8_t> frame);

  private:
    void drain(std::vector<Came>& came, bool& marked, std::uint32_t number) const;

    Namespaces spaces_;
    std::array<int, zones> sockets_{-1, -1, -1};
    std::uint32_t markers_ = 0;
};

}  // namespace sluice::integration
