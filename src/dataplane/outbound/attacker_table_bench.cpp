// What a new flow towards the internet costs more: of a host that opens few, and of one that is looked at
// closely.
//
// usage: attacker_table_bench [--benchmark_format=json]
#include <benchmark/benchmark.h>

#include "dataplane/outbound/attacker_table.hpp"

namespace sluice::dataplane::outbound {
namespace {

const Rules rules = Rules::from({.contain = model::OutboundAction::limit}, 1);

flow::Tuple tuple(std::uint32_t host, std::uint16_t port) {
    return {1, 6, net::Address::v4(0x0a000000 + host), port, net::Address::v4(0xc6336401), 443};
}

// 100,000 hosts in turn, some new flows a second each.
void of_many_hosts(benchmark::State& state) {
    AttackerTable table({1, 2});
    std::uint64_t now = 1'000'000'000;
    std::uint32_t n = 0;
    for (auto _ : state) {
        if (n % 32 == 0) (void)table.on_burst(now += 32 * 2'000);
        benchmark::DoNotOptimize(table.attempt(rules, model::TenantId(1), tuple(n % 100'000, 9), n));
        ++n;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
// Few hosts, each far above what is looked at.
void of_suspects(benchmark::State& state) {
    AttackerTable table({1, 2});
    std::uint64_t now = 1'000'000'000;
    std::uint32_t n = 0;
    for (auto _ : state) {
        if (n % 32 == 0) (void)table.on_burst(now += 32 * 2'000);
        benchmark::DoNotOptimize(table.attempt(rules, model::TenantId(1), tuple(n % 64, 9), n));
        ++n;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
void bursts(benchmark::State& state) {
    AttackerTable table({1, 2});
    std::uint64_t now = 1'000'000'000;
    for (auto _ : state) benchmark::DoNotOptimize(table.on_burst(now += 3'000));
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(of_many_hosts)->MinTime(0.2);
BENCHMARK(of_suspects)->MinTime(0.2);
BENCHMARK(bursts)->MinTime(0.2);

}  // namespace
}  // namespace sluice::dataplane::outbound

BENCHMARK_MAIN();
