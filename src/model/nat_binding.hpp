// Who had which public address and port, and when: what a provider must be able to tell (RFC 6888 REQ-13). A
// block of ports is bound when the first of them is needed and released when the last one rests; what a rule
// fixes is bound for as long as the rule is in force.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

enum class NatBindingKind : std::uint8_t {
    block_taken,
    block_released,
    static_added,  // port forwarding, one-to-one
    static_removed,
};

struct NatBinding {
    base::Timestamp at{};
    TenantId tenant;
    NatBindingKind kind = NatBindingKind::block_taken;
    std::uint8_t protocol = 0;     // 0: all
    net::Prefix inside;            // one address, or of one-to-one a prefix
    net::Prefix outside;           // of the same length
    std::uint16_t first_port = 0;  // of the outside address
    std::uint16_t last_port = 65535;
    std::uint16_t inside_port = 0;  // that first_port leads to; 0: the same

    bool operator==(const NatBinding&) const = default;
};

}  // namespace sluice::model
