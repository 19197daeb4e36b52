#include "dataplane/scrub/anomaly/target_watch.hpp"

#include <algorithm>
#include <bit>

namespace sluice::dataplane::scrub::anomaly {
namespace {

// A window ends after a step of coarse time when it has enough samples, and after four in any case.
constexpr std::uint32_t enough_samples = 128;
constexpr CoarseTime longest_window = 4;
constexpr double learning_weight = 1.0 / 16;
constexpr double seconds_a_step = static_cast<double>(coarse_step_ns) / 1e9;

// Lengths that ordinary traffic is full of: nothing is said against them before quiet times are known.
bool is_common(const Length& length) {
    constexpr std::uint16_t least_full =
        1280;  // no link's packets are cut smaller than this (RFC 8200 section 5)
    return length.bare || length.bytes >= least_full;
}

}  // namespace

void TargetWatch::add(const Sample& sample, CoarseTime now, const Rules& rules) {
    const CoarseTime age = now - begun_;
    if (age != 0 && (samples_ >= enough_samples || age >= longest_window)) judge(now, rules);
    ++samples_;
    if (rules.zombies) {
        ++senders_samples_;
        senders_.add(sample.source_key, sample.source);
    }
    if (rules.heavy_sources) sources_.add(sample.source_key, sample.source);
    if (rules.odd_lengths) lengths_.add(sample.length_key, sample.length);
    if (rules.repeated_payloads && sample.payload_key != 0) payloads_.add(sample.payload_key, sample.content);
}

void TargetWatch::judge(CoarseTime now, const Rules& rules) {
    const double seconds = (now - begun_) * seconds_a_step;
    const double per_sample = sampled_one_in / seconds;  // packets a second that one sample stands for
    const double pps = samples_ * per_sample;
    if (samples_ >= enough_samples / 4 && seconds <= 2 * longest_window * seconds_a_step) {
        const bool heavy = find_heavy_sources(per_sample, now, rules);
        const bool odd = find_odd_lengths(per_sample, now, rules);
        const bool repeated = find_repeated_payloads(per_sample, now, rules);
        const bool usual_rate = pps < most_quiet_pps(rules);
        const bool zombies = rules.zombies && find_zombies(pps, now, rules);
        if (!heavy && !odd && !repeated && !zombies && filters_ == 0 && usual_rate) learn(per_sample);
    }
    filters_ = static_cast<std::uint32_t>(heavy_sources.alive(now) + odd_lengths.alive(now) +
                                          repeated_payloads.alive(now));
    samples_ = 0;
    begun_ = now;
    sources_.clear();
    lengths_.clear();
    payloads_.clear();
}

double TargetWatch::most_quiet_pps(const Rules& rules) const {
    if (rules.usual_pps == 0) return is_learned() ? 2 * quiet_pps_ : unlearned_quiet_pps;
    // Whoever raises the rate slowly, so that each window looks like the ones before, ends here.
    const double most = 4.0 * std::max(rules.usual_pps, 25U);
    return is_learned() ? std::min(2 * quiet_pps_, most) : most / 2;
}

double TargetWatch::heavy_limit(const Rules& rules) const {
    double limit = least_heavy_pps;
    if (rules.usual_pps != 0) {
        // One that sends twice what all do in quiet times; at busy targets, an eighth of that.
        limit = std::clamp(2.0 * rules.usual_pps, lowest_heavy_pps, least_heavy_pps);
        limit = std::max(limit, rules.usual_pps / 8.0);
    }
    return std::max(limit, is_learned() ? heavy_times * quiet_heaviest_pps_ : 0.0);
}

double TargetWatch::least_odd(std::uint8_t protocol, const Rules& rules) const {
    if (rules.usual_pps == 0) return least_odd_pps;
    // More of one kind than there is of the whole protocol in quiet times.
    const std::uint32_t usual = protocol == 6    ? rules.usual_tcp_pps
                                : protocol == 17 ? rules.usual_udp_pps
                                                 : rules.usual_pps;
    return std::max<double>(lowest_odd_pps, usual);
}

// Bots that each send little, but all the same: kinds that many sources send, and nothing else. A client
// varies: it opens, asks, acknowledges.
bool TargetWatch::find_zombies(double pps, CoarseTime now, const Rules& rules) {
    if (now - senders_begun_ < longest_window) return false;
    struct Kind {
        std::uint32_t kind = 0;
        std::uint32_t sources = 0;
        std::uint32_t samples = 0;
    };
    std::array<Kind, 8> kinds{};
    const auto is_alike = [](const auto& counter) {
        return counter.certain() >= least_alike && !counter.extra.varies && counter.extra.kind != 0;
    };
    for (const auto& counter : senders_) {
        if (!is_alike(counter)) continue;
        const auto place = std::ranges::find_if(
            kinds, [&](const Kind& kind) { return kind.sources == 0 || kind.kind == counter.extra.kind; });
        if (place == kinds.end()) continue;
        place->kind = counter.extra.kind;
        ++place->sources;
        place->samples += counter.certain();
    }
    const Kind most = *std::ranges::max_element(kinds, {}, &Kind::samples);
    alike_sources_ = most.sources;
    const bool attacked = pps >= most_quiet_pps(rules) || filters_ != 0;
    const bool many = most.sources >= std::max(least_zombies, zombie_times * quiet_alike_) &&
                      most.samples > most_share * senders_samples_;
    bool found = false;
    std::array<std::uint64_t, 128> alike{};
    std::size_t count = 0;
    for (const auto& counter : senders_) {
        if (!attacked || !many || !is_alike(counter) || counter.extra.kind != most.kind) continue;
        alike[count++] = counter.key;
        // Twice the same: it has not begun to behave like a client meanwhile.
        if (std::ranges::find(alike_before_, counter.key) == alike_before_.end()) continue;
        found |= heavy_sources.put(counter.key, {counter.extra.address, true}, now, now + rules.filter_for);
    }
    alike_before_ = alike;
    senders_.clear();
    senders_samples_ = 0;
    senders_begun_ = now;
    return found || (attacked && many);
}

bool TargetWatch::find_heavy_sources(double per_sample, CoarseTime now, const Rules& rules) {
    if (!rules.heavy_sources) return false;
    bool found = false;
    const double limit = heavy_limit(rules);
    // Few samples say little: a source must have more of them than chance gives to one below the limit.
    constexpr std::uint32_t least_samples = 24;
    for (const auto& counter : sources_) {
        if (counter.certain() < least_samples || counter.certain() * per_sample <= limit) continue;
        found |= heavy_sources.put(counter.key, {counter.extra.address, false}, now, now + rules.filter_for);
    }
    return found;
}

bool TargetWatch::find_odd_lengths(double per_sample, CoarseTime now, const Rules& rules) {
    bool found = false;
    for (const auto& counter : lengths_) {
        const bool many = counter.certain() > most_share * samples_ &&
                          counter.certain() * per_sample > least_odd(counter.extra.protocol, rules);
        if (!many || share_of(usual_lengths_, counter.key) > most_quiet_share) continue;
        if (!is_learned() && is_common(counter.extra)) continue;
        found |= odd_lengths.put(counter.key, counter.extra, now, now + rules.filter_for);
    }
    return found;
}

bool TargetWatch::find_repeated_payloads(double per_sample, CoarseTime now, const Rules& rules) {
    bool found = false;
    for (const auto& counter : payloads_) {
        const bool many = counter.certain() > most_share * samples_ &&
                          counter.certain() * per_sample > least_odd(counter.extra.tcp ? 6 : 17, rules) &&
                          (!counter.extra.tcp || std::popcount(counter.extra.senders) >= many_senders);
        if (!many || share_of(usual_payloads_, counter.key) > most_quiet_share) continue;
        found |= repeated_payloads.put(counter.key, {}, now, now + rules.filter_for);
    }
    return found;
}

double TargetWatch::share_of(const UsualShares& usual, std::uint64_t key) {
    const auto it = std::ranges::find(usual, key, &Usual::key);
    return it == usual.end() ? 0 : it->share;
}

template <class Hitters>
void TargetWatch::learn_shares(const Hitters& seen, UsualShares& usual) const {
    for (Usual& one : usual) one.share = static_cast<float>(one.share * (1 - learning_weight));
    for (const auto& counter : seen) {
        if (counter.certain() == 0) continue;
        const double share = static_cast<double>(counter.certain()) / samples_;
        auto it = std::ranges::find(usual, counter.key, &Usual::key);
        if (it == usual.end()) {
            it = std::ranges::min_element(usual, {}, &Usual::share);
            if (it->share > share) continue;
            // The first windows are all there is to go by.
            *it = {counter.key,
                   static_cast<float>(quiet_windows_ < windows_to_learn ? share : share * learning_weight)};
        } else {
            it->share += static_cast<float>(share * learning_weight);
        }
    }
}

void TargetWatch::learn(double per_sample) {
    const double weight = quiet_windows_ < windows_to_learn ? 1.0 / (quiet_windows_ + 1) : learning_weight;
    std::uint32_t heaviest = 0;
    for (const auto& counter : sources_) heaviest = std::max(heaviest, counter.certain());
    quiet_pps_ += weight * (samples_ * per_sample - quiet_pps_);
    // Peaks count at once and are forgotten slowly.
    quiet_heaviest_pps_ = std::max(heaviest * per_sample, quiet_heaviest_pps_ * (1 - learning_weight / 16));
    quiet_alike_ = std::max(quiet_alike_, alike_sources_);
    learn_shares(lengths_, usual_lengths_);
    learn_shares(payloads_, usual_payloads_);
    ++quiet_windows_;
}

}  // namespace sluice::dataplane::scrub::anomaly
