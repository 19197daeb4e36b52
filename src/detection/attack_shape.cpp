#include "detection/attack_shape.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::detection {
namespace {

constexpr float least_share = 0.1F;
// Ordinary traffic sways: a class must exceed what is usual for it by this much.
constexpr float least_growth = 0.3F;
constexpr std::size_t most_vectors = 8;
// A reflection goes with the fragments when it is at least this part of them.
constexpr float reflection_with_fragments = 0.1F;

Rates excess_of(const Rates& present, const Rates& usual) {
    Rates excess = present;
    excess.subtract(usual);
    return excess.sum().packets > 0 ? excess : present;
}

float score(const Rate& rate, const Rate& total) {
    return (total.packets > 0 ? rate.packets / total.packets : 0) +
           (total.bytes > 0 ? rate.bytes / total.bytes : 0);
}

}  // namespace

model::TrafficRate to_model(Rate rate) {
    return {static_cast<std::uint64_t>(std::llround(std::max(0.0F, rate.packets))),
            static_cast<std::uint64_t>(std::llround(std::max(0.0F, rate.bytes) * 8))};
}

ClassMask standing_out(const Rates& present, const Rates& usual) {
    const Rates excess = excess_of(present, usual);
    const Rate total = excess.sum();
    ClassMask mask = 0;
    for_each_class(excess.mask, [&](unsigned i) {
        const Rate& rate = excess.classes[i];
        const Rate& before = usual.classes[i];
        const bool grown =
            rate.packets >= least_growth * before.packets || rate.bytes >= least_growth * before.bytes;
        if (!grown) return;
        if (rate.packets >= least_share * total.packets || rate.bytes >= least_share * total.bytes) {
            mask |= ClassMask{1} << i;
        }
    });
    return mask;
}

std::vector<model::VectorShare> vectors_of(const Rates& present, const Rates& usual) {
    const Rates excess = excess_of(present, usual);
    const Rate total = excess.sum();
    std::vector<unsigned> order;
    for_each_class(standing_out(present, usual), [&](unsigned i) {
        if (excess.classes[i].packets > 0) order.push_back(i);
    });
    std::stable_sort(order.begin(), order.end(), [&](unsigned a, unsigned b) {
        return score(excess.classes[a], total) > score(excess.classes[b], total);
    });
    if (!order.empty() && order.front() == static_cast<unsigned>(TrafficClass::fragment)) {
        const auto reflection = std::find_if(order.begin(), order.end(), [&](unsigned i) {
            return is_reflection(static_cast<TrafficClass>(i)) &&
                   excess.classes[i].packets >=
                       reflection_with_fragments * excess.classes[order.front()].packets;
        });
        if (reflection != order.end()) std::rotate(order.begin(), reflection, reflection + 1);
    }
    if (order.size() > most_vectors) order.resize(most_vectors);
    std::vector<model::VectorShare> vectors;
    for (const unsigned i : order) {
        vectors.push_back({vector_of(static_cast<TrafficClass>(i)), to_model(present.classes[i])});
    }
    return vectors;
}

}  // namespace sluice::detection
