// The flow table against a plain model: a std::map from each tuple that finds a flow to what it finds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <tuple>

#include "dataplane/flow/flow_world.hpp"

namespace sluice::dataplane::flow {
namespace {

using Words = std::array<std::uint64_t, 5>;
Words key_of(const Tuple& tuple) {
    Words out;
    for (std::size_t n = 0; n < 5; ++n) out[n] = tuple.word(n);
    return out;
}

struct ModelFlow {
    Tuple tuple;
    Tuple answers;
    bool answered = false;
    CoarseTime expires = 0;
};

class Model {
  public:
    explicit Model(std::uint64_t seed) : random(seed) {}

    // Few tenants, addresses and ports, so that tuples, their reverses and translations meet all the time.
    Tuple some_tuple() {
        const bool ipv6 = random() % 3 == 0;
        const auto address = [&] {
            const auto n = static_cast<std::uint32_t>(random() % 12);
            if (!ipv6) return net::Address::v4(0x0a000000U + n);
            std::uint8_t bytes[16] = {0xfd};
            bytes[random() % 2 == 0 ? 8 : 3] = static_cast<std::uint8_t>(n % 3);
            bytes[15] = static_cast<std::uint8_t>(n / 3);
            return net::Address::v6_from(bytes);
        };
        const auto port = [&] { return static_cast<std::uint16_t>(random() % 6); };
        const auto tenant = static_cast<TenantIndex>(random() % 3);
        const net::Address from = address();
        net::Address to = address();
        return {tenant, static_cast<std::uint8_t>(random() % 2 == 0 ? 17 : 47), from, port(), to, port()};
    }
    // The number of the live flow that a tuple finds, and the direction.
    std::optional<std::pair<std::uint32_t, Direction>> find(const Tuple& tuple, CoarseTime now) {
        const auto found = by_tuple.find(key_of(tuple));
        if (found == by_tuple.end()) return std::nullopt;
        const std::uint32_t id = found->second.first;
        if (!is_after(now, flows.at(id).expires)) return found->second;
        erase(id);
        return std::nullopt;
    }
    void insert(std::uint32_t id, const ModelFlow& flow) {
        flows[id] = flow;
        by_tuple.emplace(key_of(flow.tuple), std::pair{id, Direction::original});
        by_tuple.emplace(key_of(flow.answers), std::pair{id, Direction::reply});
    }
    void erase(std::uint32_t id) {
        const ModelFlow flow = flows.at(id);
        by_tuple.erase(key_of(flow.tuple));
        by_tuple.erase(key_of(flow.answers));
        flows.erase(id);
    }
    std::uint32_t any() {
        auto at = flows.lower_bound(static_cast<std::uint32_t>(random() % (next_id + 1)));
        return at == flows.end() ? flows.begin()->first : at->first;
    }

    std::mt19937_64 random;
    std::map<Words, std::pair<std::uint32_t, Direction>> by_tuple;
    std::map<std::uint32_t, ModelFlow> flows;
    std::uint32_t next_id = 1;
};

class Comparison {
  public:
    explicit Comparison(std::uint64_t seed)
        : model_(seed), world_({.flows = 8192, .tenants = 4, .translations6 = 8192, .sweep_s = 2}) {}

    // A packet of this tuple comes: it is found alike, or opens a flow alike.
    void packet(const Tuple& tuple, const Found& found) {
        const CoarseTime now = world_.table.now();
        const auto expected = model_.find(tuple, now);
        ASSERT_EQ(found.flow != nullptr, expected.has_value());
        if (!expected) return open(tuple);
        ModelFlow& flow = model_.flows.at(expected->first);
        ASSERT_EQ(found.flow->rule, expected->first);
        ASSERT_EQ(found.direction, expected->second);
        ASSERT_TRUE(found.flow->tuple == flow.tuple);
        ASSERT_EQ(found.flow->expires, flow.expires);
        ASSERT_TRUE(world_.table.translated(*found.flow).reversed() == flow.answers);
        packet::Key key{};
        key.protocol = tuple.protocol();
        key.l3_length = 40;
        ASSERT_EQ(track(*found.flow, found.direction, key, {}, world_.times, now), Step::pass);
        flow.answered |= expected->second == Direction::reply;
        flow.expires = now + lives(flow);
    }
    void open(const Tuple& tuple) {
        if (model_.flows.size() > 6000 || model_.random() % 4 == 0) return;
        const CoarseTime now = world_.table.now();
        NewFlow wanted;
        wanted.tuple = tuple;
        wanted.translated = model_.random() % 3 == 0;
        wanted.translation = tuple;
        if (wanted.translated) {
            Tuple other = model_.some_tuple();
            while (other.ipv6() != tuple.ipv6()) other = model_.some_tuple();
            wanted.translation = other;
            wanted.translation.tenant_and_protocol = tuple.tenant_and_protocol;
        }
        wanted.rule = model_.next_id++;
        ModelFlow flow{.tuple = tuple, .answers = wanted.translation.reversed()};
        flow.expires = now + lives(flow);
        const bool taken = model_.find(flow.answers, now).has_value();
        const Opened opened = world_.table.open(wanted, world_.times, world_.quota);
        ASSERT_EQ(opened.taken, taken);
        ASSERT_EQ(opened.flow != nullptr, !taken);
        if (!taken) model_.insert(wanted.rule, flow);
        (taken ? refused : opened_flows) += 1;
    }
    void end_one() {
        if (model_.flows.empty()) return;
        const std::uint32_t id = model_.any();
        const Tuple tuple = model_.flows.at(id).tuple;
        if (!model_.find(tuple, world_.table.now())) return;
        const Found found = world_.table.find(tuple);
        ASSERT_NE(found.flow, nullptr);
        ASSERT_EQ(found.flow->rule, id);
        world_.table.end(*found.flow);
        model_.erase(id);
    }
    void burst() {
        FlowLookups lookups;
        lookups.clear();
        const std::size_t count = 1 + model_.random() % packet::max_burst;
        for (std::size_t i = 0; i < count; ++i) {
            Tuple tuple = model_.some_tuple();
            if (!model_.flows.empty() && model_.random() % 2 == 0) {
                const ModelFlow& flow = model_.flows.at(model_.any());
                tuple = model_.random() % 2 == 0 ? flow.tuple : flow.answers;
            }
            lookups.add(i, tuple, tuple.ipv6());
        }
        world_.table.fetch(lookups);
        for (std::size_t i = 0; i < count; ++i) {
            packet(lookups.tuples[i], world_.table.find(lookups, i));
            if (testing::Test::HasFatalFailure()) return;
            if (model_.random() % 8 == 0) end_one();
        }
        operations += count;
        if (model_.random() % 3 == 0) world_.wait(static_cast<double>(model_.random() % 1000) / 1000);
        if (model_.random() % 4000 == 0) world_.wait(static_cast<double>(model_.random() % 400));
    }
    // All that live are there, and nothing else; and nothing is left of them when their time is over.
    void settle() {
        const CoarseTime now = world_.table.now();
        std::map<std::uint32_t, int> seen;
        (void)world_.table.for_each(0, 8192, [&](Flow& flow) {
            if (!is_after(now, flow.expires)) ++seen[flow.rule];
        });
        std::size_t alive = 0;
        for (const auto& [id, flow] : model_.flows) {
            if (is_after(now, flow.expires)) continue;
            ++alive;
            ASSERT_EQ(seen[id], 1) << id;
        }
        EXPECT_EQ(seen.size(), alive);
        EXPECT_GT(alive, 100U);
        EXPECT_GE(world_.table.counts().open.value(), alive);
        world_.wait(1000);
        for (int i = 0; i < 2000; ++i) world_.wait(0.01);
        EXPECT_EQ(world_.table.counts().open.value(), 0U);
        EXPECT_EQ(world_.table.flows_of(0) + world_.table.flows_of(1) + world_.table.flows_of(2), 0U);
        EXPECT_EQ(world_.table.counts().ended[static_cast<std::size_t>(FlowEnd::evicted)].value(), 0U);
    }

    std::uint64_t operations = 0;
    std::uint64_t opened_flows = 0;
    std::uint64_t refused = 0;

  private:
    [[nodiscard]] CoarseTime lives(const ModelFlow& flow) const {
        const model::FlowTimeouts times;
        const bool udp = flow.tuple.protocol() == 17;
        return coarse_duration(!udp ? times.other_s : flow.answered ? times.udp_s : times.udp_single_s);
    }

    Model model_;
    FlowWorld world_;
};

TEST(FlowModel, AMillionPacketsFindWhatAMapFinds) {
    const char* given = std::getenv("SLUICE_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    fmt::print("seed {} (SLUICE_SEED repeats it)\n", seed);
    Comparison comparison(seed);
    while (comparison.operations < 1'000'000 && !HasFatalFailure()) comparison.burst();
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
    comparison.settle();
    EXPECT_GT(comparison.opened_flows, 10'000U);
    EXPECT_GT(comparison.refused, 100U);
    fmt::print("{} packets, {} flows opened, {} translations taken\n", comparison.operations,
               comparison.opened_flows, comparison.refused);
}

}  // namespace
}  // namespace sluice::dataplane::flow
