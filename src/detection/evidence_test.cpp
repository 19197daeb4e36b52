#include "detection/evidence.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::detection {
namespace {

using model::AttackVector;

class EvidenceTest : public testing::Test {
  protected:
    // `sources` hosts send SYNs to `ports` ports of the target, 5,000 of them.
    std::vector<model::VectorShare> vectors_after(std::uint32_t sources, std::uint32_t ports,
                                                  std::uint8_t flags = 0x02) {
        Evidence evidence(base::SipKey::from(random_));
        for (std::uint32_t i = 0; i < 5'000; ++i) {
            model::FlowRecord record;
            record.source = net::Address::v4(0xc6336400U + i % sources);
            record.destination = net::Address::v4(0xc000020aU);
            record.protocol = 6;
            record.tcp_flags = flags;
            record.destination_port = static_cast<std::uint16_t>(1 + i % ports);
            record.packets = 1;
            record.bytes = 40;
            evidence.add(record, 1);
        }
        model::Finding finding;
        finding.vectors = {{AttackVector::tcp_syn, {.packets_per_s = 500}}};
        evidence.describe(finding, {500, 20'000});
        evidence.describe(finding, {500, 20'000});
        return finding.vectors;
    }

    base::SeededRandom random_{1};
};

TEST_F(EvidenceTest, OneSourceAndManyPortsIsAScan) {
    const auto vectors = vectors_after(1, 1000);
    ASSERT_EQ(vectors.size(), 2U) << "named once, before the SYNs that it consists of";
    EXPECT_EQ(vectors[0].vector, AttackVector::port_scan);
    EXPECT_EQ(vectors[0].rate.packets_per_s, 500U);
    EXPECT_EQ(vectors[1].vector, AttackVector::tcp_syn);
}

TEST_F(EvidenceTest, AFloodIsNone) {
    EXPECT_EQ(vectors_after(1, 1).size(), 1U) << "one port";
    EXPECT_EQ(vectors_after(1, 50).size(), 1U) << "some ports, as a server has";
    EXPECT_EQ(vectors_after(2000, 1000).size(), 1U) << "random ports from forged sources";
    EXPECT_EQ(vectors_after(1, 1000, 0x10).size(), 1U) << "connections that exist";
}

}  // namespace
}  // namespace sluice::detection
