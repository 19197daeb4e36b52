#include "dataplane/engine.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "dataplane/firewall_reporter.hpp"
#include "dataplane/outbound/attacker_list.hpp"
#include "dataplane/pipeline.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/report.hpp"
#include "dataplane/scrub/anomaly/anomaly_stage.hpp"
#include "dataplane/splice/repeater.hpp"
#include "model/attack_vector.hpp"
#include "packet/parser.hpp"
#include "packet/vxlan.hpp"

namespace sluice::dataplane {

struct Engine::Impl {
    Impl(const Config& config, base::Random& random)
        : topology(topology_of(config)),
          compiler({config.max_targets, config.max_tenant_filters, config.workers, config.max_firewalls},
                   random, topology),
          program(std::make_unique<Program>()) {
        WorkerLimits limits{
            .slots = config.max_targets,
            .sources = config.max_sources,
            .destinations = config.max_sources / 4 + 1,
            .flows = config.max_flows,
            .tenants = config.max_firewalls,
            .fragmented = std::min(config.max_flows, 4096U),
            .workers = config.workers,
            .watches = static_cast<std::uint32_t>(std::min<std::size_t>(config.max_targets, 128))};
        if (config.workers > 1)
            limits.shared = std::make_shared<SharedTenants>(limits.tenants, limits.workers);
        const Secrets secrets = Secrets::from(random);
        for (std::size_t i = 0; i < config.workers; ++i)
            workers.push_back(std::make_unique<WorkerState>(limits, secrets, i));
        handed.resize(config.workers);
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
        const auto since = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (latest - first).count()));
        for (auto& worker : workers) worker->set_time(start_ns + since);
    }

    void copy(std::span<const std::span<const std::uint8_t>> all);
    // Frames by their numbers, at most a burst; what belongs to another worker waits in `handed`.
    using Counting = void (*)(WorkerState&, const Batch&);
    void judge(WorkerState& worker, LegIndex leg, std::span<const std::uint32_t> numbers,
               Counting count = count_batch);
    void spread(LegIndex leg, std::span<const std::uint32_t> numbers);
    [[nodiscard]] std::size_t receiver_of(const packet::Frame& frame) const;
    [[nodiscard]] Outcome outcome_of(WorkerState& worker, std::size_t i);
    [[nodiscard]] std::string_view rule_name(WorkerState& worker, std::size_t i, std::uint32_t rule);

    std::set<std::string, std::less<>> filter_names;  // of the anomaly stage, as outcomes show them

    static constexpr std::uint64_t start_ns = 3'600'000'000'000;

    Topology topology;
    ProgramCompiler compiler;
    scrub::Bogons bogons;
    std::unique_ptr<Program> program;
    std::vector<std::unique_ptr<WorkerState>> workers;
    FirewallReporter firewalls;  // what reports have told
    outbound::AttackerList attackers;
    Batch batch;
    std::vector<packet::Frame> frames;               // of this call, in the arena
    std::vector<std::vector<std::uint32_t>> handed;  // by worker: what others have for it
    std::uint64_t handed_over = 0;
    bool started = false;
    base::Timestamp first{};
    base::Timestamp latest{};
    std::vector<Outcome> outcomes;
    std::vector<std::uint8_t> arena;
    std::deque<std::vector<std::uint8_t>> extra;  // of the last process()
};

Engine::Engine(Config config, base::Random& random) : impl_(std::make_unique<Impl>(config, random)) {}
Engine::~Engine() = default;

base::Status Engine::load(std::span<const model::TenantProgram> programs, base::Timestamp now) {
    impl_->set_time(now);
    auto compiled = impl_->compiler.compile(programs, {impl_->latest, impl_->workers[0]->now_ns});
    if (!compiled) return std::unexpected(compiled.error());
    impl_->program = std::move(*compiled);
    for (auto& worker : impl_->workers) worker->adopt(*impl_->program);
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

std::string_view Engine::Impl::rule_name(WorkerState& worker, std::size_t i, std::uint32_t rule) {
    if (rule >= template_rules)
        return model::to_string(static_cast<model::AttackVector>(rule - template_rules));
    if (rule < anomaly_rules) return program->rules[rule];
    if (rule < firewall_rules)
        return *filter_names.insert(scrub::anomaly::name_of_filter(worker.watches, rule)).first;
    return batch.firewall.paths[i]->firewall->rule_names[rule - firewall_rules];
}

Outcome Engine::Impl::outcome_of(WorkerState& worker, std::size_t i) {
    Outcome outcome;
    outcome.verdict = batch.verdicts[i];
    outcome.reason = batch.reasons[i];
    const auto& resets = batch.resets;
    const bool resets_target = std::find(resets.begin(), resets.end(), i) != resets.end();
    if (outcome.verdict != model::Verdict::drop || resets_target) outcome.frame = batch.frames[i].bytes();
    const std::uint32_t rule = batch.rules[i];
    if (rule != no_rule) {
        outcome.rule = rule_name(worker, i, rule);
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

void Engine::Impl::copy(std::span<const std::span<const std::uint8_t>> all) {
    // What comes through a tunnel has its room without the tunnel's headers.
    const auto room = [](std::span<const std::uint8_t> frame) {
        return std::max<std::size_t>(frame.size(), packet::min_room + packet::vxlan_outer_ipv6);
    };
    std::size_t bytes = 0;
    for (const auto& frame : all) bytes += packet::min_headroom + room(frame);
    if (arena.size() < bytes) arena.resize(bytes);
    frames.resize(all.size());
    std::uint8_t* at = arena.data();
    for (std::size_t i = 0; i < all.size(); ++i) {
        frames[i].data = at + packet::min_headroom;
        frames[i].length = static_cast<std::uint32_t>(all[i].size());
        frames[i].room = static_cast<std::uint32_t>(room(all[i]));
        if (!all[i].empty()) std::memcpy(frames[i].data, all[i].data(), all[i].size());
        at += packet::min_headroom + room(all[i]);
    }
}

void Engine::Impl::judge(WorkerState& worker, LegIndex leg, std::span<const std::uint32_t> numbers,
                         Counting count) {
    batch.size = static_cast<std::uint32_t>(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) batch.frames[i] = frames[numbers[i]];
    run_pipeline(*program, bogons, topology, leg, worker, batch);
    count(worker, batch);
    worker.questions.count = 0;  // there is nobody to ask
    for (const std::uint8_t i : batch.handed) {
        frames[numbers[i]] = batch.frames[i];
        handed[batch.owners[i]].push_back(numbers[i]);
        ++handed_over;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if ((batch.away >> i & 1U) == 0) outcomes[numbers[i]] = outcome_of(worker, i);
    }
    for (const ExtraFrames::Extra& also : worker.extra.all()) {
        const auto bytes = also.frame.bytes();
        outcomes[numbers[also.cause]].also = extra.emplace_back(bytes.begin(), bytes.end());
    }
    worker.extra.clear();
}

// A card's hash over the addresses; what has none goes to the first worker.
std::size_t Engine::Impl::receiver_of(const packet::Frame& frame) const {
    const packet::Key key = packet::parse(frame.bytes());
    if (workers.size() == 1 || key.error != packet::ParseError::none) return 0;
    const WorkerState& any = *workers[0];
    std::uint64_t words[4];
    std::memcpy(words, key.source.bytes().data(), 16);
    std::memcpy(words + 2, key.destination.bytes().data(), 16);
    return base::siphash13(any.table_key, words[0], words[1], words[2], words[3]) % workers.size();
}

// A burst, as several workers receive it; each then takes what the others have for it.
void Engine::Impl::spread(LegIndex leg, std::span<const std::uint32_t> numbers) {
    std::vector<std::vector<std::uint32_t>> received(workers.size());
    for (const std::uint32_t number : numbers) received[receiver_of(frames[number])].push_back(number);
    for (std::size_t i = 0; i < workers.size(); ++i) {
        if (!received[i].empty()) judge(*workers[i], leg, received[i]);
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
        const std::vector<std::uint32_t> taken = std::exchange(handed[i], {});
        if (taken.empty()) continue;
        workers[i]->handed = true;
        judge(*workers[i], leg, taken);
        workers[i]->handed = false;
    }
}

std::span<const Outcome> Engine::process(base::Timestamp at,
                                         std::span<const std::span<const std::uint8_t>> frames, Side side) {
    Impl& impl = *impl_;
    impl.set_time(at);
    impl.extra.clear();
    if (impl.compiler.users().expire(impl.latest)) impl.compiler.users().forget();
    impl.copy(frames);
    impl.outcomes.assign(frames.size(), {});
    const LegIndex leg = side == Side::internet ? 0 : 1;
    std::array<std::uint32_t, packet::max_burst> numbers;
    for (std::size_t done = 0; done < frames.size(); done += numbers.size()) {
        const std::size_t count = std::min(frames.size() - done, numbers.size());
        std::iota(numbers.begin(), numbers.begin() + count, static_cast<std::uint32_t>(done));
        const std::span burst = std::span(numbers).first(count);
        if (impl.workers.size() == 1) {
            impl.judge(*impl.workers[0], leg, burst);
        } else {
            impl.spread(leg, burst);
        }
    }
    return impl.outcomes;
}

std::span<const Outcome> Engine::pass_time(base::Timestamp at) {
    Impl& impl = *impl_;
    impl.set_time(at);
    impl.extra.clear();
    impl.outcomes.clear();
    std::vector<std::vector<std::uint8_t>> asking;
    std::vector<std::size_t> asked{0};  // up to each worker
    for (auto& worker : impl.workers) {
        worker->flows.advance(worker->now_ns);
        splice::SilentFlows flows;
        while (worker->now_ns >= worker->syn_repeats.next_ns()) {
            const std::size_t count = splice::take_silent(*impl.program, *worker, flows);
            for (std::size_t n = 0; n < count; ++n) {
                asking.emplace_back(splice::longest_asking);
                packet::Frame frame{asking.back().data(), 0, splice::longest_asking, nullptr};
                splice::write_asking(*flows[n], frame);
                asking.back().resize(frame.length);
            }
        }
        asked.push_back(asking.size());
    }
    impl.copy(std::vector<std::span<const std::uint8_t>>(asking.begin(), asking.end()));
    impl.outcomes.resize(asking.size());
    for (std::size_t i = 0; i < impl.workers.size(); ++i) {
        std::vector<std::uint32_t> numbers(asked[i + 1] - asked[i]);
        std::iota(numbers.begin(), numbers.end(), static_cast<std::uint32_t>(asked[i]));
        for (std::size_t done = 0; done < numbers.size(); done += packet::max_burst) {
            const std::size_t count = std::min(numbers.size() - done, packet::max_burst);
            impl.judge(*impl.workers[i], impl.topology.to_internet.leg,
                       std::span(numbers).subspan(done, count), splice::count_repeats);
        }
    }
    return impl.outcomes;
}

model::GatewayReport Engine::report() const {
    model::GatewayReport report;
    report.started_at = impl_->first;
    report.at = impl_->latest;
    std::vector<const WorkerCounts*> counts;
    std::vector<const flow::FlowTable*> flows;
    for (const auto& worker : impl_->workers) {
        counts.push_back(&worker->counts);
        flows.push_back(&worker->flows);
    }
    add_counts(*impl_->program, counts, report);
    impl_->firewalls.add(*impl_->program, flows, report.at, report);
    for (std::size_t i = 0; i < impl_->workers.size(); ++i)
        impl_->attackers.take(i, impl_->workers[i]->attackers);
    impl_->attackers.add(*impl_->program, {impl_->latest, impl_->workers[0]->now_ns}, report);
    return report;
}

std::uint64_t Engine::handed_over() const {
    return impl_->handed_over;
}

}  // namespace sluice::dataplane
