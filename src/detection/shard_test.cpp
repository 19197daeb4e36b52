#include "detection/shard.hpp"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "detection/simulated_traffic.hpp"

namespace sluice::detection {
namespace {

using model::FlowRecord;

class ShardTest : public testing::Test {
  protected:
    ShardTest() { use({policy(1, "192.0.2.0/24", {packets_threshold("flood", 1'000'000)})}); }

    void use(const std::vector<model::DetectionPolicy>& policies) {
        compiled_ = CompiledPolicy::compile(policies, 1);
        shard_.set_policy(compiled_, std::vector<Shard::Suspicion>(compiled_->targets().size() * 2));
    }

    FlowRecord record(std::string_view destination, std::uint64_t packets = 1) {
        FlowRecord record = udp_flood(destination, 0).like;
        record.packets = packets;
        record.bytes = packets * 100;
        record.reported_by = model::FlowSource::packet;
        return record;
    }
    void add(const FlowRecord& record) { shard_.add({&record, 1}); }

    // Everything that was counted, by address, class and direction.
    using Key = std::tuple<std::string, unsigned, bool>;
    std::map<Key, PacketsBytes> drain() {
        std::map<Key, PacketsBytes> all;
        shard_.begin_drain();
        for (auto slots = shard_.next_slots(); !slots.empty(); slots = shard_.next_slots()) {
            for (const auto& [id, slot] : slots) {
                for_each_class(slot.touched, [&](unsigned i) {
                    auto& count = all[{slot.address.to_string(), i, (slot.flags & HostSlot::outbound) != 0}];
                    count.packets += slot.counts[i].packets;
                    count.bytes += slot.counts[i].bytes;
                });
            }
        }
        return all;
    }

    base::ManualClock clock_;
    base::SeededRandom random_{1};
    std::shared_ptr<const CompiledPolicy> compiled_;
    Shard shard_{{.max_hosts = 1024, .max_aside = 8}, base::SipKey::from(random_), clock_};
};

constexpr auto udp_class = static_cast<unsigned>(TrafficClass::udp);

TEST_F(ShardTest, CountsWhatAPlainReferenceCounts) {
    std::map<Key, PacketsBytes> expected;
    std::vector<FlowRecord> batch;
    const Classifier classifier;
    std::uint64_t outside = 0;
    for (int i = 0; i < 20'000; ++i) {
        FlowRecord one = record("192.0.2." + std::to_string(random_.next() % 256), 1 + random_.next() % 50);
        one.protocol = random_.next() % 2 == 0 ? 6 : 17;
        one.tcp_flags = static_cast<std::uint8_t>(random_.next());
        one.source_port = random_.next() % 3 == 0 ? 53 : 12345;
        one.sampling = 1 + static_cast<std::uint32_t>(random_.next() % 4);
        if (random_.next() % 5 == 0) std::swap(one.source, one.destination);
        if (random_.next() % 11 == 0) one.destination = one.source = address("192.0.3.1");
        const bool inbound = prefix("192.0.2.0/24").contains(one.destination);
        const bool outbound = prefix("192.0.2.0/24").contains(one.source);
        if (!inbound && !outbound) ++outside;
        const auto traffic_class = static_cast<unsigned>(classifier.classify(one));
        for (const bool out : {false, true}) {
            if (out ? !outbound : !inbound) continue;
            auto& count = expected[{(out ? one.source : one.destination).to_string(), traffic_class, out}];
            count.packets += one.packets * one.sampling;
            count.bytes += one.bytes * one.sampling;
        }
        batch.push_back(one);
        if (batch.size() > random_.next() % 200) {
            shard_.add(batch);
            batch.clear();
        }
    }
    shard_.add(batch);
    const auto counted = drain();
    ASSERT_EQ(counted.size(), expected.size());
    for (const auto& [key, count] : expected) {
        ASSERT_TRUE(counted.contains(key)) << std::get<0>(key);
        EXPECT_EQ(counted.at(key).packets, count.packets) << std::get<0>(key);
        EXPECT_EQ(counted.at(key).bytes, count.bytes) << std::get<0>(key);
    }
    EXPECT_EQ(shard_.totals().records, 20'000U);
    EXPECT_EQ(shard_.totals().counted, 20'000U - outside);
    EXPECT_TRUE(drain().empty()) << "taken is taken";
}

TEST_F(ShardTest, KeepsTheFirstRecordsTimeTheSamplingAndTheGap) {
    FlowRecord one = record("192.0.2.1");
    one.reported_by = model::FlowSource::sflow;
    one.exporter = address("203.0.113.1");
    clock_.advance(seconds(1));
    add(one);
    (void)drain();
    clock_.advance(milliseconds(410));
    one.first_at = base::Timestamp(seconds(1'000'000));
    one.sampling = 64;
    add(one);
    one.first_at += milliseconds(70);
    one.sampling = 8;
    add(one);
    shard_.begin_drain();
    const auto slots = shard_.next_slots();
    ASSERT_EQ(slots.size(), 1U);
    EXPECT_EQ(slots[0].slot.unseen_packets, 64 * 63 + 8 * 7);
    EXPECT_EQ(slots[0].slot.gathered_packet_ms, (64 + 8) * 410);
    EXPECT_EQ(shard_.time_base() + milliseconds(slots[0].slot.first_offset_ms),
              base::Timestamp(seconds(1'000'000)));
}

TEST_F(ShardTest, PutsLongAndHugeRecordsAside) {
    FlowRecord lasting = record("192.0.2.1", 600);
    lasting.last_at = lasting.first_at + seconds(60);
    add(lasting);
    add(record("192.0.2.1", 5'000'000'000));
    FlowRecord confused = record("192.0.2.1", 7);
    confused.last_at = confused.first_at - seconds(60);
    add(confused);
    EXPECT_EQ(drain().at({"192.0.2.1", udp_class, false}).packets, 7U);
    ASSERT_EQ(shard_.aside().size(), 2U);
    EXPECT_EQ(shard_.aside()[0].duration_ms, 60'000U);
    EXPECT_EQ(shard_.aside()[0].packets, 600U);
    EXPECT_EQ(shard_.aside()[1].duration_ms, 0U);
    EXPECT_EQ(shard_.aside()[1].packets, 5'000'000'000U);
    for (int i = 0; i < 10; ++i) add(lasting);
    EXPECT_EQ(shard_.totals().losses.aside_full, 2U);
}

TEST_F(ShardTest, ForgetsAndReusesSlots) {
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 200; ++i) add(record("192.0.2." + std::to_string(i)));
        EXPECT_EQ(drain().size(), 200U);
        std::vector<Shard::Release> releases;
        for (std::uint32_t slot = 0; slot < 200; ++slot) releases.push_back({slot, 0, false});
        add(record("192.0.2.7"));  // counted since the drain: stays
        shard_.release(releases);
        EXPECT_EQ(std::count_if(releases.begin(), releases.end(), [](const auto& r) { return r.released; }),
                  199);
        EXPECT_EQ(shard_.hosts(), 1U);
    }
}

TEST_F(ShardTest, CountsPrefixesExactlyWhenHostsFindNoRoom) {
    use({policy(1, "2001:db8::/48", {})});
    std::uint64_t sent = 0;
    std::uint64_t counted = 0;
    for (int round = 0; round < 20; ++round) {
        for (unsigned i = 0; i < 300; ++i) {
            auto bytes = address("2001:db8::").bytes();
            bytes[14] = static_cast<std::uint8_t>(round * 2 + i / 200);
            bytes[15] = static_cast<std::uint8_t>(i);
            FlowRecord one = record("2001:db8::", 3);
            one.destination = net::Address::v6_from(bytes.data());
            one.source = address("2001:db8:ffff::1");
            add(one);
            sent += 3;
        }
        for (const auto& [key, count] : drain()) counted += count.packets;
        for (const auto& hostless : shard_.hostless()) counted += hostless.counts.total().packets;
    }
    EXPECT_EQ(counted, sent);
    EXPECT_LE(shard_.hosts(), 1024U);
    EXPECT_GT(shard_.totals().losses.host_table_full, 0U);
}

TEST_F(ShardTest, AHostThatBecomesSuspectWithinATickLeavesEvidence) {
    std::vector<Shard::Suspicion> suspicions(2);
    suspicions[0].packets = 100;
    shard_.set_policy(compiled_, suspicions);
    for (int i = 0; i < 30; ++i) add(record("192.0.2.1", 10));
    add(record("192.0.2.2", 50));
    (void)drain();
    EXPECT_EQ(shard_.evidence().size(), 21U) << "from the tenth record on";
    for (const auto& evidence : shard_.evidence())
        EXPECT_EQ(evidence.record.destination, address("192.0.2.1"));
}

TEST_F(ShardTest, LooksAtASampleWhenThereIsTooMuchEvidence) {
    std::vector<Shard::Suspicion> suspicions(2);
    suspicions[0].packets = 1;
    shard_.set_policy(compiled_, suspicions);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 10'000; ++i) add(record("192.0.2.1", 10));
        (void)drain();
    }
    EXPECT_LE(shard_.evidence().size(), 2048U);
    EXPECT_GE(shard_.evidence().size(), 900U);
    EXPECT_NEAR(static_cast<double>(shard_.evidence()[0].weight), 9, 1);
    EXPECT_GT(shard_.totals().losses.evidence_skipped, 20'000U);
}

TEST_F(ShardTest, ANewPolicyMovesHostsToTheirNewTargets) {
    add(record("192.0.2.1"));
    add(record("192.0.2.200"));
    (void)drain();
    use({policy(7, "192.0.2.128/25", {}), policy(8, "192.0.2.192/26", {})});
    EXPECT_EQ(compiled_->refused(), 1U) << "a prefix within another tenant's";
    EXPECT_EQ(shard_.hosts(), 1U);
    add(record("192.0.2.1"));
    add(record("192.0.2.200"));
    const auto counted = drain();
    ASSERT_EQ(counted.size(), 1U);
    EXPECT_EQ(std::get<0>(counted.begin()->first), "192.0.2.200");
}

}  // namespace
}  // namespace sluice::detection
