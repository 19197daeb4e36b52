#include "dataplane/engine.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>

#include "dataplane/firewall_reporter.hpp"
#include "dataplane/outbound/attacker_list.hpp"
#include "dataplane/pipeline.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/report.hpp"
#include "dataplane/scrub/anomaly/anomaly_stage.hpp"
#include "model/attack_vector.hpp"

namespace sluice::dataplane {

struct Engine::Impl {
    Impl(const Config& config, base::Random& random)
        : topology(topology_of(config)),
          compiler({config.max_targets, config.max_tenant_filters, 1, config.max_firewalls}, random,
                   topology),
          program(std::make_unique<Program>()),
          state({.slots = config.max_targets,
                 .sources = config.max_sources,
                 .destinations = config.max_sources / 4 + 1,
                 .flows = config.max_flows,
                 .tenants = config.max_firewalls,
                 .fragmented = std::min(config.max_flows, 4096U),
                 .watches = static_cast<std::uint32_t>(std::min<std::size_t>(config.max_targets, 128))},
                Secrets::from(random)) {
        program->filter_lists.push_back({});
    }

    // A leg to the internet and one to the customers; tags are changed, Ethernet addresses are nobody's.
    static Topology topology_of(const Config& config) {
        Topology out = Topology::plain(2);
        out.rewrite = out.to_internet.way.rewrite = true;
        for (Leg& leg : out.legs) leg.local = LocalResponder({}, config.addresses);
        return out;
    }

    // Wall time as the worker's clock: nanoseconds since the first moment that was seen, plus a start that
    // leaves room for a cookie of the epoch before.
    void set_time(base::Timestamp at) {
        if (!started) {
            started = true;
            first = at;
        }
        latest = std::max(latest, at);
        state.set_time(start_ns +
                       static_cast<std::uint64_t>(std::max<std::int64_t>(0, (latest - first).count())));
    }

    void process_burst(LegIndex leg, std::span<const std::span<const std::uint8_t>> frames, std::size_t done);
    [[nodiscard]] Outcome outcome_of(std::size_t i);
    [[nodiscard]] std::string_view rule_name(std::size_t i, std::uint32_t rule);

    std::set<std::string, std::less<>> filter_names;  // of the anomaly stage, as outcomes show them

    static constexpr std::uint64_t start_ns = 3'600'000'000'000;

    Topology topology;
    ProgramCompiler compiler;
    scrub::Bogons bogons;
    std::unique_ptr<Program> program;
    WorkerState state;
    FirewallReporter firewalls;  // what reports have told
    outbound::AttackerList attackers;
    Batch batch;
    bool started = false;
    base::Timestamp first{};
    base::Timestamp latest{};
    std::vector<Outcome> outcomes;
    std::vector<std::uint8_t> arena;
};

Engine::Engine(Config config, base::Random& random) : impl_(std::make_unique<Impl>(config, random)) {}
Engine::~Engine() = default;

base::Status Engine::load(std::span<const model::TenantProgram> programs, base::Timestamp now) {
    impl_->set_time(now);
    auto compiled = impl_->compiler.compile(programs, {impl_->latest, impl_->state.now_ns});
    if (!compiled) return std::unexpected(compiled.error());
    impl_->program = std::move(*compiled);
    impl_->state.adopt(*impl_->program);
    return {};
}

void Engine::bind_users(const model::UserBindingUpdate& update, base::Timestamp now) {
    impl_->set_time(now);
    impl_->compiler.users().apply(update, impl_->latest);
    impl_->compiler.users().forget();
}

void Engine::set_attributes(const attributes::Tables& tables) {
    impl_->compiler.set_attributes(tables);
}

std::string_view Engine::Impl::rule_name(std::size_t i, std::uint32_t rule) {
    if (rule >= template_rules)
        return model::to_string(static_cast<model::AttackVector>(rule - template_rules));
    if (rule < anomaly_rules) return program->rules[rule];
    if (rule < firewall_rules)
        return *filter_names.insert(scrub::anomaly::name_of_filter(state.watches, rule)).first;
    return batch.firewall.paths[i]->firewall->rule_names[rule - firewall_rules];
}

Outcome Engine::Impl::outcome_of(std::size_t i) {
    Outcome outcome;
    outcome.verdict = batch.verdicts[i];
    outcome.reason = batch.reasons[i];
    const auto& resets = batch.resets;
    const bool resets_target = std::find(resets.begin(), resets.end(), i) != resets.end();
    if (outcome.verdict != model::Verdict::drop || resets_target) outcome.frame = batch.frames[i].bytes();
    const std::uint32_t rule = batch.rules[i];
    if (rule != no_rule) {
        outcome.rule = rule_name(i, rule);
    }
    if (batch.targets[i] != nullptr) {
        const std::uint32_t slot = batch.targets[i]->slot;
        const auto owner = std::lower_bound(program->owners.begin(), program->owners.end(), slot,
                                            [](const SlotOwner& a, std::uint32_t b) { return a.slot < b; });
        outcome.tenant = owner->tenant;
        outcome.mitigation = owner->mitigation;
        outcome.target = owner->prefix;
        outcome.to = batch.legs[i] == topology.to_internet.leg ? Side::internet : Side::customers;
    }
    return outcome;
}

void Engine::Impl::process_burst(LegIndex leg, std::span<const std::span<const std::uint8_t>> frames,
                                 std::size_t done) {
    batch.size = static_cast<std::uint32_t>(frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        std::uint8_t* at = arena.data() + done;
        done += packet::min_headroom + std::max(frames[i].size(), packet::min_room);
        packet::Frame& frame = batch.frames[i];
        frame.data = at + packet::min_headroom;
        frame.length = static_cast<std::uint32_t>(frames[i].size());
        frame.room = static_cast<std::uint32_t>(std::max(frames[i].size(), packet::min_room));
        if (!frames[i].empty()) std::memcpy(frame.data, frames[i].data(), frames[i].size());
    }
    run_pipeline(*program, bogons, topology, leg, state, batch);
    count_batch(state, batch);
    state.questions.count = 0;  // there is nobody to ask
    for (std::size_t i = 0; i < frames.size(); ++i) outcomes.push_back(outcome_of(i));
}

std::span<const Outcome> Engine::process(base::Timestamp at,
                                         std::span<const std::span<const std::uint8_t>> frames, Side side) {
    Impl& impl = *impl_;
    impl.set_time(at);
    impl.outcomes.clear();
    if (impl.compiler.users().expire(impl.latest)) impl.compiler.users().forget();
    const auto space = [](std::span<const std::uint8_t> frame) {
        return packet::min_headroom + std::max(frame.size(), packet::min_room);
    };
    std::size_t bytes = 0;
    for (const auto& frame : frames) bytes += space(frame);
    if (impl.arena.size() < bytes) impl.arena.resize(bytes);
    std::size_t done = 0;
    while (!frames.empty()) {
        const auto burst = frames.first(std::min(frames.size(), packet::max_burst));
        impl.process_burst(side == Side::internet ? 0 : 1, burst, done);
        for (const auto& frame : burst) done += space(frame);
        frames = frames.subspan(burst.size());
    }
    return impl.outcomes;
}

model::GatewayReport Engine::report() const {
    model::GatewayReport report;
    report.started_at = impl_->first;
    report.at = impl_->latest;
    const WorkerCounts* counts = &impl_->state.counts;
    add_counts(*impl_->program, {&counts, 1}, report);
    const flow::FlowTable* flows = &impl_->state.flows;
    impl_->firewalls.add(*impl_->program, {&flows, 1}, report.at, report);
    impl_->attackers.take(0, impl_->state.attackers);
    impl_->attackers.add(*impl_->program, {impl_->latest, impl_->state.now_ns}, report);
    return report;
}

}  // namespace sluice::dataplane
