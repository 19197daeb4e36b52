// A port whose wire is two queues in memory: what a test puts in is received, what is transmitted it takes
// out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "packet/buffer_pool.hpp"
#include "packet/port.hpp"

namespace sluice::packet {

// One thread at a time.
class MemoryPort final : public Port {
  public:
    // Transmits at most `queue_limit` frames before somebody takes them out.
    MemoryPort(BufferPool& pool, std::size_t queue_limit) : pool_(pool), queue_limit_(queue_limit) {}

    // False when the pool is empty.
    [[nodiscard]] bool put_in(std::span<const std::uint8_t> bytes);
    [[nodiscard]] std::vector<std::vector<std::uint8_t>> take_out();

    [[nodiscard]] std::size_t receive(std::span<Frame> into) override;
    [[nodiscard]] std::size_t transmit(std::span<const Frame> frames) override;
    void release(std::span<const Frame> frames) override;
    [[nodiscard]] Frame make_frame(std::uint32_t bytes) override { return pool_.take_blank(bytes); }

  private:
    BufferPool& pool_;
    std::size_t queue_limit_;
    std::deque<Frame> in_;
    std::deque<Frame> out_;
};

}  // namespace sluice::packet
