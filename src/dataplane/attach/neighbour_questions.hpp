// The questions for neighbours that a burst leaves behind: the pipeline has no port, its worker sends them.
// Bounded; what does not fit is asked a second later, if it is still wanted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/forward.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::attach {

struct NeighbourQuestion {
    const WayOut* way = nullptr;  // of the network; lives as long as the burst's program
    net::Address own;             // the gateway's address there
    net::Address wanted;
    Mac ask_at{};  // zero: everybody
    std::uint8_t leg = 0;
};

// One worker's own.
struct NeighbourQuestions {
    std::array<NeighbourQuestion, 16> at;
    std::size_t count = 0;

    void add(const NeighbourQuestion& question) {
        if (count < at.size()) at[count++] = question;
    }
};

}  // namespace sluice::dataplane::attach
