// What counting costs a record, and what a tick costs, over as many hosts as a benchmark exporter reports.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "base/random.hpp"
#include "detection/simulated_traffic.hpp"

namespace sluice::detection {
namespace {

// Records as a router sends them: random remote ends, destinations over `hosts` addresses, evenly over the
// prefixes.
std::vector<model::FlowRecord> records_to(std::uint32_t hosts, std::uint32_t prefixes,
                                          base::SeededRandom& random) {
    const std::uint32_t stride = std::max(1U, prefixes * 256 / hosts);
    std::vector<model::FlowRecord> records(1U << 16U);
    for (auto& record : records) {
        record.source =
            net::Address::v4(0x0b000000U + static_cast<std::uint32_t>(random.next() % 0xb0000000U));
        record.destination =
            net::Address::v4(0x0a000000U + static_cast<std::uint32_t>(random.next() % hosts) * stride);
        record.exporter = net::Address::v4(0x7f000001);
        record.packets = 1 + random.next() % 20;
        record.bytes = record.packets * 500;
        record.source_port = static_cast<std::uint16_t>(random.next());
        record.destination_port = 443;
        record.protocol = random.next() % 8 != 0 ? 6 : 17;
        record.tcp_flags = record.protocol == 6 ? 0x18 : 0;
        record.reported_by = model::FlowSource::netflow_v9;
        record.last_at = base::Timestamp(std::chrono::hours(24 * 365 * 50));
        record.first_at = record.last_at - milliseconds(900);
    }
    return records;
}

// Datagrams of 28 records; a tick after every `state.range(1)` records.
void count(benchmark::State& state) {
    base::ManualClock clock;
    base::SeededRandom random(1);
    Recorder recorder;
    Detector detector({}, {clock, random, recorder, recorder});
    const auto prefixes = static_cast<std::uint32_t>(state.range(2));
    auto wanted = policy(1, "10.0.0.0/24", {packets_threshold("flood", 4'000'000'000)});
    for (std::uint32_t i = 1; i < prefixes; ++i) {
        wanted.targets.push_back({net::Prefix::of(net::Address::v4(0x0a000000U + i * 256), 24), 0});
    }
    detector.set_policies({wanted}, 1);
    detector.tick();
    const auto records = records_to(static_cast<std::uint32_t>(state.range(0)), prefixes, random);
    const auto a_tick = static_cast<std::size_t>(state.range(1));
    std::size_t at = 0;
    std::size_t since_tick = 0;
    for (auto _ : state) {
        detector.ingest(0).add(std::span(records).subspan(at, 28));
        at = at + 56 > records.size() ? 0 : at + 28;
        since_tick += 28;
        if (a_tick != 0 && since_tick >= a_tick) {
            clock.advance(milliseconds(100));
            detector.tick();
            since_tick = 0;
        }
    }
    state.SetItemsProcessed(state.iterations() * 28);
    state.counters["ns_a_record"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * 28e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.counters["hosts"] = static_cast<double>(detector.stats().hosts);
}
BENCHMARK(count)
    ->ArgNames({"hosts", "records_a_tick", "prefixes"})
    ->Args({16'384, 0, 256})
    ->Args({16'384, 100'000, 256})
    ->Args({16'384, 400'000, 256})
    ->Args({65'536, 100'000, 256})
    ->Args({65'536, 100'000, 10'000})
    ->Args({1, 100'000, 1});

}  // namespace
}  // namespace sluice::detection

BENCHMARK_MAIN();
