// What one worker has seen of one target's traffic, by samples: who sends, of what length, and what; what of
// it is usual; and the filters that have been made of what is not.
//
// Samples fill a window of a quarter of a second to a second. At its end it is judged: what is far above the
// quiet windows before it becomes a filter, and a window without anything of the kind is one of the quiet
// ones. Where there have been none (a target that is diverted because it is attacked), absolute floors stand
// for them (docs/decisions/anomaly-stage.md).
//
// One worker's own; not thread-safe. Never allocates.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/scrub/anomaly/dynamic_filters.hpp"
#include "dataplane/scrub/anomaly/heavy_hitters.hpp"
#include "dataplane/scrub/anomaly/rules.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::scrub::anomaly {

// One packet in so many is looked at.
inline constexpr std::uint32_t sampled_one_in = 16;

// A source is heavy above so many packets a second, and so many times the heaviest of quiet times.
inline constexpr double least_heavy_pps = 2'000;
inline constexpr double heavy_times = 8;
// A length or a payload is out of place when it makes more than this part of the traffic, and made less in
// quiet times; and when there is as much of it.
inline constexpr double most_share = 0.4;
inline constexpr double most_quiet_share = 0.1;
inline constexpr double least_odd_pps = 1'000;
// Before so many windows have been quiet, quiet times are not known, and a window is one of them below this
// rate.
inline constexpr std::uint32_t windows_to_learn = 40;
inline constexpr double unlearned_quiet_pps = 1'000;

struct Length {
    std::uint8_t protocol = 0;
    std::uint16_t bytes = 0;  // of layer 3
    bool bare = false;        // TCP without payload
};

struct Sample {
    std::uint64_t source_key = 0;
    net::Address source;
    std::uint64_t length_key = 0;
    Length length;
    std::uint64_t payload_key = 0;  // 0: has none that is looked at
};

class TargetWatch {
  public:
    void add(const Sample& sample, CoarseTime now, const Rules& rules);

    // Filters that are in force; as of the last judgement.
    [[nodiscard]] bool has_filters() const { return filters_ != 0; }

    struct Nothing {};
    using SourceFilters = DynamicFilters<128, net::Address>;
    using LengthFilters = DynamicFilters<8, Length>;
    using PayloadFilters = DynamicFilters<8, Nothing>;
    SourceFilters heavy_sources;
    LengthFilters odd_lengths;
    PayloadFilters repeated_payloads;

    std::uint32_t slot = 0;
    std::uint32_t serial = 0;  // of the target; 0: nobody's
    CoarseTime last_seen = 0;

  private:
    // How much of the quiet traffic some keys made.
    struct Usual {
        std::uint64_t key = 0;
        float share = 0;
    };
    using UsualShares = std::array<Usual, 16>;

    void judge(CoarseTime now, const Rules& rules);
    [[nodiscard]] bool find_heavy_sources(double per_sample, CoarseTime now, const Rules& rules);
    [[nodiscard]] bool find_odd_lengths(double per_sample, CoarseTime now, const Rules& rules);
    [[nodiscard]] bool find_repeated_payloads(double per_sample, CoarseTime now, const Rules& rules);
    void learn(double per_sample);
    [[nodiscard]] bool is_learned() const { return quiet_windows_ >= windows_to_learn; }
    [[nodiscard]] static double share_of(const UsualShares& usual, std::uint64_t key);
    template <class Hitters>
    void learn_shares(const Hitters& seen, UsualShares& usual) const;

    std::uint32_t samples_ = 0;
    std::uint32_t filters_ = 0;
    CoarseTime begun_ = 0;
    HeavyHitters<16, 8, net::Address> sources_;
    HeavyHitters<1, 16, Length> lengths_;
    HeavyHitters<1, 16, Nothing> payloads_;

    std::uint32_t quiet_windows_ = 0;
    double quiet_pps_ = 0;
    double quiet_heaviest_pps_ = 0;
    UsualShares usual_lengths_{};
    UsualShares usual_payloads_{};
};

}  // namespace sluice::dataplane::scrub::anomaly
