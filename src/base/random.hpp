// Randomness as a port: the system's for keys and tokens, a seeded one for tests and simulations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::base {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> out) = 0;

    [[nodiscard]] std::uint64_t next() {
        std::uint64_t value = 0;
        fill(std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }
};

// getrandom(2): fit for keys. Thread-safe. Aborts when the kernel has no randomness: nothing safe can follow.
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::byte> out) override;
};

// splitmix64: repeatable, never for keys. Not thread-safe.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::byte> out) override;

  private:
    std::uint64_t state_;
};

}  // namespace sluice::base
