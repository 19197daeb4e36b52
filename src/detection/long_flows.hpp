// Flows that last: a record that covers 60 s is no spike of one tick. Its mean rate is played for as long as
// the flow lasted, from the moment that it was reported; so the sum over many such flows is their true rate,
// whatever the order in which they are reported, and no sum ever exceeds the rates that the flows had.
//
// State: one entry a record, bounded; rates by player (host, target, tenant). One thread.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.hpp"
#include "detection/large_array.hpp"
#include "detection/meter.hpp"

namespace sluice::detection {

struct LongFlow {
    std::uint32_t host;  // LongFlows::none: only its target is known
    std::uint32_t target;
    std::uint16_t traffic_class;
    std::uint16_t direction;
    std::uint64_t packets;
    std::uint64_t bytes;
    std::uint32_t duration_ms;
};

// What the flows that are being played add up to, in whole thousandths so that it comes back to zero.
class LongRates {
  public:
    void change(unsigned traffic_class, std::int64_t milli_packets, std::int64_t milli_bytes, int flows);
    [[nodiscard]] bool empty() const { return flows_ == 0; }
    void add_to(Rates& rates) const;

  private:
    struct Milli {
        std::int64_t packets = 0;
        std::int64_t bytes = 0;
    };
    std::int64_t flows_ = 0;
    std::array<Milli, class_count> classes_{};
};

// Told what to add where; the owner of the players keeps their LongRates.
class LongFlowListener {
  public:
    virtual ~LongFlowListener() = default;
    // `sign` +1 when the flow begins to count, −1 when it ends.
    virtual void change(std::uint32_t host, std::uint32_t target, unsigned direction, unsigned traffic_class,
                        std::int64_t milli_packets, std::int64_t milli_bytes, int sign) = 0;
};

class LongFlows {
  public:
    static constexpr std::uint32_t none = 0xffffffff;
    static constexpr std::uint32_t longest_s = 60;  // a flow is played for no longer than this

    LongFlows(std::uint32_t capacity, LongFlowListener& listener);

    // False when there is no room; the caller counts it.
    [[nodiscard]] bool begin(const LongFlow& flow, base::Instant now);
    // Ends what has been played long enough.
    void advance(base::Instant now);
    // The targets change: suspend() takes every flow away from its players, resume() gives each to the target
    // that `target_of(host)` names, or ends it when that is none.
    void suspend();
    template <class TargetOf>
    void resume(TargetOf target_of) {
        for (std::uint32_t& head : wheel_) {
            std::uint32_t* link = &head;
            while (*link != none) {
                Entry& entry = entries_[*link];
                entry.target = entry.host == none ? none : target_of(entry.host);
                if (entry.target == none) {
                    drop(*link);
                } else {
                    tell(entry, +1);
                    link = &entry.next;
                }
            }
        }
    }

    [[nodiscard]] std::uint32_t size() const { return size_; }

  private:
    struct Entry {
        std::uint32_t next;
        std::uint32_t host;
        std::uint32_t target;
        std::uint16_t traffic_class;
        std::uint16_t direction;
        std::int64_t milli_packets;
        std::int64_t milli_bytes;
    };
    void end_slot(std::uint32_t& head);
    void tell(const Entry& entry, int sign);
    // Frees the entry that `link` leads to; `link` leads to the next one then.
    void drop(std::uint32_t& link);

    LongFlowListener& listener_;
    LargeArray<Entry> entries_;
    std::uint32_t made_ = 0;
    std::uint32_t free_ = none;
    std::uint32_t size_ = 0;
    // Quarter seconds; one more than the longest, so that no entry meets the slot that is being emptied.
    static constexpr std::uint32_t slots_per_s = 4;
    std::array<std::uint32_t, longest_s * slots_per_s + 2> wheel_;
    std::int64_t position_ = 0;  // quarter seconds since the clock's origin
};

}  // namespace sluice::detection
