#include "detection/engine.hpp"

#include <algorithm>

namespace sluice::detection {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t prefetch_ahead = 8;

std::vector<std::unique_ptr<Ingest>> make_ingests(const DetectorConfig& config,
                                                  const Detector::Dependencies& dependencies) {
    Shard::Config shard;
    shard.max_hosts = config.max_hosts;
    std::vector<std::unique_ptr<Ingest>> ingests;
    for (std::uint32_t i = 0; i < config.shards; ++i) {
        ingests.push_back(std::make_unique<Ingest>(
            std::make_unique<Shard>(shard, base::SipKey::from(dependencies.random), dependencies.clock)));
    }
    return ingests;
}

std::vector<Shard*> shards_of(const std::vector<std::unique_ptr<Ingest>>& ingests) {
    std::vector<Shard*> shards;
    for (const auto& ingest : ingests) shards.push_back(&ingest->shard());
    return shards;
}

}  // namespace

Detector::Engine::Engine(DetectorConfig config, Dependencies dependencies)
    : config_(std::move(config)),
      dependencies_(dependencies),
      filter_(milliseconds(config_.rate_ms)),
      started_(dependencies_.clock.wall()),
      ingests_(make_ingests(config_, dependencies_)),
      shards_(shards_of(ingests_)),
      policy_(CompiledPolicy::compile({}, 0)),
      hosts_(config_.max_hosts, base::SipKey::from(dependencies_.random), shards_),
      long_flows_(config_.max_long_flows, *this),
      watches_(config_.max_watches, base::SipKey::from(dependencies_.random)),
      episodes_({config_.name, config_.max_open_findings, milliseconds(config_.update_ms)},
                dependencies_.findings, started_),
      learning_(config_.max_learned, std::chrono::hours(config_.learn_first_h)) {
    aggregates_.set_policy(policy_);
    set_limits();
}

Detector::Engine::~Engine() {
    stop();
}

base::Status Detector::Engine::start() {
    if (thread_.joinable()) return base::fail(base::ErrorCode::conflict, "the detector runs already");
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
    return {};
}

void Detector::Engine::stop() {
    {
        const std::lock_guard lock(thread_mutex_);
        stopping_ = true;
    }
    thread_wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Detector::Engine::run() {
    const base::Duration interval = milliseconds(config_.tick_ms);
    base::Instant due = dependencies_.clock.now() + interval;
    std::unique_lock lock(thread_mutex_);
    for (;;) {
        const base::Instant now = dependencies_.clock.now();
        // After a standstill (a stopped virtual machine) ticks are not made up for.
        if (now - due > 10 * interval) due = now;
        if (thread_wake_.wait_for(lock, due - now, [this] { return stopping_; })) return;
        due += interval;
        lock.unlock();
        tick();
        lock.lock();
    }
}

TickTime Detector::Engine::begin_tick() {
    TickTime tick;
    tick.now = dependencies_.clock.now();
    tick.wall = dependencies_.clock.wall();
    tick.length = ticked_last_ == base::Instant{} ? base::Duration(milliseconds(config_.tick_ms))
                                                  : tick.now - ticked_last_;
    // Two ticks in one instant of virtual time.
    tick.length = std::max(tick.length, base::Duration(milliseconds(1)));
    tick.decay = filter_.decay(tick.length);
    tick.weight = filter_.weight(tick.length);
    if (ticked_last_ == base::Instant{}) reported_last_ = tick.now;
    ticked_last_ = tick.now;
    ++tick_number_;
    return tick;
}

void Detector::Engine::tick() {
    const TickTime tick = begin_tick();
    to_judge_.clear();
    crossed_.clear();
    long_flows_.advance(tick.now);
    collect(tick);
    aggregates_.finish_tick(tick, filter_);

    judge_hosts(tick);
    collect_evidence();
    open_episodes(tick);
    advance_host_episodes(tick);
    judge_aggregates(tick);
    end_stale_watches(tick);

    learn(tick);
    hosts_.sweep(tick.now, milliseconds(config_.host_idle_ms));
    swap_policy();
    report(tick);
    publish_stats(tick.now);
}

void Detector::Engine::collect(const TickTime& tick) {
    for (std::size_t s = 0; s < shards_.size(); ++s) {
        Shard& shard = *shards_[s];
        shard.begin_drain();
        for (auto slots = shard.next_slots(); !slots.empty(); slots = shard.next_slots()) {
            for (std::size_t i = 0; i < slots.size(); ++i) {
                if (i + prefetch_ahead < slots.size()) {
                    const DrainedSlot& ahead = slots[i + prefetch_ahead];
                    hosts_.prefetch(s, ahead.id);
                    aggregates_.prefetch(ahead.slot.target,
                                         (ahead.slot.flags & HostSlot::outbound) != 0 ? 1 : 0);
                }
                collect_slot(s, slots[i], shard.time_base(), tick);
            }
        }
        for (const AsideRecord& record : shard.aside()) collect_aside(s, record, tick);
        for (const auto& hostless : shard.hostless()) {
            aggregates_.count(hostless.target, hostless.direction, hostless.counts);
        }
    }
}

void Detector::Engine::mark_for_judging(std::uint32_t index) {
    Host& host = hosts_[index];
    if (host.judged == tick_number_) return;
    host.judged = tick_number_;
    to_judge_.push_back(index);
}

void Detector::Engine::collect_slot(std::size_t shard, const DrainedSlot& drained, base::Timestamp time_base,
                                    const TickTime& tick) {
    const HostSlot& slot = drained.slot;
    slot_counts_.clear();
    for_each_class(slot.touched,
                   [&](unsigned i) { slot_counts_.add(i, slot.counts[i].packets, slot.counts[i].bytes); });
    slot_counts_.add_circumstances(slot.unseen_packets, slot.gathered_packet_ms,
                                   time_base + milliseconds(slot.first_offset_ms));
    const auto direction = (slot.flags & HostSlot::outbound) != 0 ? model::TrafficDirection::outbound
                                                                  : model::TrafficDirection::inbound;
    aggregates_.count(slot.target, static_cast<std::uint32_t>(direction), slot_counts_);
    const std::uint32_t index = hosts_.resolve(shard, drained);
    if (index == HostBook::none) return;
    Host& host = hosts_[index];
    const HostLimits& limits = host_limits_[std::size_t{slot.target} * 2 + host.direction];
    host.meter.add(slot_counts_, tick, filter_, limits.notable);
    if ((slot.flags & HostSlot::watched) != 0) host.suspect = 1;
    // Most hosts are far below every limit.
    const Rate sum = host.meter.rates().sum();
    const bool quiet = (host.suspect | host.watch | host.episode | host.long_rates) == 0 &&
                       sum.packets < limits.suspicious.packets && sum.bytes < limits.suspicious.bytes;
    if (quiet)
        host.meter.learn_usual(tick, host.meter.rates());
    else
        mark_for_judging(index);
}

void Detector::Engine::collect_aside(std::size_t shard, const AsideRecord& record, const TickTime& tick) {
    const std::uint32_t index = hosts_.host_of(shard, record.slot);
    if (record.duration_ms != 0) {
        const LongFlow flow{index,          record.target, record.traffic_class, record.direction,
                            record.packets, record.bytes,  record.duration_ms};
        if (!long_flows_.begin(flow, tick.now)) ++long_flow_limit_;
    } else {
        slot_counts_.clear();
        slot_counts_.add(record.traffic_class, record.packets, record.bytes);
        slot_counts_.first_at = tick.wall;
        aggregates_.count(record.target, record.direction, slot_counts_);
        if (index != HostBook::none) hosts_[index].meter.add(slot_counts_, tick, filter_, Rate{});
    }
    if (index != HostBook::none) mark_for_judging(index);
}

void Detector::Engine::change(std::uint32_t host, std::uint32_t target, unsigned direction,
                              unsigned traffic_class, std::int64_t milli_packets, std::int64_t milli_bytes,
                              int sign) {
    aggregates_.change_long(target, direction, traffic_class, milli_packets, milli_bytes, sign);
    if (host == HostBook::none) return;
    LongRates& rates = hosts_.long_rates(hosts_[host]);
    rates.change(traffic_class, milli_packets, milli_bytes, sign);
    if (rates.empty()) hosts_.release_long_rates(hosts_[host]);
}

// Gives the shards the policy, and everybody the limits that it means for hosts.
void Detector::Engine::set_limits() {
    const double tick_s = config_.tick_ms * 1e-3;
    const auto in_a_tick = [tick_s](float rate) {
        const double count = std::max(1.0, rate * tick_s);
        return count >= 4e9 ? 0xffffffffU : static_cast<std::uint32_t>(count);
    };
    std::vector<Shard::Suspicion> suspicions(policy_->targets().size() * 2);
    host_limits_.resize(suspicions.size());
    for (std::uint32_t i = 0; i < suspicions.size(); ++i) {
        const auto& rules = policy_->host_rules(i / 2, static_cast<model::TrafficDirection>(i % 2));
        host_limits_[i] = {notable_rate(rules), suspicious_rate(rules)};
        suspicions[i].packets = in_a_tick(host_limits_[i].suspicious.packets);
        suspicions[i].bytes = in_a_tick(host_limits_[i].suspicious.bytes);
    }
    for (Shard* shard : shards_) shard->set_policy(policy_, suspicions);
}

void Detector::Engine::set_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version) {
    auto compiled = CompiledPolicy::compile(policies, version);
    const std::lock_guard lock(mutex_);
    next_policy_ = std::move(compiled);
}

void Detector::Engine::swap_policy() {
    std::shared_ptr<const CompiledPolicy> next;
    {
        const std::lock_guard lock(mutex_);
        next.swap(next_policy_);
    }
    if (next == nullptr) return;
    leave_policy(*next);
    long_flows_.suspend();
    aggregates_.set_policy(next);
    const auto old = std::exchange(policy_, std::move(next));
    set_limits();
    hosts_.retarget(*policy_);
    long_flows_.resume([this](std::uint32_t host) {
        const Host& found = hosts_[host];
        return found.in_use != 0 ? found.target : LongFlows::none;
    });
}

// Ends what the next policy does not know: findings of addresses that are nobody's any more, and watches,
// which begin anew where they are needed.
void Detector::Engine::leave_policy(const CompiledPolicy& next) {
    std::vector<std::uint32_t> over;
    episodes_.for_each([&](std::uint32_t number, Episode& episode) {
        const auto& finding = episode.finding;
        std::uint32_t index = Target::none;
        if (finding.scope == model::CountScope::tenant) {
            const auto found =
                std::find_if(next.tenants().begin(), next.tenants().end(),
                             [&](const TenantEntry& entry) { return entry.id == finding.tenant; });
            if (found != next.tenants().end())
                index = static_cast<std::uint32_t>(found - next.tenants().begin());
        } else {
            const std::uint32_t target = next.find(finding.target.address());
            const bool same =
                target != Target::none && next.tenants()[next.targets()[target].tenant].id == finding.tenant;
            const bool host = finding.scope == model::CountScope::host;
            if (same && host) index = episode.subject.index;
            if (same && !host) index = next.find_exactly(finding.target);
        }
        standing_of(episode.subject).episode = index == Target::none ? 0 : number;
        if (index == Target::none) over.push_back(number);
        episode.subject.index = index;
    });
    for (const std::uint32_t number : over) episodes_.close(number);
    watches_.for_each([this](std::uint32_t number, Watch&) { end_watch(number); });
}

void Detector::Engine::learn(const TickTime& tick) {
    if (!learning_.due(tick.wall)) return;
    const auto& tenants = policy_->tenants();
    aggregates_.for_each([&](const Subject& subject, Aggregate& aggregate) {
        const RuleSet& rules = aggregates_.rules_of(subject);
        if (!rules.learns) return;
        const std::uint32_t tenant = subject.scope == model::CountScope::tenant
                                         ? subject.index
                                         : policy_->targets()[subject.index].tenant;
        const bool quiet = aggregate.episode == 0 && aggregate.explained.mask == 0;
        learning_.sample(tenants[tenant], subject.scope, subject.direction, learning_place(subject), rules,
                         aggregate.rates(), quiet, tick.wall);
    });
    for (std::uint32_t i = 0; i < hosts_.made(); ++i) {
        const Host& host = hosts_[i];
        if (host.in_use == 0) continue;
        const RuleSet& rules = policy_->host_rules(host.target, host.side());
        if (!rules.learns) continue;
        hosts_[i].meter.advance(tick, filter_);
        learning_.sample(tenants[policy_->targets()[host.target].tenant], model::CountScope::host,
                         host.side(), net::Prefix::host(host.address), rules, hosts_.rates(host),
                         host.episode == 0, tick.wall);
    }
}

void Detector::Engine::report(const TickTime& tick) {
    const base::Duration interval = tick.now - reported_last_;
    if (interval < milliseconds(config_.report_ms)) return;
    reported_last_ = tick.now;
    publish_stats(tick.now);
    model::CollectorReport report;
    report.started_at = started_;
    report.at = tick.wall;
    report.policy_version = policy_->version();
    report.interval_ms =
        static_cast<std::uint32_t>(std::chrono::duration_cast<milliseconds>(interval).count());
    const DetectorStats now = stats();
    report.records = now.records;
    report.losses = now.losses;
    const double seconds = RateFilter::seconds(interval);
    aggregates_.for_each([&](const Subject& subject, Aggregate& aggregate) {
        if (subject.scope != model::CountScope::prefix || aggregate.reported_packets <= 0) return;
        const Target& target = policy_->targets()[subject.index];
        model::TrafficPoint point{policy_->tenants()[target.tenant].id, target.prefix, subject.direction, {}};
        point.rate.packets_per_s = static_cast<std::uint64_t>(aggregate.reported_packets / seconds + 0.5);
        point.rate.bits_per_s = static_cast<std::uint64_t>(aggregate.reported_bytes * 8 / seconds + 0.5);
        aggregate.reported_packets = aggregate.reported_bytes = 0;
        report.traffic.push_back(point);
    });
    dependencies_.reports.take(report);
}

void Detector::Engine::publish_stats(base::Instant began) {
    Shard::Totals sum;
    for (const Shard* shard : shards_) {
        const auto totals = shard->totals();
        sum.records += totals.records;
        sum.counted += totals.counted;
        sum.losses.host_table_full += totals.losses.host_table_full;
        sum.losses.aside_full += totals.losses.aside_full;
        sum.losses.policy_changed += totals.losses.policy_changed;
        sum.losses.evidence_skipped += totals.losses.evidence_skipped;
    }
    DetectorStats stats;
    stats.records = sum.counted;
    stats.records_outside = sum.records - sum.counted;
    stats.hosts = hosts_.size();
    stats.findings_open = episodes_.size();
    stats.findings_opened = episodes_.opened();
    stats.policy_version = policy_->version();
    stats.last_tick_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(dependencies_.clock.now() - began).count());
    stats.losses = {{"host_table_full", sum.losses.host_table_full + hosts_.full()},
                    {"long_flow_list_full", sum.losses.aside_full},
                    {"long_flow_limit", long_flow_limit_},
                    {"policy_changed", sum.losses.policy_changed},
                    {"evidence_skipped", sum.losses.evidence_skipped},
                    {"watch_limit", watches_.refused()},
                    {"finding_limit", episodes_.refused()},
                    {"baseline_limit", learning_.refused()},
                    {"policy_refused", policy_->refused()}};
    const std::lock_guard lock(mutex_);
    stats_ = std::move(stats);
}

DetectorStats Detector::Engine::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

}  // namespace sluice::detection
