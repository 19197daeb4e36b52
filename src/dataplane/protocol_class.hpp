// The protocols that stages treat apart.
#pragma once

#include <cstdint>

namespace sluice::dataplane {

enum class ProtocolClass : std::uint8_t { tcp, udp, other, count_ };
[[nodiscard]] constexpr ProtocolClass class_of(std::uint8_t protocol) {
    return protocol == 6 ? ProtocolClass::tcp : protocol == 17 ? ProtocolClass::udp : ProtocolClass::other;
}

}  // namespace sluice::dataplane
