#include "detection/shard.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace sluice::detection {
namespace {

using model::FlowRecord;
using std::chrono::milliseconds;

constexpr std::uint32_t longest_duration_ms = 86'400'000;

std::uint64_t scaled(std::uint64_t value, std::uint32_t sampling) {
    std::uint64_t result = 0;
    return __builtin_mul_overflow(value, std::uint64_t{sampling}, &result)
               ? std::numeric_limits<std::uint64_t>::max() >> 16U
               : result;
}

std::uint32_t duration_ms_of(const FlowRecord& record) {
    const auto nanoseconds = (record.last_at - record.first_at).count();
    if (nanoseconds <= 0) return 0;
    const auto ms = static_cast<std::uint64_t>(nanoseconds) / 1'000'000;
    return ms > longest_duration_ms ? longest_duration_ms : static_cast<std::uint32_t>(ms);
}

std::size_t by_direction(std::uint32_t target, std::uint32_t direction) {
    return std::size_t{target} * 2 + direction;
}

}  // namespace

Shard::Shard(Config config, const base::SipKey& key, const base::Clock& clock)
    : config_(config),
      clock_(clock),
      policy_(CompiledPolicy::compile({}, 0)),
      index_(config.max_hosts, key),
      slots_(config.max_hosts) {
    free_.reserve(config.max_hosts);
    for (auto* list : {&dirty_, &taken_dirty_}) list->reserve(config.max_hosts);
    for (auto* list : {&aside_, &taken_aside_}) list->reserve(config.max_aside);
    for (auto* list : {&evidence_, &taken_evidence_}) list->reserve(config.max_evidence);
    chunk_.reserve(chunk_slots);
}

void Shard::add(std::span<const FlowRecord> batch) {
    const base::Instant now = clock_.now();
    Work work[2 * chunk_records];
    const std::lock_guard lock(mutex_);
    totals_.records += batch.size();
    while (!batch.empty()) {
        const auto records = batch.first(std::min(batch.size(), chunk_records));
        batch = batch.subspan(records.size());
        count(work, prepare(records, now, work));
    }
}

// Pass 1: what is counted, where it may be found; the index lines are on their way when it ends.
std::size_t Shard::prepare(std::span<const FlowRecord> records, base::Instant now, Work* work) {
    const net::Address* exporter = nullptr;
    std::uint16_t gap_ms = 0;
    std::size_t size = 0;
    for (const FlowRecord& record : records) {
        const bool inbound = policy_->may_contain(record.destination);
        const bool outbound = policy_->may_contain(record.source);
        if (!inbound && !outbound) continue;
        if (exporter == nullptr || *exporter != record.exporter) {
            exporter = &record.exporter;
            // Our own meter hands packets over as they pass.
            const bool steady = record.reported_by == model::FlowSource::packet;
            gap_ms = steady ? std::uint16_t{0} : rhythm_.covered_ms(record.exporter, now);
        }
        Work item;
        item.record = &record;
        item.packets = scaled(record.packets, record.sampling);
        item.bytes = scaled(record.bytes, record.sampling);
        item.duration_ms = duration_ms_of(record);
        item.gap_ms = gap_ms;
        item.traffic_class = static_cast<std::uint8_t>(classifier_.classify(record));
        const auto push = [&](const net::Address& host, model::TrafficDirection direction) {
            item.host = &host;
            item.direction = static_cast<std::uint8_t>(direction);
            item.tag = index_.tag_of(host, direction);
            index_.prefetch(item.tag);
            work[size++] = item;
        };
        if (inbound) push(record.destination, model::TrafficDirection::inbound);
        if (outbound) push(record.source, model::TrafficDirection::outbound);
    }
    return size;
}

// Passes 2 and 3: fetch the slots, then count.
void Shard::count(Work* work, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        work[i].slot = index_.guess(work[i].tag);
        if (work[i].slot == AddressIndex::none) continue;
        const HostSlot& slot = slots_[work[i].slot];
        __builtin_prefetch(&slot, 1);
        if (work[i].traffic_class > 2) __builtin_prefetch(&slot.counts[work[i].traffic_class], 1);
    }
    const FlowRecord* counted = nullptr;
    for (std::size_t i = 0; i < size; ++i) {
        const Work& item = work[i];
        std::uint32_t target = Target::none;
        const std::uint32_t id = slot_of(item, target);
        if (target == Target::none) continue;
        if (counted != item.record) {
            counted = item.record;
            ++totals_.counted;
        }
        if (id != AddressIndex::none) {
            count_slot(slots_[id], id, item);
        } else {
            ++totals_.losses.host_table_full;
            count_hostless(target, item);
        }
    }
}

// When room becomes short, a new host must come again and again before it gets a slot: a flood of addresses
// that come once each cannot keep out the one that is attacked.
bool Shard::admits_newcomer() {
    const std::uint32_t room = config_.max_hosts - slots_made_ + static_cast<std::uint32_t>(free_.size());
    const std::uint32_t ample = config_.max_hosts / 8;
    if (room > ample) return true;
    if (room == 0) return false;
    const unsigned halvings = static_cast<unsigned>(std::bit_width(ample / room));
    const std::uint64_t one_in = std::uint64_t{1} << std::min(2 + 2 * halvings, 10U);
    return ++newcomers_ % one_in == 0;
}

// The host's slot, made if need be. `target` stays none for an address of no customer.
std::uint32_t Shard::slot_of(const Work& work, std::uint32_t& target) {
    const auto is_it = [&](std::uint32_t id) {
        const HostSlot& slot = slots_[id];
        return slot.address == *work.host &&
               ((slot.flags & HostSlot::outbound) != 0) == (work.direction != 0);
    };
    std::uint32_t id = work.slot;
    if (id == AddressIndex::none || !is_it(id)) id = index_.find(work.tag, is_it);
    if (id != AddressIndex::none) {
        target = slots_[id].target;
        return id;
    }
    target = policy_->find(*work.host);
    if (target == Target::none) return id;
    if (!admits_newcomer()) return id;
    if (!free_.empty()) {
        id = free_.back();
        free_.pop_back();
    } else {
        id = slots_made_++;
    }
    HostSlot& slot = slots_[id];
    slot = HostSlot{};
    slot.address = *work.host;
    slot.target = target;
    slot.flags = HostSlot::in_use | HostSlot::fresh | (work.direction != 0 ? HostSlot::outbound : 0);
    index_.insert(work.tag, id);
    return id;
}

std::int32_t Shard::offset_ms(base::Timestamp at) const {
    const auto ms = (at - time_base_).count() / 1'000'000;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(ms, std::numeric_limits<std::int32_t>::min(),
                                                              std::numeric_limits<std::int32_t>::max()));
}

inline float Shard::unseen_packets(const Work& work) {
    return static_cast<float>(work.packets) * static_cast<float>(work.record->sampling - 1);
}

inline float Shard::gathered_packet_ms(const Work& work) {
    return static_cast<float>(work.packets) * static_cast<float>(work.gap_ms);
}

inline void Shard::touch(HostSlot& slot, std::uint32_t id, const Work& work) {
    if (slot.touched == 0) {
        if (dirty_.empty()) time_base_ = work.record->first_at;
        dirty_.push_back(id);
        slot.first_offset_ms = offset_ms(work.record->first_at);
    }
    slot.touched |= ClassMask{1} << work.traffic_class;
}

void Shard::count_slot(HostSlot& slot, std::uint32_t id, const Work& work) {
    touch(slot, id, work);
    SlotCount& count = slot.counts[work.traffic_class];
    if (work.duration_ms > config_.short_flow_ms) {
        put_aside(id, slot.target, work, work.duration_ms);
    } else {
        const std::uint64_t packets = count.packets + work.packets;
        const std::uint64_t bytes = count.bytes + work.bytes;
        if (((packets | bytes) >> 32U) == 0) {
            count.packets = static_cast<std::uint32_t>(packets);
            count.bytes = static_cast<std::uint32_t>(bytes);
            slot.unseen_packets += unseen_packets(work);
            slot.gathered_packet_ms += gathered_packet_ms(work);
        } else {
            put_aside(id, slot.target, work, 0);
        }
    }
    const Suspicion& suspicion = suspicions_[by_direction(slot.target, work.direction)];
    if (count.packets >= suspicion.packets || count.bytes >= suspicion.bytes) slot.flags |= HostSlot::watched;
    if ((slot.flags & HostSlot::watched) != 0 || suspicion.watched) keep_evidence(id, slot.target, work);
}

void Shard::count_hostless(std::uint32_t target, const Work& work) {
    if (work.duration_ms > config_.short_flow_ms) {
        put_aside(AddressIndex::none, target, work, work.duration_ms);
    } else {
        std::uint32_t& at = hostless_at_[by_direction(target, work.direction)];
        if (at == 0) {
            hostless_.push_back({target, work.direction, {}});
            at = static_cast<std::uint32_t>(hostless_.size());
        }
        TrafficCounts& counts = hostless_[at - 1].counts;
        counts.add(work.traffic_class, work.packets, work.bytes);
        counts.add_circumstances(unseen_packets(work), gathered_packet_ms(work), work.record->first_at);
    }
    if (suspicions_[by_direction(target, work.direction)].watched) {
        keep_evidence(AddressIndex::none, target, work);
    }
}

void Shard::put_aside(std::uint32_t slot, std::uint32_t target, const Work& work, std::uint32_t duration_ms) {
    if (aside_.size() >= config_.max_aside) {
        ++totals_.losses.aside_full;
        return;
    }
    aside_.push_back(
        {slot, target, duration_ms, work.traffic_class, work.direction, work.packets, work.bytes});
}

void Shard::keep_evidence(std::uint32_t slot, std::uint32_t target, const Work& work) {
    if (evidence_offered_++ % evidence_stride_ != 0 || evidence_.size() >= config_.max_evidence) {
        ++totals_.losses.evidence_skipped;
        return;
    }
    evidence_.push_back({slot, target, evidence_stride_, work.traffic_class, work.direction, *work.record});
}

void Shard::begin_drain() {
    taken_dirty_.clear();
    taken_position_ = 0;
    taken_aside_.clear();
    taken_evidence_.clear();
    taken_hostless_.clear();
    const std::lock_guard lock(mutex_);
    dirty_.swap(taken_dirty_);
    aside_.swap(taken_aside_);
    evidence_.swap(taken_evidence_);
    hostless_.swap(taken_hostless_);
    for (const auto& counts : taken_hostless_) {
        hostless_at_[by_direction(counts.target, counts.direction)] = 0;
    }
    // Look at every n-th record from now on, so that what is kept is spread over the tick.
    evidence_stride_ = std::max<std::uint32_t>(1, evidence_offered_ / std::max(1U, config_.max_evidence / 2));
    evidence_offered_ = 0;
    taken_time_base_ = time_base_;
}

std::span<const DrainedSlot> Shard::next_slots() {
    const auto first = taken_dirty_.begin() + static_cast<std::ptrdiff_t>(taken_position_);
    const std::size_t size = std::min(chunk_slots, taken_dirty_.size() - taken_position_);
    taken_position_ += size;
    chunk_.resize(size);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < size; ++i) __builtin_prefetch(&slots_[first[static_cast<std::ptrdiff_t>(i)]]);
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint32_t id = first[static_cast<std::ptrdiff_t>(i)];
        HostSlot& slot = slots_[id];
        DrainedSlot& drained = chunk_[i];
        drained.id = id;
        // All of the header and of the first line's counters; of the others what was touched.
        std::memcpy(static_cast<void*>(&drained.slot), &slot, 64);
        for_each_class(slot.touched, [&](unsigned c) {
            drained.slot.counts[c] = slot.counts[c];
            slot.counts[c] = {};
        });
        slot.touched = 0;
        slot.unseen_packets = slot.gathered_packet_ms = 0;
        slot.flags &= static_cast<std::uint8_t>(~HostSlot::fresh);
    }
    return chunk_;
}

void Shard::set_policy(std::shared_ptr<const CompiledPolicy> policy, std::vector<Suspicion> suspicions) {
    const std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
    suspicions_ = std::move(suspicions);
    // Slots keep what came in since the drain. What stands in lists was for targets that are no more; it is
    // some microseconds of traffic.
    totals_.losses.policy_changed += aside_.size() + hostless_.size();
    aside_.clear();
    evidence_.clear();
    hostless_.clear();
    hostless_at_.assign(policy_->targets().size() * 2, 0);
    hostless_.reserve(std::min<std::size_t>(policy_->targets().size() * 2, 4096));
    for (std::uint32_t id = 0; id < slots_made_; ++id) {
        HostSlot& slot = slots_[id];
        if ((slot.flags & HostSlot::in_use) == 0) continue;
        slot.target = policy_->find(slot.address);
        if (slot.target == Target::none) free_slot(id);
    }
    std::erase_if(dirty_, [&](std::uint32_t id) { return (slots_[id].flags & HostSlot::in_use) == 0; });
}

void Shard::watch_slot(std::uint32_t slot, bool on) {
    const std::lock_guard lock(mutex_);
    if (on)
        slots_[slot].flags |= HostSlot::watched;
    else
        slots_[slot].flags &= static_cast<std::uint8_t>(~HostSlot::watched);
}

void Shard::watch_targets(const std::vector<bool>& watched) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < suspicions_.size(); ++i) suspicions_[i].watched = watched[i];
}

void Shard::free_slot(std::uint32_t id) {
    HostSlot& slot = slots_[id];
    const auto direction = (slot.flags & HostSlot::outbound) != 0 ? model::TrafficDirection::outbound
                                                                  : model::TrafficDirection::inbound;
    index_.erase(index_.tag_of(slot.address, direction), id);
    slot.flags = 0;
    slot.touched = 0;
    free_.push_back(id);
}

void Shard::release(std::span<Release> slots) {
    const std::lock_guard lock(mutex_);
    for (Release& release : slots) {
        const HostSlot& slot = slots_[release.slot];
        if ((slot.flags & HostSlot::in_use) == 0 || slot.touched != 0) continue;
        free_slot(release.slot);
        release.released = true;
    }
}

std::uint32_t Shard::hosts() const {
    const std::lock_guard lock(mutex_);
    return slots_made_ - static_cast<std::uint32_t>(free_.size());
}

Shard::Totals Shard::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

}  // namespace sluice::detection
