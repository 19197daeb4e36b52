#include "detection/ingest.hpp"

#include "detection/shard.hpp"

namespace sluice::detection {

Ingest::Ingest(std::unique_ptr<Shard> shard) : shard_(std::move(shard)) {}
Ingest::~Ingest() = default;

void Ingest::add(std::span<const model::FlowRecord> batch) {
    shard_->add(batch);
}

}  // namespace sluice::detection
