#include "detection/long_flows.hpp"

#include <algorithm>

namespace sluice::detection {
namespace {

constexpr base::Duration slot_length = std::chrono::milliseconds(250);
constexpr std::int64_t largest_milli_rate = std::int64_t{1} << 50U;

// Per second, in thousandths.
std::int64_t milli_rate(std::uint64_t amount, std::uint32_t duration_ms) {
    const auto rate = static_cast<unsigned __int128>(amount) * 1'000'000 / duration_ms;
    return static_cast<std::int64_t>(std::min<unsigned __int128>(rate, largest_milli_rate));
}

}  // namespace

void LongRates::change(unsigned traffic_class, std::int64_t milli_packets, std::int64_t milli_bytes,
                       int flows) {
    classes_[traffic_class].packets += milli_packets;
    classes_[traffic_class].bytes += milli_bytes;
    flows_ += flows;
}

void LongRates::add_to(Rates& rates) const {
    for (unsigned i = 0; i < class_count; ++i) {
        if (classes_[i].packets <= 0) continue;
        rates.classes[i].packets += static_cast<float>(classes_[i].packets) * 1e-3F;
        rates.classes[i].bytes += static_cast<float>(classes_[i].bytes) * 1e-3F;
        rates.mask |= ClassMask{1} << i;
    }
}

LongFlows::LongFlows(std::uint32_t capacity, LongFlowListener& listener)
    : listener_(listener), entries_(capacity) {
    wheel_.fill(none);
}

void LongFlows::tell(const Entry& entry, int sign) {
    listener_.change(entry.host, entry.target, entry.direction, entry.traffic_class,
                     sign * entry.milli_packets, sign * entry.milli_bytes, sign);
}

bool LongFlows::begin(const LongFlow& flow, base::Instant now) {
    if (flow.duration_ms == 0) return false;
    std::uint32_t index = free_;
    if (index != none) {
        free_ = entries_[index].next;
    } else if (made_ < entries_.size()) {
        index = made_++;
    } else {
        return false;
    }
    ++size_;
    const std::uint32_t played_ms = std::min(flow.duration_ms, longest_s * 1000);
    const std::uint32_t slots = std::max(1U, (played_ms * slots_per_s + 500) / 1000);
    const std::int64_t start = std::max(position_, now.time_since_epoch() / slot_length);
    std::uint32_t& head = wheel_[static_cast<std::size_t>(start + slots) % wheel_.size()];
    Entry& entry = entries_[index];
    entry = {head,
             flow.host,
             flow.target,
             flow.traffic_class,
             flow.direction,
             milli_rate(flow.packets, flow.duration_ms),
             milli_rate(flow.bytes, flow.duration_ms)};
    head = index;
    tell(entry, +1);
    return true;
}

void LongFlows::drop(std::uint32_t& link) {
    const std::uint32_t index = link;
    link = entries_[index].next;
    entries_[index].next = free_;
    free_ = index;
    --size_;
}

void LongFlows::end_slot(std::uint32_t& head) {
    while (head != none) {
        tell(entries_[head], -1);
        drop(head);
    }
}

void LongFlows::advance(base::Instant now) {
    const std::int64_t position = now.time_since_epoch() / slot_length;
    // After a standstill longer than the wheel every flow is over.
    const auto round = static_cast<std::int64_t>(wheel_.size());
    if (position - position_ > round) position_ = position - round;
    while (position_ < position) end_slot(wheel_[static_cast<std::size_t>(++position_) % wheel_.size()]);
}

void LongFlows::suspend() {
    for (const std::uint32_t head : wheel_) {
        for (std::uint32_t at = head; at != none; at = entries_[at].next) tell(entries_[at], -1);
    }
}

}  // namespace sluice::detection
