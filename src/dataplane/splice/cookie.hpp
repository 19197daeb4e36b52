// The number of a SYN-ACK that nobody remembers: it says of itself which SYN it answers, and what the client
// can take. Made of the same keyed hash over the connection and the time as other cookies
// (scrub/syn_cookie.hpp):
//
//   c = (hash + x · odd constant + s · another), its lowest two bits = s
//
// s stands for the client's MSS, one of four. x is the client's first number. As it is part of the cookie, an
// acknowledgement tells whether it comes from a client that stands at x + 1, or from one that asks from x on
// whether the window is still closed. 30 bits are left to guess, two epochs and two places are right: of a
// million guesses a second one in four and a half minutes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dataplane/scrub/syn_cookie.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::splice {

// Ascending; each family's most common ones. A client may take more than it is said to, never less.
inline constexpr std::array<std::array<std::uint16_t, 4>, 2> sizes{
    {{536, 1220, 1360, 1460}, {536, 1220, 1360, 1440}}};
// What the gateway says for the server, which has not been asked yet: fits through a tunnel of either family.
inline constexpr std::array<std::uint16_t, 2> offered_sizes{1380, 1360};

[[nodiscard]] constexpr std::uint32_t class_of_size(std::uint16_t size, bool ipv6) {
    std::uint32_t found = 0;
    for (std::uint32_t n = 1; n < 4; ++n) found = size >= sizes[ipv6 ? 1 : 0][n] ? n : found;
    return found;
}

[[nodiscard]] constexpr std::uint32_t cookie_of(std::uint32_t hash, std::uint32_t sequence,
                                                std::uint32_t size_class) {
    return ((hash + sequence * 0x9e37'79b1U + size_class * 0x85eb'ca6bU) & ~3U) | size_class;
}
[[nodiscard]] constexpr std::uint16_t size_of(std::uint32_t cookie, bool ipv6) {
    return sizes[ipv6 ? 1 : 0][cookie & 3U];
}

// The SYN that a segment with these numbers proves: its number. None: the cookie is wrong or too old.
[[nodiscard]] inline std::optional<std::uint32_t> proved_syn(const scrub::SynCookie& cookies,
                                                             const packet::Key& key, std::uint32_t sequence,
                                                             std::uint32_t acknowledged,
                                                             std::uint64_t now_ns) {
    const std::uint32_t cookie = acknowledged - 1;
    for (const std::uint64_t age : {std::uint64_t{0}, scrub::SynCookie::epoch_ns}) {
        const std::uint32_t hash = cookies.make(key, now_ns - age);
        for (const std::uint32_t first : {sequence - 1, sequence}) {
            if (cookie_of(hash, first, cookie & 3U) == cookie) return first;
        }
    }
    return std::nullopt;
}

}  // namespace sluice::dataplane::splice
