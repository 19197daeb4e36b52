// Virtual time: floods, a table that is full, clocks that jump, storms of expiry.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "dataplane/flow/flow_world.hpp"

namespace sluice::dataplane::flow {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint32_t flood = 500'000;
#else
constexpr std::uint32_t flood = 10'000'000;
#endif

// TCP without bytes on a wire: one segment that is written over again.
class Tcp {
  public:
    Tcp() : packet_("tcp 10.0.0.1:4000 > 192.0.2.1:443 syn") {}

    static Tuple tuple(TenantIndex tenant, std::uint32_t client, std::uint16_t port = 4000) {
        return {tenant, 6, net::Address::v4(client), port, net::Address::v4(0xc0000201), 443};
    }
    Step send(FlowWorld& world, const Found& found, std::uint8_t flags, std::uint32_t sequence,
              std::uint32_t acknowledged) {
        packet_.key.tcp_flags = flags;
        put(4, sequence);
        put(8, acknowledged);
        packet_.put16(14, 8192);
        return track(*found.flow, found.direction, packet_.key, packet_.frame, world.times,
                     world.table.now());
    }
    Flow* open(FlowWorld& world, const Tuple& of, bool verified = false) {
        world.next.tuple = of;
        world.next.flags = verified ? flow_verified : 0;
        const Opened opened = world.table.open(world.next, world.times, world.quota);
        if (opened.flow != nullptr) (void)send(world, {opened.flow, Direction::original}, 0x02, 1000, 0);
        return opened.flow;
    }
    bool establish(FlowWorld& world, const Tuple& of, bool verified = false) {
        Flow* flow = open(world, of, verified);
        return flow != nullptr && send(world, {flow, Direction::reply}, 0x12, 5000, 1001) == Step::pass &&
               send(world, {flow, Direction::original}, 0x10, 1001, 5001) == Step::pass;
    }

  private:
    void put(std::size_t at, std::uint32_t value) {
        packet_.put16(at, static_cast<std::uint16_t>(value >> 16U));
        packet_.put16(at + 2, static_cast<std::uint16_t>(value));
    }
    TextPacket packet_;
};

std::size_t resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    long size = 0;
    long resident = 0;
    const int got = file == nullptr ? 0 : std::fscanf(file, "%ld %ld", &size, &resident);
    if (file != nullptr) std::fclose(file);
    return got == 2 ? static_cast<std::size_t>(resident) * 4096 : 0;
}

TEST(FlowFlood, TenMillionSourcesCostNoEstablishedFlow) {
    constexpr std::uint32_t established = 100'000;
    FlowWorld world({.flows = 1U << 18U, .tenants = 4});
    world.quota = {};
    Tcp tcp;
    for (std::uint32_t n = 0; n < established; ++n)
        ASSERT_TRUE(tcp.establish(world, Tcp::tuple(1, 0x0a000000 + n)));
    const std::size_t before = resident_bytes();
    std::uint32_t entered = 0;
    std::uint32_t verified = 0;
    for (std::uint32_t n = 0; n < flood; ++n) {
        if (n % 32 == 0) {
            world.now_ns += 3200;  // 10 million a second
            world.table.advance(world.now_ns);
        }
        const Tuple spoofed = Tcp::tuple(2, 0x40000000 + n);
        if (tcp.open(world, spoofed) != nullptr) ++entered;
        if (n % 1000 == 0 && tcp.establish(world, Tcp::tuple(2, 0x0b000000 + n), true)) ++verified;
        if (n % 64 == 0) {
            const Found found = world.table.find(Tcp::tuple(1, 0x0a000000 + n / 64 % established));
            ASSERT_NE(found.flow, nullptr) << n;
            ASSERT_EQ(tcp.send(world, found, 0x10, 1001, 5001), Step::pass);
        }
    }
    EXPECT_EQ(entered, flood) << "the newest get in, for a while";
    EXPECT_EQ(verified, flood / 1000) << "and new clients who are real";
    for (std::uint32_t n = 0; n < established; ++n) {
        const Found found = world.table.find(Tcp::tuple(1, 0x0a000000 + n).reversed());
        ASSERT_NE(found.flow, nullptr) << n;
        ASSERT_EQ(found.flow->state, FlowState::tcp_established);
    }
    for (std::uint32_t n = 0; n < flood; n += 1000)
        ASSERT_NE(world.table.find(Tcp::tuple(2, 0x0b000000 + n)).flow, nullptr) << n;
    EXPECT_LE(world.table.counts().open.value(), 1U << 18U);
    EXPECT_LT(resident_bytes(), before + (4U << 20U));
}

TEST(FlowFlood, AFullTableOfRealFlowsRefusesNewOnes) {
    FlowWorld world({.flows = 256, .tenants = 4});
    Tcp tcp;
    for (std::uint32_t n = 0; n < 256; ++n) ASSERT_TRUE(tcp.establish(world, Tcp::tuple(1, n)));
    EXPECT_EQ(tcp.open(world, Tcp::tuple(1, 7000)), nullptr);
    EXPECT_EQ(world.send("tcp 10.0.0.7:1 > 192.0.2.7:1 syn", 2), "flow-table-full");
    EXPECT_EQ(world.table.counts().refused_full.value(), 2U);
    // One closes: its place may be taken.
    const Found found = world.table.find(Tcp::tuple(1, 9));
    ASSERT_EQ(tcp.send(world, found, 0x04, 1001, 0), Step::pass);
    for (int i = 0; i < 16; ++i) world.wait(1);  // the sweep has seen it
    EXPECT_NE(tcp.open(world, Tcp::tuple(1, 7000)), nullptr);
    EXPECT_EQ(world.table.find(Tcp::tuple(1, 9)).flow, nullptr);
    // An unproved one makes room for the next; a verified one does not.
    EXPECT_NE(tcp.open(world, Tcp::tuple(1, 7001), true), nullptr);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(tcp.open(world, Tcp::tuple(1, 7002)), nullptr);
    EXPECT_NE(world.table.find(Tcp::tuple(1, 7001)).flow, nullptr);
}

TEST(FlowFlood, OfOneTenantMakesRoomInItsOwn) {
    FlowWorld world({.flows = 4096, .tenants = 4});
    Tcp tcp;
    // Half open, unproved, and honest.
    for (std::uint32_t n = 0; n < 100; ++n) ASSERT_NE(tcp.open(world, Tcp::tuple(1, n)), nullptr);
    for (std::uint32_t n = 0; n < 100'000; ++n) ASSERT_NE(tcp.open(world, Tcp::tuple(2, n)), nullptr);
    EXPECT_EQ(world.table.flows_of(1), 100U);
}

TEST(FlowFlood, AJumpOfTheClockEndsNothing) {
    FlowWorld world({.flows = 4096, .tenants = 4, .longest_step_s = 5});
    Tcp tcp;
    for (std::uint32_t n = 0; n < 1000; ++n) ASSERT_TRUE(tcp.establish(world, Tcp::tuple(1, n)));
    const auto all_there = [&] {
        for (std::uint32_t n = 0; n < 1000; ++n) {
            if (world.table.find(Tcp::tuple(1, n)).flow == nullptr) return false;
        }
        return true;
    };
    world.now_ns += 86'400'000'000'000;
    world.table.advance(world.now_ns);
    EXPECT_TRUE(all_there());
    world.now_ns -= 43'200'000'000'000;
    world.table.advance(world.now_ns);
    for (int i = 0; i < 1000; ++i) world.wait(0.01);
    EXPECT_TRUE(all_there());
    // And time still does its work: 7440 seconds later they are gone.
    for (int i = 0; i < 7440 * 2; ++i) world.wait(0.5);
    EXPECT_FALSE(all_there());
    for (int i = 0; i < 1000; ++i) world.wait(0.01);
    EXPECT_EQ(world.table.counts().open.value(), 0U);
}

TEST(FlowFlood, NoBurstPaysForAStormOfExpiry) {
    FlowWorld world({.flows = 1U << 16U, .tenants = 4});
    Tcp tcp;
    for (std::uint32_t n = 0; n < 1U << 16U; ++n) ASSERT_NE(tcp.open(world, Tcp::tuple(1, n)), nullptr);
    std::uint64_t open = world.table.counts().open.value();
    EXPECT_EQ(open, 1U << 16U);
    std::uint64_t most = 0;
    for (int i = 0; i < 20'000; ++i) {
        world.wait(i == 0 ? 60 : 0.001);
        most = std::max(most, open - world.table.counts().open.value());
        open = world.table.counts().open.value();
    }
    EXPECT_LE(most, 8U);
    EXPECT_EQ(open, 0U);
}

}  // namespace
}  // namespace sluice::dataplane::flow
