#include "telemetry/sampling_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace sluice::telemetry {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();

std::uint32_t clamped(std::uint64_t rate) {
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(rate, 1, most));
}

// Rounded to the nearest: 100 packets of 1,050 are one in ten and a half, counted as one in 11.
std::uint32_t quotient(std::uint64_t all, std::uint64_t part) {
    return clamped(all / part + (all % part >= part - part / 2 ? 1 : 0));
}

}  // namespace

bool SamplingTable::set(SamplingScope scope, std::uint64_t number, std::uint32_t rate) {
    const auto before = [](const Entry& a, const Entry& b) {
        return a.scope != b.scope ? a.scope < b.scope : a.number < b.number;
    };
    const Entry entry{number, scope, rate};
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), entry, before);
    if (at != entries_.end() && at->scope == scope && at->number == number) {
        if (at->rate == rate) return true;
        at->rate = rate;
    } else {
        if (entries_.size() >= limit_) return false;
        entries_.insert(at, entry);
        ++counts_[static_cast<std::size_t>(scope)];
    }
    const auto same = [&](const Entry& other) { return other.rate == entries_.front().rate; };
    agreed_ = std::all_of(entries_.begin(), entries_.end(), same) ? entries_.front().rate : 0;
    return true;
}

std::uint32_t SamplingTable::find(SamplingScope scope, std::uint64_t number) const {
    const auto at = std::lower_bound(
        entries_.begin(), entries_.end(), number, [scope](const Entry& entry, std::uint64_t wanted) {
            return entry.scope != scope ? entry.scope < scope : entry.number < wanted;
        });
    return at != entries_.end() && at->scope == scope && at->number == number ? at->rate : 0;
}

namespace {

std::uint32_t systematic_rate(const SamplingStatement& said) {
    if (said.packet_interval == 0) return 0;
    // Alone, 305 is used as "one in N" by several vendors.
    if (said.packet_space == 0) return clamped(said.packet_interval);
    const std::uint64_t all = said.packet_interval + said.packet_space;
    return all < said.packet_interval ? 0 : quotient(all, said.packet_interval);
}

std::uint32_t random_rate(const SamplingStatement& said) {
    return said.size != 0 && said.population >= said.size ? quotient(said.population, said.size) : 0;
}

std::uint32_t probability_rate(const SamplingStatement& said) {
    const double p = std::bit_cast<double>(said.probability);
    if (!(p > 0 && p <= 1)) return 0;
    return clamped(static_cast<std::uint64_t>(std::llround(std::min(1 / p, 4e9))));
}

}  // namespace

std::uint32_t SamplingStatement::rate() const {
    if (interval != 0) return clamped(interval);
    if (random_interval != 0) return clamped(random_interval);
    std::uint32_t own = 0;
    if (algorithm == 1) own = systematic_rate(*this);
    if (algorithm == 3) own = random_rate(*this);
    if (algorithm == 4) own = probability_rate(*this);
    if (own != 0) return own;
    // Not said which counts, or its elements are not there (IOS XR sends 304 = 3 with 305 alone): whatever
    // gives a rate.
    if (const std::uint32_t rate = random_rate(*this); rate != 0) return rate;
    if (const std::uint32_t rate = systematic_rate(*this); rate != 0) return rate;
    return probability_rate(*this);
}

}  // namespace sluice::telemetry
