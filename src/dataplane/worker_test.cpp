// The worker over ports in memory: what goes out where, what becomes of what does not fit, and programs that
// change while packets run.
#include "dataplane/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "dataplane/program_compiler.hpp"
#include "packet/memory_port.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane {
namespace {

constexpr Mac gateway_mac{0x02, 0x5c, 0, 0, 0, 0x99};
constexpr Mac router_mac{0x02, 0x5c, 0, 0, 0, 0x01};

model::TenantProgram tenant(std::uint64_t generation) {
    model::TenantProgram program;
    program.tenant = model::TenantId(1);
    program.generation = generation;
    program.prefixes = {net::Prefix::parse("203.0.113.0/24").value(),
                        net::Prefix::parse("2001:db8:3::/48").value()};
    return program;
}

struct Bench {
    Bench() : dirty(pool, 64), clean(pool, 64) { publish(tenant(1)); }

    void publish(const model::TenantProgram& program) {
        programs.publish(compiler.compile({&program, 1}, {clock.wall(), 0}).value());
    }
    void put_in(packet::MemoryPort& port, const char* text) {
        ASSERT_TRUE(port.put_in(packet::parse_packet_text(text).value())) << text;
    }
    static std::vector<std::string> texts(packet::MemoryPort& port) {
        std::vector<std::string> all;
        for (const auto& frame : port.take_out()) all.push_back(packet::describe_packet(frame));
        return all;
    }

    base::SeededRandom random{1};
    base::ManualClock clock;
    packet::BufferPool pool{256};
    packet::MemoryPort dirty;
    packet::MemoryPort clean;
    scrub::Bogons bogons;
    ProgramSwitch programs{1};
    ProgramCompiler compiler{{.slots = 64}, random};
    Topology topology = two_legs();
    Worker worker{0,
                  {.slots = 64, .sources = 64, .destinations = 64},
                  Secrets::from(random),
                  {{&dirty, &clean}, topology, programs, bogons, clock}};

    static Topology two_legs() {
        Topology out = Topology::plain(2);
        for (Leg& leg : out.legs) {
            leg.local = LocalResponder(
                gateway_mac, {*net::Address::parse("100.64.21.2"), *net::Address::parse("2001:db8:ff::2")});
        }
        out.to_customers.way = {
            .rewrite = true, .source = gateway_mac, .next_hop4 = router_mac, .next_hop6 = router_mac};
        return out;
    }
};

}  // namespace

TEST(Worker, SendsPassedFramesToTheNextHop) {
    Bench bench;
    bench.put_in(bench.dirty, "udp 198.18.0.5:1 > 203.0.113.9:53 payload 9");
    bench.put_in(bench.dirty, "udp [2001:db8:f::5]:1 > [2001:db8:3::9]:53 payload 9 vlan 7");
    bench.put_in(bench.dirty, "udp 198.18.0.5:1 > 192.0.2.1:53");
    EXPECT_EQ(bench.worker.run_once(), 3U);
    const auto out = bench.clean.take_out();
    ASSERT_EQ(out.size(), 2U);
    for (const auto& frame : out) {
        EXPECT_TRUE(std::equal(router_mac.begin(), router_mac.end(), frame.begin()));
        EXPECT_TRUE(std::equal(gateway_mac.begin(), gateway_mac.end(), frame.begin() + 6));
    }
    EXPECT_EQ(packet::describe_packet(out[0]), "udp 198.18.0.5:1 > 203.0.113.9:53 payload 9 ttl 63");
    EXPECT_EQ(packet::describe_packet(out[1]), "udp [2001:db8:f::5]:1 > [2001:db8:3::9]:53 payload 9 ttl 63")
        << "the dirty leg's tag goes no further";
    EXPECT_TRUE(bench.dirty.take_out().empty());
    EXPECT_EQ(bench.pool.free(), 256U) << "a buffer was lost";
}

// One burst in so many is timed, and stands for the others.
TEST(Worker, CountsWhatItsStagesSpend) {
    class TickingClock final : public base::Clock {
      public:
        [[nodiscard]] base::Timestamp wall() const override {
            return base::Timestamp(now().time_since_epoch());
        }
        [[nodiscard]] base::Instant now() const override {
            return base::Instant(std::chrono::hours(1) + base::Duration(100 * ++asked_));
        }

      private:
        mutable std::int64_t asked_ = 0;
    };
    Bench bench;
    const TickingClock clock;
    Worker worker(0, {.slots = 64, .sources = 64, .destinations = 64}, Secrets::from(bench.random),
                  {{&bench.dirty, &bench.clean}, bench.topology, bench.programs, bench.bogons, clock});
    const auto filtering_ns = [&] {
        std::uint64_t sum = 0;
        for (auto& target : worker.counts().targets)
            sum += target.spent[static_cast<std::size_t>(model::Stage::filter) - first_guard_stage].value();
        return sum;
    };
    for (std::uint32_t burst = 1; burst <= timed_bursts; ++burst) {
        ASSERT_EQ(filtering_ns(), 0U) << burst;
        bench.put_in(bench.dirty, "udp 198.18.0.5:1 > 203.0.113.9:53 payload 9");
        ASSERT_EQ(worker.run_once(), 1U);
        (void)bench.clean.take_out();
    }
    // Looking for the filters and comparing with them, 100 ns each by this clock.
    EXPECT_EQ(filtering_ns(), 200U * timed_bursts);
}

TEST(Worker, TagsFramesOfAVlanOnTheCleanLeg) {
    Bench bench;
    Topology topology = bench.topology;
    topology.to_customers.way.vlan = 42;
    Worker worker{0,
                  {.slots = 64, .sources = 64, .destinations = 64},
                  Secrets::from(bench.random),
                  {{&bench.dirty, &bench.clean}, topology, bench.programs, bench.bogons, bench.clock}};
    bench.put_in(bench.dirty, "udp 198.18.0.5:1 > 203.0.113.9:53 payload 9");
    EXPECT_EQ(worker.run_once(), 1U);
    EXPECT_EQ(Bench::texts(bench.clean),
              std::vector<std::string>{"udp 198.18.0.5:1 > 203.0.113.9:53 payload 9 ttl 63 vlan 42"});
}

TEST(Worker, CountsWhatTheOutputDoesNotTake) {
    Bench bench;
    for (int i = 0; i < 96; ++i) bench.put_in(bench.dirty, "udp 198.18.0.5:1 > 203.0.113.9:53");
    while (bench.worker.run_once() != 0) {
    }
    const TargetCounts& counts = bench.worker.counts().targets[0];
    EXPECT_EQ(bench.clean.take_out().size(), 64U);
    EXPECT_EQ(bench.worker.counts().states[0].passed.packets.value(), 64U);
    EXPECT_EQ(counts.reasons[static_cast<std::size_t>(model::DropReason::tx_full)].packets.value(), 32U);
    EXPECT_EQ(bench.pool.free(), 256U) << "a buffer was lost";
}

TEST(Worker, AnswersForItsOwnAddresses) {
    Bench bench;
    const std::vector<std::uint8_t> who_has{
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,   0,  0,  0, 1, 0x08, 0x06, 0, 1, 8, 0,   6,  4,  0,
        1,    2,    0,    0,    0,    0,    1, 100, 64, 21, 1, 0, 0,    0,    0, 0, 0, 100, 64, 21, 2};
    ASSERT_TRUE(bench.dirty.put_in(who_has));
    ASSERT_TRUE(bench.clean.put_in(who_has));
    bench.put_in(bench.dirty, "icmp 100.64.21.1 > 100.64.21.2 type 8 payload 8");
    bench.put_in(bench.clean, "icmpv6 2001:db8:ff::1 > 2001:db8:ff::2 type 128 payload 8");
    bench.put_in(bench.clean, "udp 100.64.21.1:1 > 100.64.21.2:53");
    bench.put_in(bench.clean, "udp 203.0.113.9:1 > 198.18.0.5:53");
    EXPECT_EQ(bench.worker.run_once(), 6U);
    const auto answers = bench.dirty.take_out();
    ASSERT_EQ(answers.size(), 2U);
    const std::vector<std::uint8_t> is_at{2,   0,  0,  0, 0, 1, 2, 0x5c, 0, 0,    0,   0x99, 0x08, 0x06,
                                          0,   1,  8,  0, 6, 4, 0, 2,    2, 0x5c, 0,   0,    0,    0x99,
                                          100, 64, 21, 2, 2, 0, 0, 0,    0, 1,    100, 64,   21,   1};
    EXPECT_EQ(answers[0], is_at);
    EXPECT_EQ(packet::describe_packet(answers[1]), "icmp 100.64.21.2 > 100.64.21.1 payload 8");
    EXPECT_EQ(Bench::texts(bench.clean).size(), 2U);
    EXPECT_EQ(bench.worker.counts().local.packets.value(), 4U);
    EXPECT_EQ(bench.worker.counts().ignored.packets.value(), 2U);
    EXPECT_EQ(bench.pool.free(), 256U) << "a buffer was lost";
}

// A packet sees one program or the other: with the one, UDP is dropped by the filter that the program's
// generation names; nothing is lost, however often programs change.
TEST(Worker, ProgramsChangeUnderLoadWithoutLosingAPacket) {
    Bench bench;
    auto first = tenant(1);
    first.targets.push_back({net::Prefix::parse("203.0.113.9").value(), model::MitigationId(1), {}});
    bench.publish(first);
    std::atomic<bool> stop{false};
    std::uint64_t sent = 0;
    std::uint64_t passed = 0;
    std::thread thread([&] {
        const auto frame = packet::parse_packet_text("udp 198.18.0.5:1 > 203.0.113.9:53").value();
        while (!stop.load()) {
            for (int i = 0; i < 32; ++i) sent += bench.dirty.put_in(frame) ? 1 : 0;
            (void)bench.worker.run_once();
            passed += bench.clean.take_out().size();
        }
        bench.worker.rest();
    });
    std::uint64_t generation = 1;
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < until) {
        auto program = tenant(++generation);
        if (generation % 2 == 0) {
            model::PacketFilter filter;
            filter.name = "generation-" + std::to_string(generation);
            filter.protocol = 17;
            program.filters.assign(1 + generation % 50, filter);
        }
        program.targets.push_back({net::Prefix::parse("203.0.113.9").value(), model::MitigationId(1), {}});
        program.targets[0].profile.drop_invalid = generation % 3 == 0;
        bench.publish(program);
    }
    stop = true;
    thread.join();
    EXPECT_GT(generation, 20U);
    EXPECT_GT(passed, 0U);
    EXPECT_LT(passed, sent) << "no program with a filter was ever in force";
    std::uint64_t filtered = 0;
    std::uint64_t counted = 0;
    for (const TargetCounts& counts : bench.worker.counts().targets) {
        filtered +=
            counts.reasons[static_cast<std::size_t>(model::DropReason::static_filter)].packets.value();
    }
    for (const TargetState& state : bench.worker.counts().states) counted += state.passed.packets.value();
    EXPECT_EQ(counted, passed);
    EXPECT_EQ(passed + filtered, sent) << "packets were lost, or dropped for another reason";
    EXPECT_EQ(bench.pool.free(), 256U) << "a buffer was lost";
    for (const auto& reason : bench.worker.counts().unattributed) EXPECT_EQ(reason.packets.value(), 0U);
}

}  // namespace sluice::dataplane
