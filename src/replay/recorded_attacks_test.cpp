// The recordings of real attacks in the corpus: each is found, named rightly, and stopped by a rule that the
// report names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "policy/policy_reader.hpp"
#include "replay/replay.hpp"

namespace sluice::replay {
namespace {

using model::AttackVector;

struct Recording {
    const char* name;  // of the test
    const char* file;
    const char* target;
    AttackVector vector;  // leads the incident's title
};

class RecordedAttack : public testing::TestWithParam<Recording> {};

TEST_P(RecordedAttack, IsFoundNamedAndStopped) {
    const char* corpus = std::getenv("SLUICE_CORPUS");
    const auto capture = std::filesystem::path(corpus == nullptr ? "" : corpus) / "attacks" / GetParam().file;
    if (corpus == nullptr || !std::filesystem::exists(capture)) {
        GTEST_SKIP() << "no recordings here: set SLUICE_CORPUS to the folder that holds attacks/"
                     << GetParam().file;
    }
    const auto tenants = policy::load_policy("testdata/small-business.yaml");
    ASSERT_TRUE(tenants.has_value()) << tenants.error().text();

    const base::SystemClock clock;
    const base::Logger log(base::null_sink(), clock, "replay");
    const auto result = replay({}, {.capture = capture, .tenants = *tenants, .clean_capture = {}}, log, {});
    ASSERT_TRUE(result.has_value()) << result.error().message();
    const auto attack =
        std::find_if(result->attacks.begin(), result->attacks.end(), [](const AttackResult& candidate) {
            return candidate.incident.target.to_string() == GetParam().target &&
                   candidate.incident.direction == model::TrafficDirection::inbound;
        });
    ASSERT_NE(attack, result->attacks.end()) << "not found; " << result->attacks.size() << " others were";
    EXPECT_NE(attack->incident.title.find(model::info(GetParam().vector).title), std::string::npos)
        << attack->incident.title;
    EXPECT_GE(attack->in_force.stopped_share(), 0.99)
        << attack->in_force.passed.packets << " of " << attack->in_force.in.packets << " packets passed";
    std::uint64_t named = 0;
    for (const auto& rule : attack->in_force.rules) named += rule.count.packets;
    EXPECT_EQ(named, attack->in_force.in.packets - attack->in_force.passed.packets)
        << "every stopped packet has its rule";
    EXPECT_EQ(attack->incident.state, model::IncidentState::closed) << "it ends by itself";
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, RecordedAttack,
    testing::Values(
        Recording{"SynFlood", "pkt.TCP.synflood.spoofed.pcap", "10.10.10.10/32", AttackVector::tcp_syn},
        Recording{"SynAckReflection", "amp.TCP.reflection.SYNACK.pcap", "10.10.10.10/32",
                  AttackVector::tcp_syn_ack},
        Recording{"DnsReflection", "amp.dns.RRSIG.fragmented.pcap", "10.10.10.10/32", AttackVector::dns},
        Recording{"Isakmp", "amp.UDP.isakmp.pcap", "10.10.10.10/32", AttackVector::isakmp},
        Recording{"Bacnet", "amp.UDP.bacnet.IOT.37810.pcapng", "10.10.10.1/32", AttackVector::bacnet},
        Recording{"SynScan", "synscan.pcap", "64.13.134.52/32", AttackVector::port_scan},
        Recording{"TcpFlood", "tcp-flood.pcap", "192.168.1.51/32", AttackVector::tcp_syn}),
    [](const auto& recording) { return recording.param.name; });

}  // namespace
}  // namespace sluice::replay
