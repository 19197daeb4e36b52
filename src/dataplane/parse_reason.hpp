// Why a frame that does not parse is dropped.
#pragma once

#include <array>
#include <cstddef>

#include "model/verdict.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane {

// Of an error.
[[nodiscard]] inline model::DropReason reason_of(packet::ParseError error) {
    using model::DropReason;
    constexpr std::array<DropReason, static_cast<std::size_t>(packet::ParseError::count_)> reasons{
        DropReason::none,           DropReason::truncated,     DropReason::unsupported_link,
        DropReason::bad_ip_version, DropReason::bad_ip_header, DropReason::bad_ip_checksum,
        DropReason::bad_length,
    };
    return reasons[static_cast<std::size_t>(error)];
}

}  // namespace sluice::dataplane
