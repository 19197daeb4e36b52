// Finds attacks in flow records: counters for hosts, prefixes and tenants in both directions, thresholds
// (absolute, of the line rate, learned by hour of the week), evidence, and findings with a beginning and an
// end.
//
// Threads: each Ingest is fed by one thread; tick() is called by one thread, either the detector's own
// (start/stop) or, in a replay or a test, whoever moves the clock. set_policies, open_findings, stats and the
// baseline calls may come from any thread. Sinks are called within tick().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "detection/finding_sink.hpp"
#include "detection/ingest.hpp"
#include "detection/report_sink.hpp"
#include "model/detection_policy.hpp"

namespace sluice::detection {

struct DetectorConfig {
    std::string name = "collector";  // in the keys of findings: unique among the collectors
    std::uint32_t shards = 1;        // Ingests, one a receiver thread
    std::uint32_t tick_ms = 100;     // 10 … 250
    std::uint32_t report_ms = 1000;  // between two reports
    std::uint32_t update_ms = 1000;  // between two updates of an open finding
    std::uint32_t rate_ms =
        600;  // time constant of a rate: a step to twice the limit crosses after 0.69 of it
    std::uint32_t max_hosts = 131'072;    // host and direction, a shard; 256 bytes each, used when touched
    std::uint32_t host_idle_ms = 60'000;  // a host without traffic is forgotten after this
    std::uint32_t max_long_flows =
        1 << 20;                       // records of long flows that are being spread over their duration
    std::uint32_t max_watches = 1024;  // targets that evidence is collected for
    std::uint32_t max_open_findings = 4096;
    std::uint32_t max_learned = 8192;  // baselines: targets × vectors
    std::uint32_t learn_first_h = 24;  // a learned threshold is silent this long after learning began
    double sampling_confidence = 2.5;  // standard errors of sampling by which an estimate must cross
};

[[nodiscard]] base::Status validate(const DetectorConfig& config);

struct DetectorStats {
    std::uint64_t records = 0;          // counted, in any direction
    std::uint64_t records_outside = 0;  // neither end in a configured prefix
    std::uint64_t hosts = 0;            // host and direction, known now
    std::uint64_t findings_open = 0;
    std::uint64_t findings_opened = 0;
    std::uint64_t policy_version = 0;
    std::uint64_t last_tick_us = 0;  // how long the last tick took
    // What a limit turned away, by reason.
    std::vector<std::pair<std::string, std::uint64_t>> losses;
};

class Detector {
  public:
    struct Dependencies {
        const base::Clock& clock;
        base::Random& random;
        FindingSink& findings;
        ReportSink& reports;
    };

    Detector(DetectorConfig config, Dependencies dependencies);
    ~Detector();

    // The detector's own thread calls tick() every tick_ms. Not for virtual time.
    [[nodiscard]] base::Status start();
    void stop();

    // index < config.shards
    [[nodiscard]] Ingest& ingest(std::size_t index);

    // Counts, judges, reports. In virtual time: advance the clock by tick_ms (or less), then call.
    void tick();

    // All tenants at once; replaces what was there. Comes into force at the next tick. Findings of targets
    // that are still covered live on, the others are closed.
    void set_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version);

    // The present state of each open finding: what a reconnecting link sends again.
    [[nodiscard]] std::vector<model::Finding> open_findings() const;
    [[nodiscard]] DetectorStats stats() const;

    // Learned baselines as JSON, for a BaselineStore; and back, before start().
    [[nodiscard]] std::string save_baselines() const;
    [[nodiscard]] base::Status load_baselines(const std::string& text);

  private:
    class Engine;
    std::unique_ptr<Engine> engine_;
};

}  // namespace sluice::detection
