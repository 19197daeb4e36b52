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
// So many sources, each with so many samples in a second that are all alike, and none of them different, are
// zombies when together they make most_share of the traffic; and when quiet times have far fewer of them.
inline constexpr std::uint32_t least_zombies = 16;
inline constexpr std::uint32_t least_alike = 5;
inline constexpr std::uint32_t zombie_times = 4;
// A content that TCP segments begin with is held against its senders only when there are many of them.
inline constexpr int many_senders = 8;
// Where the detector knows the target's quiet times, limits follow them, but never below these.
inline constexpr double lowest_heavy_pps = 1'000;
inline constexpr double lowest_odd_pps = 500;
// Before so many windows have been quiet, quiet times are not known, and a window is one of them below this
// rate.
inline constexpr std::uint32_t windows_to_learn = 40;
inline constexpr double unlearned_quiet_pps = 1'000;

struct Length {
    std::uint8_t protocol = 0;
    std::uint16_t bytes = 0;  // of layer 3
    bool bare = false;        // TCP without payload
};

// A source, and whether all that it sends is of one kind.
struct Sender {
    net::Address address;
    std::uint32_t kind = 0;  // of its packets: protocol, length, destination port, TCP flags
    bool varies = false;

    void merge(const Sender& next) { varies = varies || next.kind != kind; }
};

// A content, and roughly how many send it.
struct Content {
    std::uint32_t senders = 0;  // a bit for each 32nd part of all sources
    bool tcp = false;

    void merge(const Content& next) { senders |= next.senders; }
};

struct Sample {
    std::uint64_t source_key = 0;
    Sender source;
    std::uint64_t length_key = 0;
    Length length;
    std::uint64_t payload_key = 0;  // 0: has none that is looked at
    Content content;
};

class TargetWatch {
  public:
    void add(const Sample& sample, CoarseTime now, const Rules& rules);

    // Filters that are in force; as of the last judgement.
    [[nodiscard]] bool has_filters() const { return filters_ != 0; }

    struct Nothing {};
    struct FilteredSource {
        net::Address address;
        bool zombie = false;
    };
    using SourceFilters = DynamicFilters<128, FilteredSource>;
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
    [[nodiscard]] bool find_zombies(double pps, CoarseTime now, const Rules& rules);
    // How many packets a second a length or a content makes at least before anything is said against it.
    [[nodiscard]] double least_odd(std::uint8_t protocol, const Rules& rules) const;
    [[nodiscard]] double heavy_limit(const Rules& rules) const;
    // Above it a window is none of the quiet ones.
    [[nodiscard]] double most_quiet_pps(const Rules& rules) const;
    void learn(double per_sample);
    [[nodiscard]] bool is_learned() const { return quiet_windows_ >= windows_to_learn; }
    [[nodiscard]] static double share_of(const UsualShares& usual, std::uint64_t key);
    template <class Hitters>
    void learn_shares(const Hitters& seen, UsualShares& usual) const;

    std::uint32_t samples_ = 0;
    std::uint32_t filters_ = 0;
    CoarseTime begun_ = 0;
    HeavyHitters<16, 8, Sender> sources_;
    // The same over a second or more: bots send little each.
    HeavyHitters<16, 8, Sender> senders_;
    std::uint32_t senders_samples_ = 0;
    CoarseTime senders_begun_ = 0;
    HeavyHitters<1, 16, Length> lengths_;
    HeavyHitters<1, 16, Content> payloads_;
    std::uint32_t alike_sources_ = 0;                // of the last second, of the commonest kind
    std::array<std::uint64_t, 128> alike_before_{};  // their keys, in the second before

    std::uint32_t quiet_windows_ = 0;
    double quiet_pps_ = 0;
    double quiet_heaviest_pps_ = 0;
    std::uint32_t quiet_alike_ = 0;
    UsualShares usual_lengths_{};
    UsualShares usual_payloads_{};
};

}  // namespace sluice::dataplane::scrub::anomaly
