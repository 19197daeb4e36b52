// Attacks from their first crossing to their end, as findings: opened at once, updated while they last,
// closed when the traffic has stayed below the limits for the hold-down.
//
// Pulses: an attack that comes back within its hold-down has not ended (pulse_rhythm.hpp). The rhythm is
// remembered for a while after the end, so that slow pulses are held from the second on.
//
// Detector thread only, but for published().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "detection/finding_sink.hpp"
#include "detection/judge.hpp"
#include "detection/meter.hpp"
#include "detection/pulse_rhythm.hpp"
#include "detection/subject.hpp"
#include "detection/watch_book.hpp"
#include "model/finding.hpp"

namespace sluice::detection {

struct Episode {
    Subject subject;
    model::Finding finding;
    PulseRhythm rhythm;
    base::Instant opened{};
    base::Instant told_last{};
    base::Duration told_interval{};  // until the next update
    bool above = true;
    ClassMask told = 0;  // classes that the last message named
};

// What an episode is told each tick.
struct EpisodeView {
    const Crossing& crossing;
    Rates rates;
    Rates usual;
    const Watch* watch;  // may be nullptr
};

class EpisodeBook {
  public:
    struct Config {
        std::string name;
        std::uint32_t limit = 4096;
        base::Duration update_interval{};
    };
    EpisodeBook(Config config, FindingSink& sink, base::Timestamp started);

    struct Opening {
        Subject subject;
        model::TenantId tenant;
        net::Prefix target;
        base::Duration hold_down;
        base::Timestamp first_seen_at;
    };
    // Index + 1, as subjects keep it; 0 when the limit is reached, which is counted.
    [[nodiscard]] std::uint32_t open(const Opening& opening, const EpisodeView& view, const TickTime& tick,
                                     std::vector<net::Prefix> hosts);
    // True when the episode is over: it has been closed and its number is free.
    [[nodiscard]] bool advance(std::uint32_t number, const EpisodeView& view, const TickTime& tick);
    // An update is due within this tick; `hosts` goes with it.
    [[nodiscard]] bool due(std::uint32_t number, const EpisodeView& view, const TickTime& tick) const;
    void update(std::uint32_t number, const EpisodeView& view, const TickTime& tick,
                std::vector<net::Prefix> hosts);
    void close(std::uint32_t number);

    [[nodiscard]] Episode& operator[](std::uint32_t number) { return *episodes_[number - 1]; }
    template <class Visit>
    void for_each(Visit visit) {
        for (std::size_t i = 0; i < episodes_.size(); ++i) {
            if (episodes_[i] != nullptr) visit(static_cast<std::uint32_t>(i + 1), *episodes_[i]);
        }
    }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::uint64_t opened() const { return opened_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

    // The latest state of each open finding. Any thread.
    [[nodiscard]] std::vector<model::Finding> published() const;

  private:
    using PulseKey = std::tuple<model::TenantId, model::CountScope, model::TrafficDirection, net::Prefix>;

    // Of the attack before this one, or a new one.
    [[nodiscard]] PulseRhythm take_rhythm(const PulseKey& key, base::Duration hold_down, base::Instant now);
    void fill(Episode& episode, const EpisodeView& view, const TickTime& tick);
    void tell(Episode& episode, model::FindingState state);

    Config config_;
    FindingSink& sink_;
    std::string key_prefix_;
    std::vector<std::unique_ptr<Episode>> episodes_;
    std::map<PulseKey, PulseRhythm> rhythms_;  // of attacks that have ended
    std::size_t size_ = 0;
    std::uint64_t opened_ = 0;
    std::uint64_t refused_ = 0;

    mutable std::mutex published_mutex_;
    std::map<std::string, model::Finding> published_;
};

}  // namespace sluice::detection
