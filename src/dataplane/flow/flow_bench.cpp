// What the flow table costs a packet, on one core, cold: tuple, hash, search, comparison, TCP state and
// windows, counters, time-out and sweep of packets of random flows, in bursts of 32; and what a flow's
// beginning and end cost. The making of the packets is measured alone and subtracted.
//
// usage: flow_bench [FLOWS] [RUNS]     prints "CASE RUN ns" for each run (ns a packet, or a flow), the median
// last
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/flow/packet_tuple.hpp"
#include "dataplane/flow/tcp_tracker.hpp"

namespace sluice::dataplane::flow {
namespace {

constexpr std::uint32_t tenants = 1000;
constexpr std::uint32_t burst = packet::max_burst;

// CPU time: what others do on the machine counts only by the caches that they empty.
double cpu_ns() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

struct Shape {
    bool ipv6 = false;
    bool translated = false;
};

// The tuple of flow `n`: all of it follows from the number.
Tuple tuple_for(std::uint32_t n, const Shape& shape) {
    const auto port = static_cast<std::uint16_t>(1024 + (n * 7919U & 0x7fffU));
    if (!shape.ipv6)
        return {n % tenants,
                6,
                net::Address::v4(0x0a000000U + n),
                port,
                net::Address::v4(0xc6336401U + (n & 0xffU)),
                443};
    std::uint8_t from[16] = {0x20, 0x01, 0x0d, 0xb8};
    std::uint8_t to[16] = {0x20, 0x01, 0x0d, 0xb8, 1};
    std::memcpy(from + 12, &n, 4);
    to[15] = static_cast<std::uint8_t>(n);
    return {n % tenants, 6, net::Address::v6_from(from), port, net::Address::v6_from(to), 443};
}
Tuple translation_for(std::uint32_t n) {
    Tuple out = tuple_for(n, {});
    out.source = net::Address::v4(0xcb007100U + (n >> 15U));
    out.source_port = static_cast<std::uint16_t>(1024 + (n & 0x7fffU));
    return out;
}

// One burst of TCP packets of random flows, as a parser leaves them.
class Packets {
  public:
    explicit Packets(const Shape& shape) : shape_(shape) {
        for (std::uint32_t i = 0; i < burst; ++i) {
            frames[i].data = bytes_[i].data();
            frames[i].length = 128;
            packet::Key& key = keys[i];
            key = {};
            key.protocol = 6;
            key.flags = packet::key_transport | (shape.ipv6 ? packet::key_ipv6 : 0);
            key.l3_offset = 14;
            key.l4_offset = shape.ipv6 ? 54 : 34;
            key.l3_length = shape.ipv6 ? 64 : 44;
            bytes_[i][key.l4_offset + 12U] = 0x50;
        }
    }
    void set(std::uint32_t i, std::uint32_t n, bool reply, std::uint8_t flags, std::uint32_t sequence,
             std::uint32_t acknowledged) {
        Tuple tuple = tuple_for(n, shape_);
        if (reply) tuple = (shape_.translated ? translation_for(n) : tuple).reversed();
        packet::Key& key = keys[i];
        key.source = tuple.source;
        key.destination = tuple.destination;
        key.source_port = tuple.source_port;
        key.destination_port = tuple.destination_port;
        key.tcp_flags = flags;
        tenant[i] = n % tenants;
        std::uint8_t* tcp = frames[i].data + key.l4_offset;
        sequence = __builtin_bswap32(sequence);
        acknowledged = __builtin_bswap32(acknowledged);
        std::memcpy(tcp + 4, &sequence, 4);
        std::memcpy(tcp + 8, &acknowledged, 4);
        tcp[14] = 0xff;
    }

    std::array<packet::Frame, burst> frames;
    std::array<packet::Key, burst> keys;
    std::array<TenantIndex, burst> tenant{};

  private:
    Shape shape_;
    std::array<std::array<std::uint8_t, 128>, burst> bytes_{};
};

struct World {
    World(std::uint32_t capacity, const Shape& of)
        : shape(of),
          packets(of),
          table(std::make_unique<FlowTable>(FlowTable::Config{.flows = capacity, .tenants = tenants},
                                            base::SipKey{1, 2})) {
        table->advance(time);
    }

    // The established path. 1 for each packet that passed.
    std::uint32_t process() {
        time += 3000;
        table->advance(time);
        lookups.clear();
        for (std::uint32_t i = 0; i < burst; ++i) {
            Tuple tuple;
            if (tuple_of(packets.tenant[i], packets.keys[i], packets.frames[i], tuple) == TupleKind::own)
                lookups.add(i, tuple, packets.keys[i].has(packet::key_ipv6));
        }
        table->fetch(lookups);
        std::uint32_t passed = 0;
        for (std::uint32_t i = 0; i < burst; ++i) {
            const Found found = table->find(lookups, i);
            if (found.flow == nullptr || found.flow->generation != generation) continue;
            const Step step =
                track(*found.flow, found.direction, packets.keys[i], packets.frames[i], times, table->now());
            passed += step == Step::pass ? 1U : 0U;
        }
        return passed;
    }
    void fill() {
        for (std::uint32_t i = 0; i < burst; ++i) {
            random ^= random << 13U;
            random ^= random >> 7U;
            random ^= random << 17U;
            const auto n = static_cast<std::uint32_t>((random & 0xffffffffU) * flows >> 32U);
            const bool reply = (random >> 63U) != 0;
            packets.set(i, n, reply, 0x10, reply ? 5001 : 1001, reply ? 1001 : 5001);
        }
    }
    bool open(std::uint32_t n) {
        NewFlow wanted;
        wanted.tuple = tuple_for(n, shape);
        wanted.translated = shape.translated;
        if (shape.translated) wanted.translation = translation_for(n);
        wanted.generation = generation;
        const Opened opened = table->open(wanted, times, quota);
        if (opened.flow == nullptr) return false;
        packets.set(0, n, false, 0x02, 1000, 0);
        return track(*opened.flow, Direction::original, packets.keys[0], packets.frames[0], times,
                     table->now()) == Step::pass;
    }
    bool establish(std::uint32_t n) {
        if (!open(n)) return false;
        const Found found = table->find(tuple_for(n, shape));
        packets.set(0, n, true, 0x12, 5000, 1001);
        bool good = track(*found.flow, Direction::reply, packets.keys[0], packets.frames[0], times,
                          table->now()) == Step::pass;
        packets.set(0, n, false, 0x10, 1001, 5001);
        good = good && track(*found.flow, Direction::original, packets.keys[0], packets.frames[0], times,
                             table->now()) == Step::pass;
        return good;
    }

    Shape shape;
    Packets packets;
    std::unique_ptr<FlowTable> table;
    FlowTimes times = FlowTimes::from({}, true);
    FlowQuota quota;
    FlowLookups lookups;
    std::uint32_t flows = 0;
    std::uint32_t generation = 3;
    std::uint64_t random = 88172645463325252ULL;
    std::uint64_t time = 1'000'000'000'000;
};

void print(const std::string& name, std::vector<double> runs) {
    for (std::size_t i = 0; i < runs.size(); ++i) std::printf("%s %zu %.1f\n", name.c_str(), i, runs[i]);
    std::sort(runs.begin(), runs.end());
    std::printf("%s median %.1f\n", name.c_str(), runs[runs.size() / 2]);
    std::fflush(stdout);
}

void measure_established(std::uint32_t flows, int runs, const Shape& shape, const std::string& name) {
    World world(flows, shape);
    for (std::uint32_t n = 0; n < flows; ++n) {
        if (world.establish(n)) continue;
        std::printf("%s: flow %u was refused\n", name.c_str(), n);
        return;
    }
    world.flows = flows;
    constexpr std::uint32_t bursts = 1U << 16U;
    std::vector<double> results;
    for (int run = 0; run < runs; ++run) {
        double begin = cpu_ns();
        for (std::uint32_t b = 0; b < bursts; ++b) world.fill();
        const double filling = cpu_ns() - begin;
        std::uint64_t passed = 0;
        begin = cpu_ns();
        for (std::uint32_t b = 0; b < bursts; ++b) {
            world.fill();
            passed += world.process();
        }
        const double all = cpu_ns() - begin;
        if (passed != static_cast<std::uint64_t>(bursts) * burst)
            std::printf("%s: only %lu passed\n", name.c_str(), passed);
        results.push_back((all - filling) / bursts / burst);
    }
    print(name, results);
    if (!shape.ipv6 && !shape.translated)
        std::printf("bytes-a-flow %.1f\n", static_cast<double>(world.table->bytes()) / flows);
}

// New flows into an empty table, their end by time, and new flows into a full one.
void measure_turnover(std::uint32_t flows, int runs) {
    std::vector<double> opening;
    std::vector<double> expiring;
    std::vector<double> evicting;
    World world(flows, {});
    for (int run = 0; run < runs; ++run) {
        double begin = cpu_ns();
        for (std::uint32_t n = 0; n < flows; ++n) (void)world.open(n * 2654435761U);
        opening.push_back((cpu_ns() - begin) / flows);
        begin = cpu_ns();
        for (std::uint32_t n = 0; n < flows; ++n) (void)world.open(0x1000000U + n * 2654435761U);
        evicting.push_back((cpu_ns() - begin) / flows);
        world.time += 40'000'000'000;
        begin = cpu_ns();
        while (world.table->counts().open.value() != 0) {
            world.time += 300'000;
            world.table->advance(world.time);
        }
        expiring.push_back((cpu_ns() - begin) / flows);
    }
    print("open", opening);
    print("expire", expiring);
    print("evict+open", evicting);
}

}  // namespace
}  // namespace sluice::dataplane::flow

int main(int argc, char** argv) {
    using namespace sluice::dataplane::flow;
    const std::uint32_t flows = argc > 1 ? static_cast<std::uint32_t>(std::atoi(argv[1])) : 1U << 20U;
    const int runs = argc > 2 ? std::atoi(argv[2]) : 5;
    measure_established(flows, runs, {}, "established-ipv4");
    measure_established(flows, runs, {.ipv6 = true}, "established-ipv6");
    measure_established(flows, runs, {.translated = true}, "translated-ipv4");
    measure_turnover(flows, runs);
    return 0;
}
