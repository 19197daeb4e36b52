// What a flow's first packet pays for its tenant's rules, how long a set takes to compile, and its memory.
//
//   classify/N        one set of N rules, 65,536 random questions of both families, the set in the cache
//   source_ports/N    the worst case: rules that differ in nothing but what vectors do not say
//   tenants/cold/N    10,000 sets of N rules, a random one for each question: the set is not in the cache
//   tenants/prefetched/N  the same, asked for a burst of 32 ahead
//   compile/N         model to set
//
// bytes: of one set. usage: rule_set_bench [--benchmark_format=json]
#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "dataplane/firewall/rule_set.hpp"

namespace sluice::dataplane::firewall {
namespace {

using Random = std::mt19937_64;

constexpr std::size_t question_count = 65'536;
constexpr std::size_t zone_count = 4;

std::uint32_t below(Random& random, std::uint32_t n) {
    return static_cast<std::uint32_t>(random() % n);
}

net::Address any_address(Random& random, bool ipv6) {
    if (!ipv6) return net::Address::v4(0x0a000000U | below(random, 1U << 20U));
    std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
    bytes[7] = static_cast<std::uint8_t>(below(random, 64));
    bytes[14] = static_cast<std::uint8_t>(below(random, 16));
    bytes[15] = static_cast<std::uint8_t>(random());
    return net::Address::v6_from(bytes.data());
}

// A fifth of the rules any address, a fifth networks, the rest subnets and hosts; most services one port.
void add_prefix(Random& random, bool ipv6, std::vector<net::Prefix>& list) {
    const std::uint32_t kind = below(random, 10);
    if (kind < 2) return;
    const unsigned length = kind < 4 ? (ipv6 ? 32 : 16) : kind < 7 ? (ipv6 ? 64 : 24) : (ipv6 ? 128 : 32);
    list.push_back(net::Prefix::of(any_address(random, ipv6), length));
}

model::FirewallRule any_rule(Random& random, std::size_t number) {
    const bool ipv6 = number % 2 == 1;
    model::FirewallRule rule;
    rule.name = "rule " + std::to_string(number);
    if (below(random, 2) == 0) rule.from.push_back(static_cast<model::ZoneIndex>(below(random, zone_count)));
    if (below(random, 2) == 0) rule.to.push_back(static_cast<model::ZoneIndex>(below(random, zone_count)));
    add_prefix(random, ipv6, rule.sources);
    add_prefix(random, ipv6, rule.destinations);
    // A rule for everything would end the set early.
    if (rule.sources.empty() && rule.destinations.empty()) {
        rule.destinations.push_back(net::Prefix::host(any_address(random, ipv6)));
    }
    model::ServiceMatch service;
    service.protocol = below(random, 3) == 0 ? 17 : 6;
    const std::uint32_t kind = below(random, 10);
    const auto first = static_cast<std::uint16_t>(kind < 8 ? below(random, 2000) : below(random, 60'000));
    if (kind >= 2) {
        service.destination_port = {first, static_cast<std::uint16_t>(kind < 8 ? first : first + 5000)};
    }
    rule.services.push_back(service);
    rule.action = model::RuleAction::allow;
    return rule;
}

model::FirewallProgram any_program(Random& random, std::size_t rules) {
    model::FirewallProgram program;
    program.zones.resize(zone_count);
    for (std::size_t i = 0; i < rules; ++i) program.rules.push_back(any_rule(random, i));
    return program;
}

std::vector<Question> any_questions(Random& random) {
    std::vector<Question> questions(question_count);
    for (std::size_t i = 0; i < questions.size(); ++i) {
        Question& question = questions[i];
        question.source = any_address(random, i % 2 == 1);
        question.destination = any_address(random, i % 2 == 1);
        question.source_port = static_cast<std::uint16_t>(random());
        question.destination_port = static_cast<std::uint16_t>(below(random, 2000));
        question.protocol = below(random, 3) == 0 ? 17 : 6;
        question.from = static_cast<model::ZoneIndex>(below(random, zone_count));
        question.to = static_cast<model::ZoneIndex>(below(random, zone_count));
    }
    return questions;
}

void report(benchmark::State& state, const RuleSet& set, std::uint64_t matched) {
    state.counters["bytes"] = static_cast<double>(set.bytes());
    state.counters["matched"] = static_cast<double>(matched) / static_cast<double>(state.iterations());
}

void ask(benchmark::State& state, const RuleSet& set, const std::vector<Question>& questions) {
    std::size_t next = 0;
    std::uint64_t matched = 0;
    for (auto _ : state) {
        matched += set.classify(questions[next]).rule != no_rule_matched ? 1U : 0U;
        next = (next + 1) % question_count;
    }
    report(state, set, matched);
}

void classify(benchmark::State& state) {
    Random random(1);
    const RuleSet set =
        RuleSet::compile(any_program(random, static_cast<std::size_t>(state.range(0)))).value();
    ask(state, set, any_questions(random));
}

void source_ports(benchmark::State& state) {
    Random random(2);
    model::FirewallProgram program;
    program.zones.resize(zone_count);
    for (std::uint16_t i = 0; i < state.range(0); ++i) {
        model::FirewallRule rule{.name = "one"};
        model::ServiceMatch service;
        service.protocol = 6;
        service.source_port = {i, i};
        rule.services.push_back(service);
        program.rules.push_back(rule);
    }
    auto questions = any_questions(random);
    for (Question& question : questions) {
        question.protocol = 6;
        question.source_port = 65'535;
    }
    ask(state, RuleSet::compile(program).value(), questions);
}

void tenants(benchmark::State& state, bool ahead) {
    constexpr std::size_t tenant_count = 10'000;
    constexpr std::size_t burst = 32;
    Random random(3);
    // Once for all runs: the library calls a benchmark several times.
    static const std::vector<RuleSet> sets = [&] {
        std::vector<RuleSet> made;
        for (std::size_t i = 0; i < tenant_count; ++i) {
            made.push_back(
                RuleSet::compile(any_program(random, static_cast<std::size_t>(state.range(0)))).value());
        }
        return made;
    }();
    const auto questions = any_questions(random);
    std::vector<std::uint32_t> order(question_count);
    for (auto& tenant : order) tenant = below(random, tenant_count);
    std::size_t next = 0;
    std::uint64_t matched = 0;
    for (auto _ : state) {
        if (ahead && next % burst == 0) {
            for (std::size_t i = next; i < next + burst; ++i) sets[order[i]].prefetch(questions[i]);
        }
        matched += sets[order[next]].classify(questions[next]).rule != no_rule_matched ? 1U : 0U;
        next = (next + 1) % question_count;
    }
    report(state, sets[0], matched);
}

void compile(benchmark::State& state) {
    Random random(4);
    const model::FirewallProgram program = any_program(random, static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(RuleSet::compile(program));
}

BENCHMARK(classify)->Arg(10)->Arg(50)->Arg(100)->Arg(1'000)->Arg(10'000);
BENCHMARK(source_ports)->Arg(1'000)->Arg(10'000);
BENCHMARK_CAPTURE(tenants, cold, false)->Arg(50);
BENCHMARK_CAPTURE(tenants, prefetched, true)->Arg(50);
BENCHMARK(compile)->Arg(10)->Arg(50)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sluice::dataplane::firewall

BENCHMARK_MAIN();
