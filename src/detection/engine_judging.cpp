// The engine's second half: who is suspect, what their records show, and the findings' lives.
#include <algorithm>

#include "detection/attack_shape.hpp"
#include "detection/engine.hpp"

namespace sluice::detection {
namespace {

constexpr base::Duration watch_lasts = std::chrono::seconds(5);
constexpr base::Duration evidence_ages_each = std::chrono::milliseconds(250);
// What a record says of its own time is believed within these bounds.
constexpr base::Duration oldest_first_seen = std::chrono::minutes(10);
constexpr std::size_t most_hosts = 16;
// A conversation: so much of the traffic is TCP data of so few sources, and it is answered.
constexpr float conversation_share = 0.8F;
constexpr float answered_share = 0.02F;
// So long its records are looked at before it is called anything else.
constexpr base::Duration conversation_doubt = std::chrono::milliseconds(500);

bool far_below(const RuleSet& rules, Rate rate) {
    return rate.packets < suspicious_share * rules.least_packets_per_s &&
           rate.bytes < suspicious_share * rules.least_bytes_per_s;
}

}  // namespace

net::Prefix Detector::Engine::learning_place(const Subject& subject) const {
    return subject.scope == model::CountScope::tenant ? net::Prefix{}
                                                      : policy_->targets()[subject.index].prefix;
}

Detector::Engine::Standing Detector::Engine::standing_of(const Subject& subject) {
    const auto& tenants = policy_->tenants();
    if (subject.scope == model::CountScope::host) {
        Host& host = hosts_[subject.index];
        const Target& target = policy_->targets()[host.target];
        return {subject,
                policy_->host_rules(host.target, host.side()),
                tenants[target.tenant],
                net::Prefix::host(host.address),
                host.meter,
                hosts_.rates(host),
                host.watch,
                host.episode};
    }
    Aggregate& aggregate = aggregates_.of(subject);
    const std::uint32_t tenant =
        subject.scope == model::CountScope::tenant ? subject.index : policy_->targets()[subject.index].tenant;
    return {subject,         aggregates_.rules_of(subject), tenants[tenant], learning_place(subject),
            aggregate.meter, aggregate.unexplained(),       aggregate.watch, aggregate.episode};
}

// One or few established TCP connections that make up nearly all of the traffic and are answered: a speed
// test or a backup. Learned thresholds let them pass.
bool Detector::Engine::is_conversation(const Standing& standing) const {
    const Rate total = standing.rates.sum();
    const Rate data = standing.rates.sum(mask_of(TrafficClass::tcp_ack));
    if (data.packets < conversation_share * total.packets) return false;
    if (standing.watch == 0) return watches_.size() < config_.max_watches;  // not known yet
    const Watch& watch = watches_[standing.watch];
    const Evidence& evidence = watch.evidence;
    if (evidence.empty() || watch.exceeded_since == base::Instant{} ||
        ticked_last_ - watch.exceeded_since < conversation_doubt) {
        return true;
    }
    if (evidence.concentration() < conversation_share) return false;
    if (standing.subject.scope != model::CountScope::host) return true;
    const Host& host = hosts_[standing.subject.index];
    const auto other = host.side() == model::TrafficDirection::inbound ? model::TrafficDirection::outbound
                                                                       : model::TrafficDirection::inbound;
    const std::uint32_t answers = hosts_.find(host.address, other);
    // Where only one direction is exported, nobody knows.
    if (answers == HostBook::none) return true;
    const Rate answered = hosts_[answers].meter.rates().sum(mask_of(TrafficClass::tcp_ack));
    return answered.packets >= answered_share * data.packets;
}

Crossing Detector::Engine::judge_standing(Standing& standing, const TickTime& tick) {
    const LearnedHere learned(learning_, standing.tenant, standing.subject.scope, standing.subject.direction,
                              standing.target, tick.wall);
    const bool conversation = standing.rules.learns && is_conversation(standing);
    return judge(standing.rules,
                 {standing.rates, standing.meter.sampling(), filter_.time_constant_s(),
                  config_.sampling_confidence, conversation},
                 learned);
}

void Detector::Engine::keep_watch(Standing& standing, const Crossing& crossing, const TickTime& tick) {
    if (crossing.nearest < suspicious_share && standing.episode == 0) return;
    if (standing.watch == 0) {
        standing.watch = watches_.begin(standing.subject, tick.now);
        if (standing.watch == 0) return;
        if (standing.subject.scope == model::CountScope::host)
            hosts_.set_suspect(standing.subject.index, true);
        else
            watched_targets_changed_ = true;
    }
    Watch& watch = watches_[standing.watch];
    watch.wanted_last = tick.now;
    if (crossing.nearest < 1)
        watch.exceeded_since = {};
    else if (watch.exceeded_since == base::Instant{})
        watch.exceeded_since = tick.now;
    watch.classes = standing_out(standing.rates, standing.meter.usual());
    if (tick.now - watch.aged_last >= evidence_ages_each) {
        watch.evidence.age(tick.now - watch.aged_last);
        watch.aged_last = tick.now;
    }
}

void Detector::Engine::judge_hosts(const TickTime& tick) {
    for (const std::uint32_t index : to_judge_) judge_host(index, tick);
}

void Detector::Engine::judge_host(std::uint32_t index, const TickTime& tick) {
    Host& host = hosts_[index];
    if (host.episode != 0) return;  // advance_host_episodes
    const RuleSet& rules = policy_->host_rules(host.target, host.side());
    if (host.long_rates == 0 && host.watch == 0 && far_below(rules, host.meter.rates().sum())) {
        if (host.suspect != 0) hosts_.set_suspect(index, false);
        host.meter.learn_usual(tick, host.meter.rates());
        return;
    }
    host.meter.advance(tick, filter_);
    Standing standing = standing_of({model::CountScope::host, host.side(), index});
    const Crossing crossing = judge_standing(standing, tick);
    keep_watch(standing, crossing, tick);
    if (host.suspect != 0 && host.watch == 0) hosts_.set_suspect(index, false);
    if (crossing.crossed())
        crossed_.push_back({standing.subject, crossing});
    else
        host.meter.learn_usual(tick, standing.rates);
}

void Detector::Engine::collect_evidence() {
    for (std::size_t s = 0; s < shards_.size(); ++s) {
        for (const EvidenceRecord& record : shards_[s]->evidence()) {
            if (const std::uint32_t host = hosts_.host_of(s, record.slot); host != HostBook::none) {
                offer_evidence(hosts_[host].watch, record);
            }
            std::uint32_t target = record.target;
            const std::uint32_t tenant = policy_->targets()[target].tenant;
            for (; target != Target::none; target = policy_->targets()[target].parent) {
                offer_evidence(aggregates_.target(target, record.direction).watch, record);
            }
            offer_evidence(aggregates_.tenant(tenant, record.direction).watch, record);
        }
    }
}

void Detector::Engine::offer_evidence(std::uint32_t number, const EvidenceRecord& record) {
    if (number == 0) return;
    Watch& watch = watches_[number];
    if ((watch.classes & (ClassMask{1} << record.traffic_class)) == 0) return;
    watch.evidence.add(record.record, record.weight);
}

EpisodeView Detector::Engine::view_of(const Standing& standing, const Crossing& crossing) const {
    return {crossing, standing.rates, standing.meter.usual(),
            standing.watch == 0 ? nullptr : &watches_[standing.watch]};
}

void Detector::Engine::open_episode(Standing& standing, const Crossing& crossing, const TickTime& tick) {
    EpisodeBook::Opening opening{standing.subject, standing.tenant.id, target_of(standing),
                                 std::chrono::milliseconds(standing.tenant.hold_down_ms),
                                 standing.meter.risen_at()};
    if (opening.first_seen_at > tick.wall || tick.wall - opening.first_seen_at > oldest_first_seen) {
        opening.first_seen_at = tick.wall - tick.length;
    }
    standing.episode =
        episodes_.open(opening, view_of(standing, crossing), tick, most_hit_hosts(standing.subject));
}

void Detector::Engine::open_episodes(const TickTime& tick) {
    for (const Pending& pending : crossed_) {
        Standing standing = standing_of(pending.subject);
        open_episode(standing, pending.crossing, tick);
    }
}

// True while the finding is open.
bool Detector::Engine::advance_episode(Standing& standing, const Crossing& crossing, const TickTime& tick) {
    const EpisodeView view = view_of(standing, crossing);
    const std::uint32_t number = standing.episode;
    if (episodes_.advance(number, view, tick)) {
        standing.episode = 0;
        return false;
    }
    if (episodes_.due(number, view, tick)) {
        episodes_.update(number, view, tick, most_hit_hosts(standing.subject));
    }
    return true;
}

void Detector::Engine::advance_host_episodes(const TickTime& tick) {
    aggregates_.clear_explained();
    episodes_.for_each([&](std::uint32_t, Episode& episode) {
        if (episode.subject.scope != model::CountScope::host) return;
        Host& host = hosts_[episode.subject.index];
        host.meter.advance(tick, filter_);
        Standing standing = standing_of(episode.subject);
        const Crossing crossing = judge_standing(standing, tick);
        keep_watch(standing, crossing, tick);
        if (episode.opened != tick.now && !advance_episode(standing, crossing, tick)) return;
        aggregates_.explain(host.target, host.direction, standing.rates, true);
    });
}

void Detector::Engine::judge_aggregates(const TickTime& tick) {
    aggregates_.for_each_active([&](const Subject& subject, Aggregate& aggregate) {
        const RuleSet& rules = aggregates_.rules_of(subject);
        const bool idle = aggregate.watch == 0 && aggregate.episode == 0 && aggregate.long_rates.empty();
        if (idle && (rules.rules.empty() || far_below(rules, aggregate.meter.rates().sum()))) {
            aggregate.meter.learn_usual(tick, aggregate.meter.rates());
            return;
        }
        Standing standing = standing_of(subject);
        const Crossing crossing = judge_standing(standing, tick);
        keep_watch(standing, crossing, tick);
        bool open = aggregate.episode != 0;
        if (open) {
            open = advance_episode(standing, crossing, tick);
        } else if (crossing.crossed()) {
            open_episode(standing, crossing, tick);
            open = aggregate.episode != 0;
        } else {
            aggregate.meter.learn_usual(tick, standing.rates);
        }
        if (open && subject.scope == model::CountScope::prefix) {
            aggregates_.explain(subject.index, static_cast<std::uint32_t>(subject.direction), standing.rates,
                                false);
        }
    });
}

// Of a tenant's finding: the widest prefix that most of the traffic goes to.
net::Prefix Detector::Engine::target_of(const Standing& standing) {
    if (standing.subject.scope != model::CountScope::tenant) return standing.target;
    net::Prefix target;
    float most = -1;
    for (const std::uint32_t index : standing.tenant.widest) {
        const auto direction = static_cast<std::uint32_t>(standing.subject.direction);
        const float packets = aggregates_.target(index, direction).unexplained().sum().packets;
        if (packets <= most) continue;
        most = packets;
        target = policy_->targets()[index].prefix;
    }
    return target;
}

std::vector<net::Prefix> Detector::Engine::most_hit_hosts(const Subject& subject) const {
    if (subject.scope == model::CountScope::host) return {};
    struct Hit {
        float packets;
        std::uint32_t index;
    };
    std::vector<Hit> hits;
    const auto& targets = policy_->targets();
    for (std::uint32_t i = 0; i < hosts_.made(); ++i) {
        const Host& host = hosts_[i];
        if (host.in_use == 0 || host.side() != subject.direction || host.episode != 0) continue;
        if (ticked_last_ - host.meter.updated() > std::chrono::seconds(2)) continue;
        const bool inside = subject.scope == model::CountScope::tenant
                                ? targets[host.target].tenant == subject.index
                                : targets[subject.index].prefix.contains(host.address);
        if (inside) hits.push_back({hosts_.rates(host).sum().packets, i});
    }
    const auto size = std::min(most_hosts, hits.size());
    std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(size), hits.end(),
                      [](const Hit& a, const Hit& b) { return a.packets > b.packets; });
    std::vector<net::Prefix> most;
    for (std::size_t i = 0; i < size; ++i) most.push_back(net::Prefix::host(hosts_[hits[i].index].address));
    return most;
}

void Detector::Engine::end_watch(std::uint32_t number) {
    const Subject subject = watches_[number].subject;
    standing_of(subject).watch = 0;
    if (subject.scope == model::CountScope::host)
        hosts_.set_suspect(subject.index, false);
    else
        watched_targets_changed_ = true;
    watches_.end(number);
}

void Detector::Engine::end_stale_watches(const TickTime& tick) {
    watches_.for_each([&](std::uint32_t number, const Watch& watch) {
        if (tick.now - watch.wanted_last > watch_lasts) end_watch(number);
    });
    if (!std::exchange(watched_targets_changed_, false)) return;
    std::vector<bool> watched(policy_->targets().size() * 2);
    const auto is_watched = [&](std::uint32_t target, std::uint32_t direction) {
        const std::uint32_t tenant = policy_->targets()[target].tenant;
        if (aggregates_.tenant(tenant, direction).watch != 0) return true;
        for (; target != Target::none; target = policy_->targets()[target].parent) {
            if (aggregates_.target(target, direction).watch != 0) return true;
        }
        return false;
    };
    for (std::uint32_t i = 0; i < watched.size(); ++i) watched[i] = is_watched(i / 2, i % 2);
    for (Shard* shard : shards_) shard->watch_targets(watched);
}

}  // namespace sluice::detection
