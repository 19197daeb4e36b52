// What the guard's anomaly and protocol stages cost, and what filters and limits that few ask for: bursts of
// 32 packets of 1,000 sources to one target through the whole pass, with the checks off and on. The frames
// are written anew for each burst; `frames` is that alone, and stands in every other figure.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/pipeline.hpp"
#include "dataplane/program_compiler.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane {
namespace {

constexpr std::size_t source_count = 1'000;
constexpr const char* query = "12340100000100000000000003777777076578616d706c65036e65740000010001";

struct World {
    World(const model::ScrubProfile& profile, const std::string& kind, const std::string& rest,
          const std::vector<model::PacketFilter>& filters = {})
        : compiler({.slots = 64}, random),
          state({.slots = 64,
                 .sources = 65'536,
                 .destinations = 64,
                 .flows = 64,
                 .tenants = 4,
                 .fragmented = 64},
                Secrets::from(random)) {
        model::TenantProgram tenant;
        tenant.tenant = model::TenantId(1);
        tenant.prefixes = {net::Prefix::parse("203.0.113.0/24").value()};
        tenant.targets = {{net::Prefix::parse("203.0.113.9").value(), model::MitigationId(1), profile}};
        tenant.filters = filters;
        if (!filters.empty()) compiler.set_attributes(table_of_countries());
        program = compiler.compile(std::vector{tenant}, {}).value();
        state.adopt(*program);
        for (std::size_t n = 0; n < source_count; ++n) {
            const std::string from = "198.18." + std::to_string(n / 250) + "." + std::to_string(1 + n % 250);
            frames.push_back(
                packet::parse_packet_text(kind + " " + from + ":4242 > 203.0.113.9:" + rest).value());
        }
        memory.resize(packet::max_burst * slot_bytes);
    }

    void write_burst() {
        batch.size = packet::max_burst;
        for (std::size_t i = 0; i < packet::max_burst; ++i) {
            const auto& frame = frames[next];
            next = next + 1 == source_count ? 0 : next + 1;
            std::uint8_t* at = memory.data() + i * slot_bytes + packet::min_headroom;
            std::memcpy(at, frame.data(), frame.size());
            batch.frames[i] = {at, static_cast<std::uint32_t>(frame.size()), 512, nullptr};
        }
    }
    void run_burst() {
        write_burst();
        now_ns += 3'200;  // ten million packets a second
        state.set_time(now_ns);
        run_pipeline(*program, bogons, topology, 0, state, batch);
        count_batch(state, batch);
    }

    // 300,000 prefixes, spread over the space.
    static attributes::Tables table_of_countries() {
        std::string text = "prefix,country\n";
        for (std::uint32_t n = 0; n < 300'000; ++n) {
            const auto prefix = net::Prefix::of(net::Address::v4(n * 14'293U), 24);
            text += prefix.to_string() + ",D" + static_cast<char>('A' + n % 26) + "\n";
        }
        return {
            std::make_shared<attributes::CountryTable>(attributes::read_countries(text, "countries").value()),
            nullptr};
    }

    static constexpr std::size_t slot_bytes = 1024;
    base::SeededRandom random{1};
    ProgramCompiler compiler;
    std::unique_ptr<Program> program;
    WorkerState state;
    scrub::Bogons bogons;
    Topology topology = Topology::plain(2);
    Batch batch;
    std::vector<std::vector<std::uint8_t>> frames;
    std::vector<std::uint8_t> memory;
    std::size_t next = 0;
    std::uint64_t now_ns = 3'600'000'000'000;
};

model::ScrubProfile with_anomaly() {
    model::ScrubProfile profile;
    profile.anomaly = {
        .heavy_sources = true, .odd_lengths = true, .repeated_payloads = true, .filter_for_s = 60};
    return profile;
}
model::ScrubProfile with_protocols() {
    model::ScrubProfile profile;
    profile.protocol = {.dns = true,
                        .http = true,
                        .tls = true,
                        .ntp = true,
                        .sip = true,
                        .slow = true,
                        .dns_queries_per_s = 1'000'000'000,
                        .http_requests_per_s = 1'000'000'000};
    return profile;
}

// Four of them, for other ports than the query's, and one more that may ask for more.
std::vector<model::PacketFilter> filters_and(std::uint16_t port, const model::PacketFilter& last) {
    std::vector<model::PacketFilter> out(5);
    out[4] = last;
    for (std::uint16_t n = 0; n < 5; ++n) {
        out[n].name = "filter-" + std::to_string(n);
        out[n].protocol = 17;
        out[n].destination_port_first = out[n].destination_port_last =
            static_cast<std::uint16_t>(n < 4 ? 7000 + n : port);
    }
    return out;
}
model::PacketFilter by_payload() {
    model::PacketFilter filter;
    filter.payload = {{12, {3, 'w', 'w', 'x'}, {}}};
    return filter;
}
model::PacketFilter by_country() {
    model::PacketFilter filter;
    filter.source_is.countries = {"NO"};
    return filter;
}
model::ScrubProfile with_limits(bool parts) {
    constexpr model::RateLimit wide{.packets_per_s = 1'000'000'000};
    model::ScrubProfile profile;
    profile.target_limit = wide;
    if (parts) profile.pair_limit = profile.service_limit = wide;
    return profile;
}

void run(benchmark::State& loop, World& world) {
    for (int n = 0; n < 2000; ++n) world.run_burst();
    for (auto _ : loop) world.run_burst();
    loop.SetItemsProcessed(static_cast<std::int64_t>(loop.iterations() * packet::max_burst));
}

void frames(benchmark::State& loop) {
    World world({}, "udp", std::string("53 data ") + query);
    for (auto _ : loop) {
        world.write_burst();
        benchmark::DoNotOptimize(world.memory.data());
        benchmark::ClobberMemory();
    }
    loop.SetItemsProcessed(static_cast<std::int64_t>(loop.iterations() * packet::max_burst));
}
void checks_off(benchmark::State& loop) {
    World world({}, "udp", std::string("53 data ") + query);
    run(loop, world);
}
// All have the same length and content: filters are made and drop everything.
void anomaly_drops(benchmark::State& loop) {
    World world(with_anomaly(), "udp", std::string("53 data ") + query);
    run(loop, world);
}
// TCP without payload is no oddity: everything is sampled, nothing is dropped.
void anomaly_passes(benchmark::State& loop) {
    World world(with_anomaly(), "tcp", "9 ack seq 7");
    run(loop, world);
}
void anomaly_off(benchmark::State& loop) {
    World world({}, "tcp", "9 ack seq 7");
    run(loop, world);
}
void query_passes(benchmark::State& loop) {
    World world(with_protocols(), "udp", std::string("53 data ") + query);
    run(loop, world);
}
void garbage_dropped(benchmark::State& loop) {
    World world(with_protocols(), "udp", "53 payload 33");
    run(loop, world);
}
void open_connection(benchmark::State& loop) {
    World world(with_protocols(), "tcp", "443 ack seq 7 payload 30");
    run(loop, world);
}
void other_port(benchmark::State& loop) {
    World world(with_protocols(), "tcp", "9 ack seq 7");
    run(loop, world);
}

void filters_plain(benchmark::State& loop) {
    World world({}, "udp", std::string("53 data ") + query, filters_and(7777, {}));
    run(loop, world);
}
// They ask for more, but of other ports.
void filters_more_elsewhere(benchmark::State& loop) {
    World world({}, "udp", std::string("53 data ") + query, filters_and(7777, by_payload()));
    run(loop, world);
}
void filters_payload(benchmark::State& loop) {
    World world({}, "udp", std::string("53 data ") + query, filters_and(53, by_payload()));
    run(loop, world);
}
void filters_country(benchmark::State& loop) {
    World world({}, "udp", std::string("53 data ") + query, filters_and(53, by_country()));
    run(loop, world);
}
void limits_target(benchmark::State& loop) {
    World world(with_limits(false), "udp", std::string("53 data ") + query);
    run(loop, world);
}
void limits_pair_and_service(benchmark::State& loop) {
    World world(with_limits(true), "udp", std::string("53 data ") + query);
    run(loop, world);
}

BENCHMARK(frames);
BENCHMARK(checks_off);
BENCHMARK(query_passes);
BENCHMARK(garbage_dropped);
BENCHMARK(anomaly_drops);
BENCHMARK(anomaly_off);
BENCHMARK(anomaly_passes);
BENCHMARK(other_port);
BENCHMARK(open_connection);
BENCHMARK(filters_plain);
BENCHMARK(filters_more_elsewhere);
BENCHMARK(filters_payload);
BENCHMARK(filters_country);
BENCHMARK(limits_target);
BENCHMARK(limits_pair_and_service);

}  // namespace
}  // namespace sluice::dataplane

BENCHMARK_MAIN();
