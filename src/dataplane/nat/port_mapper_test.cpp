#include "dataplane/nat/port_mapper.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>
#include <utility>

namespace sluice::dataplane::nat {
namespace {

using model::NatBindingKind;

constexpr std::uint64_t second = 1'000'000'000;
const model::TenantId tenant{12};

net::Address inside(std::uint32_t host) {
    return net::Address::v4(0x0a000000U + host);
}

class Mapper : public testing::Test {
  protected:
    static PortMapper::Config small() {
        PortMapper::Config config;
        config.blocks = 4096;
        return config;
    }
    SourcePool pool_of(std::uint32_t addresses, PortRules rules = {}) {
        SourcePool pool;
        for (std::uint32_t i = 0; i < addresses; ++i) {
            pool.spaces.push_back(std::make_shared<PortSpace>(net::Address::v4(0xc0000200U + i), rules));
        }
        return pool;
    }

    BindingQueue events{1 << 16};
    base::SipKey key{1, 2};
    PortMapper mapper{0, small(), key, events};
    std::uint64_t now = 1000 * second;
};

TEST_F(Mapper, AHostKeepsOneAddressAndItsBlock) {
    const SourcePool pool = pool_of(4);
    std::set<net::Address> outside;
    std::set<std::uint16_t> ports;
    for (int i = 0; i < 200; ++i) {
        const auto mapping = mapper.take(pool, tenant, inside(1), now);
        ASSERT_TRUE(mapping.has_value());
        outside.insert(mapping->outside);
        EXPECT_TRUE(ports.insert(mapping->port).second) << "given twice";
        EXPECT_GE(mapping->port, 1024);
        EXPECT_EQ(pool.find(mapping->outside)->get()->owner_of(mapping->port),
                  std::optional<std::uint8_t>(0));
    }
    EXPECT_EQ(outside.size(), 1U);
    EXPECT_EQ(mapper.blocks_in_use(), 4U);  // 200 of 64
    EXPECT_EQ(mapper.counts().blocks_taken.value(), 4U);
}

TEST_F(Mapper, AllWorkersChooseTheSameAddress) {
    const SourcePool pool = pool_of(7);
    PortMapper other(1, small(), key, events);
    for (std::uint32_t host = 0; host < 100; ++host) {
        const auto mine = mapper.take(pool, tenant, inside(host), now);
        const auto theirs = other.take(pool, tenant, inside(host), now);
        EXPECT_EQ(mine->outside, theirs->outside);
        const PortSpace& space = **pool.find(mine->outside);
        EXPECT_EQ(space.owner_of(mine->port), std::optional<std::uint8_t>(0));
        EXPECT_EQ(space.owner_of(theirs->port), std::optional<std::uint8_t>(1));
    }
}

TEST_F(Mapper, AnEmptyBlockIsKeptAWhileThenRests) {
    const SourcePool pool = pool_of(1);
    const auto mapping = mapper.take(pool, tenant, inside(1), now);
    const PortSpace& space = *pool.spaces[0];
    mapper.give_back(mapping->block, mapping->port, now);
    now += 59 * second;
    mapper.expire(now, 4096);
    EXPECT_TRUE(space.owner_of(mapping->port).has_value());
    now += 2 * second;
    mapper.expire(now, 4096);
    EXPECT_FALSE(space.owner_of(mapping->port).has_value());
    EXPECT_EQ(mapper.blocks_in_use(), 0U);
    // Whoever asks in the next two minutes gets another one, even when all others are taken.
    std::uint32_t taken = 0;
    while (pool.spaces[0]->take(1, taken, coarse_time(now + 119 * second)).has_value()) ++taken;
    EXPECT_EQ(taken, 1007U);
    EXPECT_TRUE(pool.spaces[0]->take(1, 0, coarse_time(now + 121 * second)).has_value());
}

TEST_F(Mapper, TellsTheLogOfEveryBlock) {
    const SourcePool pool = pool_of(1);
    const auto mapping = mapper.take(pool, tenant, inside(1), now);
    mapper.give_back(mapping->block, mapping->port, now);
    mapper.expire(now + 100 * second, 4096);
    const auto taken = events.pop();
    ASSERT_TRUE(taken.has_value());
    EXPECT_EQ(taken->kind, NatBindingKind::block_taken);
    EXPECT_EQ(taken->inside, inside(1));
    EXPECT_EQ(taken->outside, mapping->outside);
    EXPECT_EQ(taken->tenant, tenant);
    EXPECT_LE(taken->first_port, mapping->port);
    EXPECT_GE(taken->last_port, mapping->port);
    EXPECT_EQ(taken->last_port - taken->first_port, 63);
    const auto released = events.pop();
    ASSERT_TRUE(released.has_value());
    EXPECT_EQ(released->kind, NatBindingKind::block_released);
    EXPECT_EQ(released->first_port, taken->first_port);
    EXPECT_EQ(released->at_ns, now + 100 * second);
    EXPECT_FALSE(events.pop().has_value());
}

TEST_F(Mapper, SaysWhyThereIsNoPort) {
    const SourcePool pool = pool_of(1);
    // One host has 64 blocks.
    for (int i = 0; i < 64 * 64; ++i) ASSERT_TRUE(mapper.take(pool, tenant, inside(1), now).has_value());
    EXPECT_FALSE(mapper.take(pool, tenant, inside(1), now).has_value());
    EXPECT_EQ(mapper.counts().subscriber_exhausted.value(), 1U);
    // The other hosts share the rest of the address.
    std::uint32_t hosts = 0;
    while (mapper.take(pool, tenant, inside(2 + hosts), now).has_value()) ++hosts;
    EXPECT_EQ(hosts, 1008U - 64);
    EXPECT_EQ(mapper.counts().pool_exhausted.value(), 1U);
    // Who has a block goes on within it.
    EXPECT_TRUE(mapper.take(pool, tenant, inside(2), now).has_value());
    EXPECT_FALSE(mapper.take(SourcePool{}, tenant, inside(1), now).has_value());
    PortMapper::Config tiny;
    tiny.blocks = 1;
    PortMapper full(1, tiny, key, events);
    const SourcePool other = pool_of(1);
    EXPECT_TRUE(full.take(other, tenant, inside(1), now).has_value());
    EXPECT_FALSE(full.take(other, tenant, inside(2), now).has_value());
    EXPECT_EQ(full.counts().table_full.value(), 1U);
}

TEST_F(Mapper, APortIsNotGivenAgainAtOnce) {
    const SourcePool pool = pool_of(1);
    std::set<std::uint16_t> ports;
    for (int i = 0; i < 64; ++i) {
        const auto mapping = mapper.take(pool, tenant, inside(1), now);
        ports.insert(mapping->port);
        mapper.give_back(mapping->block, mapping->port, now);
    }
    EXPECT_EQ(ports.size(), 64U);
    EXPECT_EQ(mapper.blocks_in_use(), 1U);
}

TEST_F(Mapper, AnAddressThatIsTakenBackGetsNoNewFlows) {
    const SourcePool before = pool_of(2);
    const auto old = mapper.take(before, tenant, inside(1), now);
    SourcePool after;
    for (const auto& space : before.spaces) {
        if (space->address() != old->outside) after.spaces.push_back(space);
    }
    const auto fresh = mapper.take(after, tenant, inside(1), now);
    ASSERT_TRUE(fresh.has_value());
    EXPECT_NE(fresh->outside, old->outside);
    mapper.give_back(old->block, old->port, now);  // its flow ends in peace
    mapper.expire(now + 100 * second, 4096);
    EXPECT_EQ(mapper.blocks_in_use(), 1U);
}

TEST_F(Mapper, AFullLogLosesAndCounts) {
    BindingQueue tiny(2);
    PortMapper talker(0, small(), key, tiny);
    const SourcePool pool = pool_of(1);
    for (std::uint32_t host = 0; host < 5; ++host) (void)talker.take(pool, tenant, inside(host), now);
    EXPECT_EQ(tiny.lost(), 3U);
    EXPECT_TRUE(tiny.pop().has_value());
}

// Two workers take and give back at random: a port never has two flows, and its owner is the one that has it.
TEST_F(Mapper, NoPortHasTwoFlowsWhateverHappens) {
    PortMapper other(1, small(), key, events);
    std::array<PortMapper*, 2> mappers{&mapper, &other};
    PortRules rules;
    rules.rest_s = 2;
    rules.ports_a_block = 64;
    const SourcePool pool = pool_of(2, rules);
    std::mt19937_64 random(3);
    struct Flow {
        std::size_t worker;
        PortMapping mapping;
    };
    std::vector<Flow> flows;
    std::set<std::pair<net::Address, std::uint16_t>> in_use;
    std::size_t refused = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::size_t worker = random() % 2;
        if (random() % 100 < (i / 20'000 % 2 == 0 ? 55U : 45U) || flows.empty()) {
            const auto mapping = mappers[worker]->take(pool, tenant, inside(random() % 400), now);
            if (!mapping) {
                ++refused;
                continue;
            }
            ASSERT_TRUE(in_use.emplace(mapping->outside, mapping->port).second) << "round " << i;
            ASSERT_EQ((*pool.find(mapping->outside))->owner_of(mapping->port),
                      std::optional<std::uint8_t>(static_cast<std::uint8_t>(worker)));
            flows.push_back({worker, *mapping});
        } else {
            std::swap(flows[random() % flows.size()], flows.back());
            const Flow& flow = flows.back();
            mappers[flow.worker]->give_back(flow.mapping.block, flow.mapping.port, now);
            in_use.erase({flow.mapping.outside, flow.mapping.port});
            flows.pop_back();
        }
        now += second / 50;
        mappers[worker]->expire(now, 16);
    }
    for (const Flow& flow : flows)
        mappers[flow.worker]->give_back(flow.mapping.block, flow.mapping.port, now);
    now += 1000 * second;
    for (PortMapper* each : mappers) each->expire(now, 4096);
    EXPECT_EQ(mapper.blocks_in_use() + other.blocks_in_use(), 0U);
    EXPECT_EQ(pool.spaces[0]->taken() + pool.spaces[1]->taken(), 0U);
}

// Workers that really run at once, and a log that reads beside them: each owns the ports that it gives out,
// and every block is told.
TEST(PortMapperThreads, ShareAnAddressAndTheLog) {
    SourcePool pool;
    pool.spaces.push_back(std::make_shared<PortSpace>(net::Address::v4(0xc0000201), PortRules{.rest_s = 1}));
    constexpr std::size_t workers = 3;
    std::vector<std::unique_ptr<BindingQueue>> queues;
    for (std::size_t i = 0; i < workers; ++i) queues.push_back(std::make_unique<BindingQueue>(1 << 16));
    std::array<std::uint64_t, workers> taken{};
    std::array<std::uint64_t, workers> strangers{};
    std::vector<std::thread> threads;
    for (std::uint8_t worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&, worker] {
            PortMapper::Config config;
            config.blocks = 512;
            config.idle_s = 1;
            PortMapper mapper(worker, config, {1, 2}, *queues[worker]);
            std::mt19937_64 random(worker);
            std::uint64_t now = 1000 * second;
            for (int round = 0; round < 20'000; ++round) {
                const auto mapping = mapper.take(pool, tenant, inside(random() % 200), now);
                if (mapping) {
                    strangers[worker] += pool.spaces[0]->owner_of(mapping->port) != worker ? 1U : 0U;
                    mapper.give_back(mapping->block, mapping->port, now);
                }
                now += second / 100;
                mapper.expire(now, 8);
            }
            mapper.expire(now + 10 * second, config.blocks);
            taken[worker] = mapper.counts().blocks_taken.value();
        });
    }
    // Every block that is told as taken is told as released in the end.
    std::array<std::uint64_t, workers> told{};
    std::int64_t open = 0;
    const auto read = [&] {
        for (std::size_t i = 0; i < workers; ++i) {
            while (const auto event = queues[i]->pop()) {
                const bool begins = event->kind == NatBindingKind::block_taken;
                told[i] += begins ? 1U : 0U;
                open += begins ? 1 : -1;
            }
        }
    };
    for (int i = 0; i < 100; ++i) read();
    for (std::thread& thread : threads) thread.join();
    read();
    EXPECT_EQ(told, taken);
    EXPECT_EQ(open, 0);
    EXPECT_EQ(strangers, (std::array<std::uint64_t, workers>{}));
    for (const auto& queue : queues) EXPECT_EQ(queue->lost(), 0U);
    EXPECT_EQ(pool.spaces[0]->taken(), 0U);
}

}  // namespace
}  // namespace sluice::dataplane::nat
