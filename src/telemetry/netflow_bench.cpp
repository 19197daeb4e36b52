// Nanoseconds a record of decoding alone, from a datagram in memory to the call of the sink.
#include <benchmark/benchmark.h>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/export_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::Bytes;
using testing::Message;
using testing::Writer;

class CountingSink final : public RecordSink {
  public:
    void on_records(std::span<const model::FlowRecord> records) override {
        for (const model::FlowRecord& record : records) bytes += record.bytes * record.sampling;
    }
    std::uint64_t bytes = 0;
};

// Decodes `first` once and then the datagram again and again, with its sequence number moving on.
void run(benchmark::State& bench, const Bytes& first, Bytes datagram, std::size_t records,
         std::size_t sequence_at, std::uint32_t step) {
    base::SeededRandom random(1);
    FlowDecoder decoder(DecoderConfig{}, {random});
    CountingSink sink;
    if (!first.empty()) decoder.decode(testing::datagram_of(first), sink);
    const Datagram input = testing::datagram_of(datagram);
    std::uint32_t sequence = step;
    for (auto _ : bench) {
        const std::uint32_t wire = __builtin_bswap32(sequence);
        std::memcpy(datagram.data() + sequence_at, &wire, sizeof(wire));
        sequence += step;
        decoder.decode(input, sink);
    }
    benchmark::DoNotOptimize(sink.bytes);
    const auto decoded = static_cast<double>(bench.iterations()) * static_cast<double>(records);
    if (decoder.statistics().records_total() < static_cast<std::uint64_t>(decoded)) {
        bench.SkipWithError("records were lost");
    }
    bench.counters["per_record"] =
        benchmark::Counter(decoded, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void netflow_v5(benchmark::State& bench) {
    Writer writer = testing::v5_header({.count = 30});
    for (std::uint8_t i = 0; i < 30; ++i) testing::add_v5_record(writer, i);
    run(bench, {}, writer.bytes(), 30, 16, 30);
}

Bytes usual_data(std::size_t records) {
    Writer data;
    for (std::uint32_t i = 0; i < records; ++i) testing::add_usual_record(data, 0xc6336400U + i);
    return data.bytes();
}

void netflow_v9(benchmark::State& bench) {
    run(bench, Message::v9(0, 1).templates(256, testing::usual_fields).bytes(),
        Message::v9(1, 1).set(256, usual_data(28)).bytes(), 28, 12, 1);
}

void ipfix(benchmark::State& bench) {
    run(bench, Message::ipfix(0, 1).templates(256, testing::usual_fields).bytes(),
        Message::ipfix(0, 1).set(256, usual_data(28)).bytes(), 28, 8, 28);
}

// As exporters with a sampler send it: each record names its sampler.
void netflow_v9_with_sampler(benchmark::State& bench) {
    const auto first =
        Message::v9(0, 1)
            .templates(256, {{8, 4}, {12, 4}, {2, 4}, {1, 4}, {7, 2}, {11, 2}, {4, 1}, {48, 1}})
            .options_templates(257, {{1, 4}}, {{48, 1}, {49, 1}, {50, 4}})
            .set(257, Writer().u32(0).u8(7).u8(2).u32(1000).bytes())
            .bytes();
    Writer data;
    for (std::uint32_t i = 0; i < 40; ++i) {
        data.address("192.0.2.1").u32(0xc6336400U + i).u32(1).u32(100).u16(1000).u16(443).u8(6).u8(7);
    }
    run(bench, first, Message::v9(1, 1).set(256, data.bytes()).bytes(), 40, 12, 1);
}

void ipfix_variable_length(benchmark::State& bench) {
    const auto first =
        Message::ipfix(0, 1)
            .templates(256, {{8, 4}, {12, 4}, {2, 8}, {1, 8}, {7, 2}, {11, 2}, {4, 1}, {82, 65535}})
            .bytes();
    Writer data;
    for (std::uint32_t i = 0; i < 28; ++i) {
        data.address("192.0.2.1")
            .u32(0xc6336400U + i)
            .u64(1)
            .u64(100)
            .u16(1000)
            .u16(443)
            .u8(6)
            .u8(8)
            .text("Gi0/0/12");
    }
    run(bench, first, Message::ipfix(0, 1).set(256, data.bytes()).bytes(), 28, 8, 28);
}

void sflow(benchmark::State& bench) {
    Writer datagram;
    datagram.u32(5).u32(1).address("10.0.0.1").u32(0).u32(0).u32(1000).u32(7);
    for (int i = 0; i < 7; ++i) {
        Writer header;
        header.zeros(12).u16(0x0800).u8(0x45).u8(0).u16(1000).u32(1).u8(64).u8(17).u16(0);
        header.address("192.0.2.1").address("198.51.100.1").u16(53).u16(1000).zeros(4).zeros(128 - 42);
        datagram.u32(1).u32(32 + 8 + 16 + 128).u32(1).u32(3).u32(1000).u32(1000).u32(0).u32(3).u32(4).u32(1);
        datagram.u32(1).u32(16 + 128).u32(1).u32(1018).u32(4).u32(128).append(header.bytes());
    }
    run(bench, {}, datagram.bytes(), 7, 16, 1);
}

BENCHMARK(netflow_v5);
BENCHMARK(netflow_v9);
BENCHMARK(netflow_v9_with_sampler);
BENCHMARK(ipfix);
BENCHMARK(ipfix_variable_length);
BENCHMARK(sflow);

}  // namespace
}  // namespace sluice::telemetry

BENCHMARK_MAIN();
