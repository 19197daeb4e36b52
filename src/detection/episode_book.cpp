#include "detection/episode_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "detection/attack_shape.hpp"

namespace sluice::detection {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_rhythms = 4096;
// A vector that joins is told at once, but not more often than this.
constexpr base::Duration least_interval = milliseconds(300);

model::FiredRule fired(const Crossing& crossing) {
    const double unit = crossing.bytes ? 8 : 1;
    const auto number = [unit](double value) {
        return static_cast<std::uint64_t>(std::llround(value * unit));
    };
    return {crossing.rule->name, crossing.bytes ? "bits/s" : "packets/s", number(crossing.limit),
            number(crossing.observed), number(crossing.usual)};
}

void raise(model::TrafficRate& peak, const model::TrafficRate& present) {
    peak.packets_per_s = std::max(peak.packets_per_s, present.packets_per_s);
    peak.bits_per_s = std::max(peak.bits_per_s, present.bits_per_s);
}

// What gateways are to know of the target's quiet times.
model::UsualTraffic usual_traffic(const Rates& usual) {
    constexpr ClassMask tcp = mask_of(TrafficClass::tcp_ack) | mask_of(TrafficClass::tcp_syn) |
                              mask_of(TrafficClass::tcp_syn_ack) | mask_of(TrafficClass::tcp_rst_fin) |
                              mask_of(TrafficClass::tcp_null);
    const auto packets = [&](ClassMask classes) {
        return static_cast<std::uint64_t>(std::llround(usual.sum(classes).packets));
    };
    return {packets(all_classes), packets(tcp), packets(classes_of(model::AttackVector::udp))};
}

}  // namespace

EpisodeBook::EpisodeBook(Config config, FindingSink& sink, base::Timestamp started)
    : config_(std::move(config)), sink_(sink) {
    // Unique over restarts: the time of the start, in milliseconds.
    key_prefix_ = fmt::format("{}-{:x}", config_.name, started.time_since_epoch().count() / 1'000'000);
}

PulseRhythm EpisodeBook::take_rhythm(const PulseKey& key, base::Duration hold_down, base::Instant now) {
    std::erase_if(rhythms_, [now](const auto& entry) { return entry.second.forgotten(now); });
    PulseRhythm rhythm(now, hold_down);
    if (const auto found = rhythms_.find(key); found != rhythms_.end()) {
        rhythm = found->second;
        rhythms_.erase(found);
        rhythm.configure(hold_down);
        rhythm.above(now);
    }
    return rhythm;
}

std::uint32_t EpisodeBook::open(const Opening& opening, const EpisodeView& view, const TickTime& tick,
                                std::vector<net::Prefix> hosts) {
    if (size_ >= config_.limit) {
        ++refused_;
        return 0;
    }
    auto room = std::find(episodes_.begin(), episodes_.end(), nullptr);
    if (room == episodes_.end()) {
        episodes_.emplace_back();
        room = episodes_.end() - 1;
    }
    const PulseKey key{opening.tenant, opening.subject.scope, opening.subject.direction, opening.target};
    *room = std::make_unique<Episode>(Episode{.subject = opening.subject,
                                              .rhythm = take_rhythm(key, opening.hold_down, tick.now),
                                              .opened = tick.now});
    Episode& episode = **room;
    ++size_;
    model::Finding& finding = episode.finding;
    finding.key = fmt::format("{}-{}", key_prefix_, ++opened_);
    finding.tenant = opening.tenant;
    finding.scope = opening.subject.scope;
    finding.direction = opening.subject.direction;
    finding.target = opening.target;
    finding.first_seen_at = opening.first_seen_at;
    finding.detected_at = tick.wall;
    finding.before = to_model(view.usual.sum());
    finding.usual = usual_traffic(view.usual);
    finding.hosts = std::move(hosts);
    fill(episode, view, tick);
    // What is not known yet follows as soon as it is.
    const bool complete = view.watch != nullptr && !view.watch->evidence.empty();
    episode.told_interval = complete ? config_.update_interval : least_interval;
    episode.told_last = tick.now;
    episode.told = standing_out(view.rates, view.usual);
    tell(episode, model::FindingState::opened);
    return static_cast<std::uint32_t>(room - episodes_.begin()) + 1;
}

void EpisodeBook::fill(Episode& episode, const EpisodeView& view, const TickTime& tick) {
    model::Finding& finding = episode.finding;
    const bool other_rule = view.crossing.crossed() && view.crossing.rule->name != finding.rule.threshold;
    if (view.crossing.crossed()) {
        // The rule that opened it stays, as long as it is crossed at all.
        if (!other_rule || finding.rule.threshold.empty() || !episode.above)
            finding.rule = fired(view.crossing);
        finding.last_seen_at = tick.wall;
    }
    finding.current = to_model(view.rates.sum());
    raise(finding.peak, finding.current);
    if (episode.above) finding.vectors = vectors_of(view.rates, view.usual);
    if (view.watch != nullptr) {
        Rates attack = view.rates;
        attack.subtract(view.usual);
        view.watch->evidence.describe(finding, attack.sum());
    }
}

bool EpisodeBook::advance(std::uint32_t number, const EpisodeView& view, const TickTime& tick) {
    Episode& episode = *episodes_[number - 1];
    raise(episode.finding.peak, to_model(view.rates.sum()));
    if (view.crossing.crossed()) {
        episode.rhythm.above(tick.now);
        episode.above = true;
        episode.finding.last_seen_at = tick.wall;
        return false;
    }
    episode.above = false;
    if (!episode.rhythm.over(tick.now)) return false;
    episode.finding.current = to_model(view.rates.sum());
    close(number);
    return true;
}

bool EpisodeBook::due(std::uint32_t number, const EpisodeView& view, const TickTime& tick) const {
    const Episode& episode = *episodes_[number - 1];
    if (tick.now - episode.told_last >= episode.told_interval) return true;
    return episode.above && tick.now - episode.told_last >= least_interval &&
           (standing_out(view.rates, view.usual) & ~episode.told) != 0;
}

void EpisodeBook::update(std::uint32_t number, const EpisodeView& view, const TickTime& tick,
                         std::vector<net::Prefix> hosts) {
    Episode& episode = *episodes_[number - 1];
    fill(episode, view, tick);
    if (!hosts.empty()) episode.finding.hosts = std::move(hosts);
    episode.told |= standing_out(view.rates, view.usual);
    episode.told_last = tick.now;
    episode.told_interval = config_.update_interval;
    tell(episode, model::FindingState::updated);
}

void EpisodeBook::close(std::uint32_t number) {
    Episode& episode = *episodes_[number - 1];
    const auto& finding = episode.finding;
    if (rhythms_.size() < most_rhythms) {
        rhythms_.insert_or_assign({finding.tenant, finding.scope, finding.direction, finding.target},
                                  episode.rhythm);
    }
    tell(episode, model::FindingState::closed);
    episodes_[number - 1].reset();
    --size_;
}

void EpisodeBook::tell(Episode& episode, model::FindingState state) {
    episode.finding.state = state;
    {
        const std::lock_guard lock(published_mutex_);
        if (state == model::FindingState::closed)
            published_.erase(episode.finding.key);
        else
            published_[episode.finding.key] = episode.finding;
    }
    sink_.take(episode.finding);
}

std::vector<model::Finding> EpisodeBook::published() const {
    const std::lock_guard lock(published_mutex_);
    std::vector<model::Finding> findings;
    for (const auto& [key, finding] : published_) findings.push_back(finding);
    return findings;
}

}  // namespace sluice::detection
