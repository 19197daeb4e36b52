// The detector behind its public face: what happens in one tick, in order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "detection/aggregate_book.hpp"
#include "detection/compiled_policy.hpp"
#include "detection/detector.hpp"
#include "detection/episode_book.hpp"
#include "detection/host_book.hpp"
#include "detection/learning.hpp"
#include "detection/long_flows.hpp"
#include "detection/shard.hpp"
#include "detection/watch_book.hpp"

namespace sluice::detection {

class Detector::Engine final : private LongFlowListener {
  public:
    Engine(DetectorConfig config, Dependencies dependencies);
    ~Engine() override;

    [[nodiscard]] base::Status start();
    void stop();
    [[nodiscard]] Ingest& ingest(std::size_t index) { return *ingests_[index]; }
    void tick();
    void set_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version);
    [[nodiscard]] std::vector<model::Finding> open_findings() const { return episodes_.published(); }
    [[nodiscard]] DetectorStats stats() const;
    [[nodiscard]] Learning& learning() { return learning_; }

  private:
    // Everything of one subject that judging needs.
    struct Standing {
        Subject subject;
        const RuleSet& rules;
        const TenantEntry& tenant;
        net::Prefix target;
        Meter& meter;
        Rates rates;  // what counts against the rules
        std::uint32_t& watch;
        std::uint32_t& episode;
    };

    void run();
    [[nodiscard]] TickTime begin_tick();
    // What the shards counted goes to hosts and aggregates.
    void collect(const TickTime& tick);
    void collect_slot(std::size_t shard, const DrainedSlot& drained, base::Timestamp time_base,
                      const TickTime& tick);
    void collect_aside(std::size_t shard, const AsideRecord& record, const TickTime& tick);
    void mark_for_judging(std::uint32_t host);

    // Which subjects cross which rules; suspects get a watch.
    void judge_hosts(const TickTime& tick);
    void judge_host(std::uint32_t index, const TickTime& tick);
    void judge_aggregates(const TickTime& tick);
    [[nodiscard]] Crossing judge_standing(Standing& standing, const TickTime& tick);
    [[nodiscard]] bool is_conversation(const Standing& standing) const;
    void keep_watch(Standing& standing, const Crossing& crossing, const TickTime& tick);
    void open_episode(Standing& standing, const Crossing& crossing, const TickTime& tick);
    void end_watch(std::uint32_t number);

    // Then what their records show, and what has come of open findings.
    void collect_evidence();
    void offer_evidence(std::uint32_t watch, const EvidenceRecord& record);
    void open_episodes(const TickTime& tick);
    void advance_host_episodes(const TickTime& tick);
    [[nodiscard]] bool advance_episode(Standing& standing, const Crossing& crossing, const TickTime& tick);
    [[nodiscard]] EpisodeView view_of(const Standing& standing, const Crossing& crossing) const;
    [[nodiscard]] Standing standing_of(const Subject& subject);
    [[nodiscard]] net::Prefix target_of(const Standing& standing);
    [[nodiscard]] net::Prefix learning_place(const Subject& subject) const;
    [[nodiscard]] std::vector<net::Prefix> most_hit_hosts(const Subject& subject) const;
    void end_stale_watches(const TickTime& tick);

    void learn(const TickTime& tick);
    void report(const TickTime& tick);
    void swap_policy();
    void leave_policy(const CompiledPolicy& next);
    void publish_stats(base::Instant began);
    void set_limits();

    // LongFlowListener
    void change(std::uint32_t host, std::uint32_t target, unsigned direction, unsigned traffic_class,
                std::int64_t milli_packets, std::int64_t milli_bytes, int sign) override;

    const DetectorConfig config_;
    Dependencies dependencies_;
    const RateFilter filter_;
    const base::Timestamp started_;
    std::vector<std::unique_ptr<Ingest>> ingests_;
    std::vector<Shard*> shards_;
    std::shared_ptr<const CompiledPolicy> policy_;
    // By target and direction: below which rates a host needs no look.
    struct HostLimits {
        Rate notable;
        Rate suspicious;
    };
    std::vector<HostLimits> host_limits_;
    HostBook hosts_;
    AggregateBook aggregates_;
    LongFlows long_flows_;
    WatchBook watches_;
    EpisodeBook episodes_;
    Learning learning_;

    std::uint32_t tick_number_ = 0;
    base::Instant ticked_last_{};
    base::Instant reported_last_{};
    TrafficCounts slot_counts_;  // of the slot that is being collected
    std::vector<std::uint32_t> to_judge_;
    struct Pending {
        Subject subject;
        Crossing crossing;
    };
    std::vector<Pending> crossed_;
    std::uint64_t long_flow_limit_ = 0;
    bool watched_targets_changed_ = false;

    mutable std::mutex mutex_;
    std::shared_ptr<const CompiledPolicy> next_policy_;
    DetectorStats stats_;

    std::mutex thread_mutex_;
    std::condition_variable thread_wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sluice::detection
