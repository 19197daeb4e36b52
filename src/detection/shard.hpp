// One receiver thread's counters, and how the detector takes them away without stopping it.
//
// The writer holds the lock for one batch; the detector for one chunk of slots (some microseconds), again and
// again until what was counted has been taken. Counters are 32 bits wide because they are emptied each tick;
// what does not fit, and what covers more than a moment, goes aside into a list.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/siphash.hpp"
#include "detection/address_index.hpp"
#include "detection/compiled_policy.hpp"
#include "detection/exporter_rhythm.hpp"
#include "detection/host_slot.hpp"
#include "detection/large_array.hpp"
#include "detection/traffic_counts.hpp"
#include "model/flow_record.hpp"

namespace sluice::detection {

// A record that is judged over its duration, or that is too large for a slot's counters (duration 0).
struct AsideRecord {
    std::uint32_t slot;  // AddressIndex::none: the host found no room
    std::uint32_t target;
    std::uint32_t duration_ms;
    std::uint16_t traffic_class;
    std::uint16_t direction;
    std::uint64_t packets;
    std::uint64_t bytes;
};

// A record of a suspect host or prefix.
struct EvidenceRecord {
    std::uint32_t slot;
    std::uint32_t target;
    std::uint32_t weight;  // this one stands for so many records
    std::uint16_t traffic_class;
    std::uint16_t direction;
    model::FlowRecord record;
};

struct DrainedSlot {
    std::uint32_t id;
    HostSlot slot;  // counts of untouched classes are unspecified
};

struct ShardLosses {
    std::uint64_t host_table_full = 0;   // records counted for their prefix only
    std::uint64_t aside_full = 0;        // records of long flows, or too large for a counter: not counted
    std::uint64_t policy_changed = 0;    // entries for targets that went away with the policy
    std::uint64_t evidence_skipped = 0;  // records of suspects beyond what is looked at
};

class Shard {
  public:
    struct Config {
        std::uint32_t max_hosts = 131'072;
        std::uint32_t max_aside = 65'536;    // between two drains
        std::uint32_t max_evidence = 2048;   // between two drains
        std::uint32_t short_flow_ms = 1500;  // longer records are spread over their duration
    };

    Shard(Config config, const base::SipKey& key, const base::Clock& clock);

    // The receiver thread.
    void add(std::span<const model::FlowRecord> batch);

    // The detector thread, from here on.

    // Everything between two begin_drain() belongs to one tick.
    void begin_drain();
    // The next slots that were touched; empty at the end. Valid until the next call.
    [[nodiscard]] std::span<const DrainedSlot> next_slots();
    // Of the tick that begin_drain() ended; valid until the next begin_drain().
    [[nodiscard]] std::span<const AsideRecord> aside() const { return taken_aside_; }
    [[nodiscard]] std::span<const EvidenceRecord> evidence() const { return taken_evidence_; }
    struct HostlessCounts {
        std::uint32_t target;
        std::uint32_t direction;
        TrafficCounts counts;
    };
    // Counted for targets whose host found no room.
    [[nodiscard]] std::span<const HostlessCounts> hostless() const { return taken_hostless_; }
    // What the slots' first_offset_ms count from.
    [[nodiscard]] base::Timestamp time_base() const { return taken_time_base_; }

    // Which limits make a host suspect within the tick, per target and direction.
    struct Suspicion {
        std::uint32_t packets = 0xffffffff;  // of one class
        std::uint32_t bytes = 0xffffffff;
        bool watched = false;  // the whole target is
    };
    // Swaps the policy: slots are resolved anew, those without a target are freed. Call after a whole drain,
    // whose lists are void then.
    void set_policy(std::shared_ptr<const CompiledPolicy> policy, std::vector<Suspicion> suspicions);
    void watch_slot(std::uint32_t slot, bool on);
    // By target and direction (index target * 2 + direction): whether every record is evidence.
    void watch_targets(const std::vector<bool>& watched);
    // Forgets hosts; those with counts since the drain stay.
    struct Release {
        std::uint32_t slot;
        std::uint32_t host;  // the caller's
        bool released;
    };
    void release(std::span<Release> slots);
    [[nodiscard]] std::uint32_t hosts() const;
    [[nodiscard]] std::uint32_t max_hosts() const { return config_.max_hosts; }
    struct Totals {
        std::uint64_t records = 0;
        std::uint64_t counted = 0;
        ShardLosses losses;
    };
    [[nodiscard]] Totals totals() const;

  private:
    static constexpr std::size_t chunk_records = 32;
    static constexpr std::size_t chunk_slots = 256;

    // One end of one record that may lie in a customer's prefix.
    struct Work {
        const model::FlowRecord* record;
        const net::Address* host;
        std::uint64_t packets;
        std::uint64_t bytes;
        std::uint32_t tag;
        std::uint32_t slot;
        std::uint32_t duration_ms;
        std::uint16_t gap_ms;
        std::uint8_t traffic_class;
        std::uint8_t direction;
    };
    std::size_t prepare(std::span<const model::FlowRecord> records, base::Instant now, Work* work);
    void count(Work* work, std::size_t size);
    std::uint32_t slot_of(const Work& work, std::uint32_t& target);
    [[nodiscard]] bool admits_newcomer();
    void count_slot(HostSlot& slot, std::uint32_t id, const Work& work);
    void count_hostless(std::uint32_t target, const Work& work);
    void put_aside(std::uint32_t slot, std::uint32_t target, const Work& work, std::uint32_t duration_ms);
    void keep_evidence(std::uint32_t slot, std::uint32_t target, const Work& work);
    void touch(HostSlot& slot, std::uint32_t id, const Work& work);
    static float unseen_packets(const Work& work);
    static float gathered_packet_ms(const Work& work);
    [[nodiscard]] std::int32_t offset_ms(base::Timestamp at) const;
    void free_slot(std::uint32_t id);

    const Config config_;
    const base::Clock& clock_;
    const Classifier classifier_;

    mutable std::mutex mutex_;
    // Written under the lock by either thread.
    std::shared_ptr<const CompiledPolicy> policy_;
    AddressIndex index_;
    LargeArray<HostSlot> slots_;
    std::uint32_t slots_made_ = 0;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> dirty_;
    std::vector<AsideRecord> aside_;
    std::vector<EvidenceRecord> evidence_;
    std::vector<HostlessCounts> hostless_;
    std::vector<std::uint32_t> hostless_at_;  // by target and direction: index in hostless_ + 1
    std::vector<Suspicion> suspicions_;       // by target and direction
    std::uint64_t newcomers_ = 0;             // while room was short
    std::uint32_t evidence_stride_ = 1;
    std::uint32_t evidence_offered_ = 0;
    base::Timestamp time_base_{};
    ExporterRhythm rhythm_;
    Totals totals_;

    // The detector's.
    std::vector<std::uint32_t> taken_dirty_;
    std::size_t taken_position_ = 0;
    std::vector<AsideRecord> taken_aside_;
    std::vector<EvidenceRecord> taken_evidence_;
    std::vector<HostlessCounts> taken_hostless_;
    base::Timestamp taken_time_base_{};
    std::vector<DrainedSlot> chunk_;
};

}  // namespace sluice::detection
