// The records of one call to the sink; its memory is used again for the next.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "model/flow_record.hpp"
#include "telemetry/record_sink.hpp"

namespace sluice::telemetry {

class RecordBatch {
  public:
    // A NetFlow datagram holds up to 30 records; twice that stays within a first-level cache.
    static constexpr std::size_t capacity = 64;

    [[nodiscard]] std::size_t size() const { return size_; }

    // The next record, with whatever an earlier use left in it: the caller writes all of it.
    model::FlowRecord& next(RecordSink& sink) {
        if (size_ == capacity) flush(sink);
        return records_[size_++];
    }
    // Gives the record that next() gave last back.
    void drop_last() { --size_; }

    void flush(RecordSink& sink) {
        if (size_ == 0) return;
        sink.on_records(std::span<const model::FlowRecord>(records_.data(), size_));
        size_ = 0;
    }

  private:
    std::array<model::FlowRecord, capacity> records_;
    std::size_t size_ = 0;
};

}  // namespace sluice::telemetry
