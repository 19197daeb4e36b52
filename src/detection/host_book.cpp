#include "detection/host_book.hpp"

#include <algorithm>

namespace sluice::detection {
namespace {

// A sweep looks at a part of all hosts, so that each is looked at every few seconds; when room is short at
// many more.
constexpr std::uint32_t sweep_part = 64;
constexpr std::uint32_t pressed_sweep = 32768;
constexpr std::size_t release_chunk = 256;
// When room is short, a host gives way after this long without traffic …
constexpr base::Duration pressed_idle = std::chrono::milliseconds(200);

}  // namespace

HostBook::HostBook(std::uint32_t capacity, const base::SipKey& key, std::vector<Shard*> shards)
    : index_(capacity, key), hosts_(capacity), shards_(std::move(shards)) {
    free_.reserve(capacity);
    for (const Shard* shard : shards_) {
        hosts_of_slots_.emplace_back(shard->max_hosts());
        slots_of_hosts_.emplace_back(capacity);
    }
    candidates_.reserve(pressed_sweep);
    releases_.reserve(pressed_sweep);
}

std::uint32_t HostBook::find(const net::Address& address, model::TrafficDirection direction) const {
    return index_.find(index_.tag_of(address, direction), [&](std::uint32_t i) {
        return hosts_[i].address == address && hosts_[i].side() == direction;
    });
}

std::uint32_t HostBook::resolve(std::size_t shard, const DrainedSlot& drained) {
    std::uint32_t& known = hosts_of_slots_[shard][drained.id];
    if ((drained.slot.flags & HostSlot::fresh) == 0 && known != 0) return known - 1;
    // The slot has changed hands.
    if (known != 0 && slots_of_hosts_[shard][known - 1] == drained.id + 1) {
        slots_of_hosts_[shard][known - 1] = 0;
    }
    known = 0;
    const auto direction = (drained.slot.flags & HostSlot::outbound) != 0 ? model::TrafficDirection::outbound
                                                                          : model::TrafficDirection::inbound;
    std::uint32_t index = find(drained.slot.address, direction);
    if (index == none) {
        if (!free_.empty()) {
            index = free_.back();
            free_.pop_back();
        } else if (made_ < hosts_.size()) {
            index = made_++;
        } else {
            ++full_;
            return none;
        }
        Host& host = hosts_[index];
        host = Host{};
        host.address = drained.slot.address;
        host.in_use = 1;
        host.direction = static_cast<std::uint8_t>(direction);
        index_.insert(index_.tag_of(host.address, direction), index);
    }
    hosts_[index].target = drained.slot.target;
    known = index + 1;
    slots_of_hosts_[shard][index] = drained.id + 1;
    return index;
}

LongRates& HostBook::long_rates(Host& host) {
    if (host.long_rates == 0) {
        if (free_long_rates_.empty()) {
            long_rates_.emplace_back();
            free_long_rates_.push_back(static_cast<std::uint32_t>(long_rates_.size()));
        }
        host.long_rates = free_long_rates_.back();
        free_long_rates_.pop_back();
    }
    return long_rates_[host.long_rates - 1];
}

void HostBook::release_long_rates(Host& host) {
    if (host.long_rates == 0) return;
    free_long_rates_.push_back(host.long_rates);
    host.long_rates = 0;
}

Rates HostBook::rates(const Host& host) const {
    Rates rates = host.meter.rates();
    if (host.long_rates != 0) long_rates_[host.long_rates - 1].add_to(rates);
    return rates;
}

void HostBook::set_suspect(std::uint32_t index, bool suspect) {
    hosts_[index].suspect = suspect ? 1 : 0;
    for (std::size_t s = 0; s < shards_.size(); ++s) {
        if (const std::uint32_t slot = slots_of_hosts_[s][index]; slot != 0) {
            shards_[s]->watch_slot(slot - 1, suspect);
        }
    }
}

bool HostBook::pressed() const {
    const auto short_of_room = [](std::uint32_t used, std::size_t all) { return used > all - all / 8; };
    if (short_of_room(size(), hosts_.size())) return true;
    return std::any_of(shards_.begin(), shards_.end(),
                       [&](const Shard* shard) { return short_of_room(shard->hosts(), shard->max_hosts()); });
}

bool HostBook::may_forget(const Host& host, base::Instant now, base::Duration idle, bool pressed) const {
    if (host.in_use == 0 || host.watch != 0 || host.episode != 0 || host.long_rates != 0) return false;
    return now - host.meter.updated() >= (pressed ? std::min(idle, pressed_idle) : idle);
}

void HostBook::forget(std::uint32_t index) {
    Host& host = hosts_[index];
    index_.erase(index_.tag_of(host.address, host.side()), index);
    release_long_rates(host);
    host.in_use = 0;
    free_.push_back(index);
}

std::size_t HostBook::sweep(base::Instant now, base::Duration idle) {
    const bool tight = pressed();
    candidates_.clear();
    const std::uint32_t looks = std::min(made_, tight ? pressed_sweep : made_ / sweep_part + 16);
    for (std::uint32_t i = 0; i < looks; ++i) {
        hand_ = hand_ + 1 >= made_ ? 0 : hand_ + 1;
        if (may_forget(hosts_[hand_], now, idle, tight)) candidates_.push_back(hand_);
    }
    for (std::size_t s = 0; s < shards_.size(); ++s) {
        releases_.clear();
        for (const std::uint32_t index : candidates_) {
            if (const std::uint32_t slot = slots_of_hosts_[s][index]; slot != 0) {
                releases_.push_back({slot - 1, index, false});
            }
        }
        // A shard is locked for one chunk at a time.
        for (std::size_t first = 0; first < releases_.size(); first += release_chunk) {
            const std::size_t size = std::min(release_chunk, releases_.size() - first);
            shards_[s]->release(std::span(releases_).subspan(first, size));
        }
        for (const auto& release : releases_) {
            if (!release.released) continue;
            slots_of_hosts_[s][release.host] = 0;
            hosts_of_slots_[s][release.slot] = 0;
        }
    }
    std::size_t forgotten = 0;
    for (const std::uint32_t index : candidates_) {
        bool counted = false;
        for (const auto& slots : slots_of_hosts_) counted = counted || slots[index] != 0;
        if (counted) continue;
        forget(index);
        ++forgotten;
    }
    return forgotten;
}

void HostBook::retarget(const CompiledPolicy& policy) {
    for (std::uint32_t i = 0; i < made_; ++i) {
        Host& host = hosts_[i];
        if (host.in_use == 0) continue;
        host.target = policy.find(host.address);
        if (host.target != Target::none) continue;
        for (std::size_t s = 0; s < shards_.size(); ++s) {
            std::uint32_t& slot = slots_of_hosts_[s][i];
            if (slot != 0) hosts_of_slots_[s][slot - 1] = 0;
            slot = 0;
        }
        forget(i);
    }
}

}  // namespace sluice::detection
