// What a large policy costs from its text to the programs: one tenant with 10,000 rules, many tenants
// with 50.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>

#include "policy/firewall_resolver.hpp"
#include "policy/policy_diff.hpp"
#include "policy/policy_reader.hpp"
#include "policy/rule_cover.hpp"

namespace sluice::policy {
namespace {

// A tenant with objects, groups and rules that name them; private addresses in a VLAN of its own.
void add_tenant(std::string& text, int number, int rules) {
    const int prefix = 0x0b000000 + number * 256;
    text += fmt::format(
        "  - slug: t{0}\n    prefixes: [{1}.{2}.{3}.0/24]\n    firewall:\n      zones: [inside, dmz]\n"
        "      attachments:\n"
        "        - {{name: hq, zone: inside, kind: qinq, vlan: {4}, inner_vlan: {5}, prefixes: "
        "[10.0.0.0/9]}}\n"
        "        - {{name: dmz, zone: dmz, kind: qinq, vlan: {4}, inner_vlan: {6}, prefixes: "
        "[10.128.0.0/9]}}\n"
        "      addresses:\n",
        number, prefix >> 24, prefix >> 16 & 255, prefix >> 8 & 255, number / 2000 + 1, number % 2000 * 2 + 1,
        number % 2000 * 2 + 2);
    const int objects = std::min(rules, 5'000);
    for (int i = 0; i < objects; ++i)
        text += fmt::format("        - {{name: server-{}, addresses: 10.{}.{}.{}}}\n", i, 128 + i / 62'500,
                            i / 250 % 250, i % 250 + 1);
    text += "      rules:\n";
    constexpr const char* services[] = {"https",    "[http, https]", "ssh",
                                        "tcp/8443", "[dns, ntp]",    "udp/5000-5010"};
    for (int i = 0; i < rules; ++i)
        text += fmt::format(
            "        - name: rule-{}\n          from: [inside]\n          to: dmz\n          source: "
            "10.{}.{}.0/24\n          destination: server-{}\n          service: {}\n          action: "
            "allow\n",
            i, i / 250 % 120, i % 250, i % objects, services[i % 6]);
    text += "      nat:\n        - {name: out, kind: source, from: [inside, dmz], to: internet, pool: " +
            fmt::format("{}.{}.{}.16/29", prefix >> 24, prefix >> 16 & 255, prefix >> 8 & 255) + "}\n";
}

std::string policy_of(int tenants, int rules) {
    std::string text = "tenants:\n";
    for (int i = 0; i < tenants; ++i) add_tenant(text, i, rules);
    return text;
}

std::vector<model::TenantPolicy> read(const std::string& text) {
    auto tenants = policy::read_policy(text, "bench.yaml");
    if (!tenants) {
        fmt::print(stderr, "{}\n", tenants.error().text());
        std::exit(1);
    }
    return std::move(*tenants);
}

void read_and_resolve(benchmark::State& state) {
    const std::string text = policy_of(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
    std::size_t rules = 0;
    for (auto _ : state) {
        rules = 0;
        for (const auto& tenant : read(text))
            rules += policy::resolve_firewall(*tenant.protection.firewall, {})->rules.size();
    }
    state.counters["bytes"] = static_cast<double>(text.size());
    state.counters["rules"] = static_cast<double>(rules);
}
BENCHMARK(read_and_resolve)
    ->Unit(benchmark::kMillisecond)
    ->Args({1, 50})
    ->Args({1, 10'000})
    ->Args({100, 50})
    ->MeasureProcessCPUTime();

// Once: 500,000 rules.
BENCHMARK(read_and_resolve)
    ->Name("read_and_resolve_all")
    ->Unit(benchmark::kMillisecond)
    ->Args({10'000, 50})
    ->Iterations(1);

void resolve(benchmark::State& state) {
    const auto tenants = read(policy_of(1, static_cast<int>(state.range(0))));
    for (auto _ : state)
        benchmark::DoNotOptimize(policy::resolve_firewall(*tenants[0].protection.firewall, {}));
}
BENCHMARK(resolve)->Unit(benchmark::kMillisecond)->Arg(50)->Arg(10'000);

void find_covered(benchmark::State& state) {
    const auto tenants = read(policy_of(1, static_cast<int>(state.range(0))));
    const auto program = policy::resolve_firewall(*tenants[0].protection.firewall, {}).value();
    for (auto _ : state) benchmark::DoNotOptimize(policy::covered_rules(program.rules));
}
BENCHMARK(find_covered)->Unit(benchmark::kMillisecond)->Arg(10'000);

void tell_differences(benchmark::State& state) {
    const auto before = read(policy_of(1, 10'000));
    auto after = before;
    after[0].protection.firewall->rules[5'000].service = {"tcp/1"};
    for (auto _ : state) benchmark::DoNotOptimize(policy::diff(before, after));
}
BENCHMARK(tell_differences)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice::policy

BENCHMARK_MAIN();
