// The ports of one public address, in blocks (RFC 7422's idea without its arithmetic: blocks are given out as
// they are needed, so that an address serves more inside hosts, and the log has a line a block instead of a
// line a flow).
//
// A block belongs to one worker, which gives out its ports alone; that is how an answer from outside finds
// the worker that knows its flow (owner_of). Released blocks rest before somebody else gets them: late
// packets of the old flows must not reach a new owner.
//
// Shared by all workers. owner_of() is one load; take() and give_back() hold a spin lock for some hundred
// nanoseconds, once a block.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/coarse_time.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::nat {

struct PortRules {
    std::uint32_t ports_a_block = 64;  // a power of two, 64 to 4,096
    std::uint32_t rest_s = 120;        // RFC 6888 REQ-8 and 9 ask for a hold-down of two minutes
    std::uint16_t first_port = 1024;   // below are services' own
};

class PortSpace {
  public:
    static constexpr std::uint32_t max_workers = 254;

    PortSpace(const net::Address& address, const PortRules& rules);

    [[nodiscard]] const net::Address& address() const { return address_; }
    [[nodiscard]] std::uint32_t ports_a_block() const { return rules_.ports_a_block; }
    [[nodiscard]] std::uint16_t first_port_of(std::uint32_t block) const {
        return static_cast<std::uint16_t>(block * rules_.ports_a_block);
    }

    // A free block, searched from a place that `seed` gives. None: all are taken or rest.
    [[nodiscard]] std::optional<std::uint32_t> take(std::uint8_t worker, std::uint64_t seed, CoarseTime now);
    void give_back(std::uint32_t block, CoarseTime now);

    // The worker that gives out this port; none: nobody.
    [[nodiscard]] std::optional<std::uint8_t> owner_of(std::uint16_t port) const {
        const std::uint8_t owner = owners_[port / rules_.ports_a_block].load(std::memory_order_acquire);
        if (owner == nobody) return std::nullopt;
        return static_cast<std::uint8_t>(owner - 1);
    }

    // Ports that are forwarded, and so never given out. Replaces what was reserved before; blocks that are
    // taken stay.
    struct Reserved {
        std::uint16_t first = 0;
        std::uint16_t last = 0;
    };
    void reserve(const std::vector<Reserved>& ranges);

    [[nodiscard]] std::uint32_t taken() const { return taken_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t bytes() const;

  private:
    static constexpr std::uint8_t nobody = 0;  // otherwise the worker's number plus 1

    class Guard;
    void reserve_blocks(std::uint32_t first_port, std::uint32_t last_port);

    net::Address address_;
    PortRules rules_;
    std::vector<std::atomic<std::uint8_t>> owners_;  // of each block
    std::vector<std::uint8_t> reserved_;
    std::vector<CoarseTime> free_from_;  // 0: was never taken
    std::atomic<std::uint32_t> taken_{0};
    std::atomic_flag lock_ = ATOMIC_FLAG_INIT;
};

}  // namespace sluice::dataplane::nat
