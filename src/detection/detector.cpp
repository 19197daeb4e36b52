#include "detection/detector.hpp"

#include "detection/engine.hpp"

namespace sluice::detection {
namespace {

struct Bound {
    const char* name;
    std::uint32_t value;
    std::uint32_t least;
    std::uint32_t most;
};

}  // namespace

base::Status validate(const DetectorConfig& config) {
    const Bound bounds[] = {
        {"shards", config.shards, 1, 64},
        {"tick_ms", config.tick_ms, 10, 250},
        {"report_ms", config.report_ms, 100, 60'000},
        {"update_ms", config.update_ms, 200, 60'000},
        {"rate_ms", config.rate_ms, 100, 10'000},
        {"max_hosts", config.max_hosts, 64, 1U << 24U},
        {"host_idle_ms", config.host_idle_ms, 5'000, 3'600'000},
        {"max_long_flows", config.max_long_flows, 1, 1U << 26U},
        {"max_watches", config.max_watches, 1, 1U << 16U},
        {"max_open_findings", config.max_open_findings, 1, 1U << 16U},
        {"max_learned", config.max_learned, 1, 1U << 20U},
        {"learn_first_h", config.learn_first_h, 0, 168},
    };
    for (const Bound& bound : bounds) {
        if (bound.value >= bound.least && bound.value <= bound.most) continue;
        return base::fail(base::ErrorCode::invalid_argument,
                          std::to_string(bound.value) + " is out of bounds", bound.name,
                          "from " + std::to_string(bound.least) + " to " + std::to_string(bound.most));
    }
    if (config.name.empty()) {
        return base::fail(base::ErrorCode::invalid_argument, "the collector has no name", "name",
                          "give each collector its own");
    }
    if (!(config.sampling_confidence >= 0 && config.sampling_confidence <= 10)) {
        return base::fail(base::ErrorCode::invalid_argument, "out of bounds", "sampling_confidence",
                          "from 0 to 10");
    }
    return {};
}

Detector::Detector(DetectorConfig config, Dependencies dependencies)
    : engine_(std::make_unique<Engine>(std::move(config), dependencies)) {}
Detector::~Detector() = default;

base::Status Detector::start() {
    return engine_->start();
}
void Detector::stop() {
    engine_->stop();
}
Ingest& Detector::ingest(std::size_t index) {
    return engine_->ingest(index);
}
void Detector::tick() {
    engine_->tick();
}
void Detector::set_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version) {
    engine_->set_policies(std::move(policies), version);
}
std::vector<model::Finding> Detector::open_findings() const {
    return engine_->open_findings();
}
DetectorStats Detector::stats() const {
    return engine_->stats();
}
std::string Detector::save_baselines() const {
    return engine_->learning().save();
}
base::Status Detector::load_baselines(const std::string& text) {
    return engine_->learning().load(text);
}

}  // namespace sluice::detection
