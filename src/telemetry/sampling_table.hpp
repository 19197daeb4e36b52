// The sampling rates of one observation domain, as its options data tell them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::telemetry {

// What a rate belongs to. Sampler (element 48) and selector (302) numbers are separate spaces.
enum class SamplingScope : std::uint8_t { sampler, selector, interface };

class SamplingTable {
  public:
    explicit SamplingTable(std::size_t limit) : limit_(limit) {}

    // The rate of the domain as a whole.
    void set_default(std::uint32_t rate) { default_ = rate; }
    // False when the table is full.
    bool set(SamplingScope scope, std::uint64_t number, std::uint32_t rate);

    // 0 when unknown.
    [[nodiscard]] std::uint32_t find(SamplingScope scope, std::uint64_t number) const;
    // For records that name no sampler: the domain's rate, else the one rate on which all samplers agree,
    // else 0.
    [[nodiscard]] std::uint32_t common() const { return default_ != 0 ? default_ : agreed_; }
    [[nodiscard]] bool has(SamplingScope scope) const { return counts_[static_cast<std::size_t>(scope)] > 0; }

  private:
    struct Entry {
        std::uint64_t number;
        SamplingScope scope;
        std::uint32_t rate;
    };
    std::vector<Entry> entries_;  // by scope and number
    std::size_t limit_;
    std::size_t counts_[3] = {};
    std::uint32_t default_ = 0;
    std::uint32_t agreed_ = 0;
};

// What one options record says about sampling, whichever of the elements it uses; 0: not said.
struct SamplingStatement {
    std::uint64_t interval = 0;         // 34 samplingInterval: one in N
    std::uint64_t random_interval = 0;  // 50 samplerRandomInterval: one in N
    std::uint64_t algorithm = 0;  // 304: 1 systematic by count, 3 random n out of N, 4 uniform probability
    std::uint64_t packet_interval = 0;  // 305: so many packets sampled in a row …
    std::uint64_t packet_space = 0;     // 306: … then so many left out
    std::uint64_t size = 0;             // 309: n …
    std::uint64_t population = 0;       // 310: … out of N
    std::uint64_t probability = 0;      // 311: the bits of a float64

    // One in N; 0 when nothing was said. Nonsense (a probability of 2) also gives 0.
    [[nodiscard]] std::uint32_t rate() const;
};

}  // namespace sluice::telemetry
