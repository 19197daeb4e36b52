// Every host that the detector knows, whatever shards count it: its rates over the ticks, and whether it is
// watched or under attack. Bounded; quiet hosts are forgotten, sooner when room is short.
//
// Detector thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/siphash.hpp"
#include "detection/address_index.hpp"
#include "detection/large_array.hpp"
#include "detection/long_flows.hpp"
#include "detection/meter.hpp"
#include "detection/shard.hpp"

namespace sluice::detection {

// All zero bytes are a free entry.
struct alignas(64) Host {
    net::Address address;
    std::uint32_t target;
    std::uint8_t in_use;
    std::uint8_t direction;
    std::uint8_t suspect;  // its shards keep its records
    std::uint8_t reserved;
    std::uint32_t watch;       // index + 1 in the watches; 0: none
    std::uint32_t episode;     // index + 1 of its open finding; 0: none
    std::uint32_t long_rates;  // index + 1; 0: none
    std::uint32_t judged;      // number of the tick in which it was last put on the list to be judged
    Meter meter;

    [[nodiscard]] model::TrafficDirection side() const {
        return static_cast<model::TrafficDirection>(direction);
    }
};

class HostBook {
  public:
    static constexpr std::uint32_t none = AddressIndex::none;

    HostBook(std::uint32_t capacity, const base::SipKey& key, std::vector<Shard*> shards);

    // The host of a drained slot; none when the book is full.
    [[nodiscard]] std::uint32_t resolve(std::size_t shard, const DrainedSlot& drained);
    // The host of a slot that was resolved before.
    [[nodiscard]] std::uint32_t host_of(std::size_t shard, std::uint32_t slot) const {
        return slot == AddressIndex::none ? none : hosts_of_slots_[shard][slot] - 1;
    }
    // Of slots that will be resolved soon.
    void prefetch(std::size_t shard, std::uint32_t slot) const {
        const std::uint32_t host = hosts_of_slots_[shard][slot];
        if (host == 0) return;
        __builtin_prefetch(&hosts_[host - 1], 1);
        __builtin_prefetch(reinterpret_cast<const char*>(&hosts_[host - 1]) + 64, 1);
    }
    [[nodiscard]] std::uint32_t find(const net::Address& address, model::TrafficDirection direction) const;

    [[nodiscard]] Host& operator[](std::uint32_t index) { return hosts_[index]; }
    [[nodiscard]] const Host& operator[](std::uint32_t index) const { return hosts_[index]; }
    [[nodiscard]] std::uint32_t made() const { return made_; }  // entries, free ones among them
    [[nodiscard]] std::uint32_t size() const { return made_ - static_cast<std::uint32_t>(free_.size()); }

    [[nodiscard]] LongRates& long_rates(Host& host);
    void release_long_rates(Host& host);
    // All rates: of the filter and of flows that last.
    [[nodiscard]] Rates rates(const Host& host) const;

    // Tells the host's shards to keep its records, or not.
    void set_suspect(std::uint32_t index, bool suspect);

    // Forgets quiet hosts; looks at a bounded number a call. Returns how many it forgot.
    std::size_t sweep(base::Instant now, base::Duration idle);
    // After a policy swap: gives every host its new target; those without one are forgotten.
    void retarget(const CompiledPolicy& policy);

    [[nodiscard]] std::uint64_t full() const { return full_; }

  private:
    [[nodiscard]] bool pressed() const;
    void forget(std::uint32_t index);
    [[nodiscard]] bool may_forget(const Host& host, base::Instant now, base::Duration idle,
                                  bool pressed) const;

    AddressIndex index_;
    LargeArray<Host> hosts_;
    std::uint32_t made_ = 0;
    std::vector<std::uint32_t> free_;
    std::vector<Shard*> shards_;
    std::vector<LargeArray<std::uint32_t>> hosts_of_slots_;  // by shard and slot: host + 1
    std::vector<LargeArray<std::uint32_t>> slots_of_hosts_;  // by shard and host: slot + 1
    std::deque<LongRates> long_rates_;
    std::vector<std::uint32_t> free_long_rates_;
    std::uint32_t hand_ = 0;
    std::vector<std::uint32_t> candidates_;
    std::vector<Shard::Release> releases_;
    std::uint64_t full_ = 0;
};

}  // namespace sluice::detection
