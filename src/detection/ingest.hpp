// The hot end of the detector: flow records in, counters out. One Ingest belongs to one receiver thread, so
// receivers share nothing; the detector merges them at its ticks.
//
// Cost: one hash, one index line and one or two counter lines a record and direction, in batches, prefetched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "model/flow_record.hpp"

namespace sluice::detection {

class Shard;

class Ingest {
  public:
    explicit Ingest(std::unique_ptr<Shard> shard);
    ~Ingest();

    // Counts a batch of any size; 16 to 256 records (a datagram's, or several) are cheapest. One caller at a
    // time. Takes the shard's lock once, which the detector holds for some microseconds a tick.
    void add(std::span<const model::FlowRecord> batch);

    [[nodiscard]] Shard& shard() { return *shard_; }

  private:
    std::unique_ptr<Shard> shard_;
};

}  // namespace sluice::detection
