// The recordings of real attacks in the corpus: each is found, named rightly, and stopped by a rule that the
// report names.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "net/protocol.hpp"
#include "packet/capture_writer.hpp"
#include "policy/policy_reader.hpp"
#include "replay/frame_source.hpp"
#include "replay/replay.hpp"
#include "telemetry/packet_header.hpp"

namespace sluice::replay {
namespace {

using model::AttackVector;

struct Recording {
    const char* name;  // of the test
    const char* file;
    const char* target;
    AttackVector vector;  // among those that the incident names
    // Ports of conversations of the recording host itself, which are no part of the attack.
    std::vector<std::uint16_t> own_ports = {};
};

// The recording without those conversations.
std::filesystem::path attack_only(const std::filesystem::path& capture,
                                  const std::vector<std::uint16_t>& own_ports) {
    const auto file = std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-attack.pcap");
    auto source = FrameSource::open(capture).value();
    auto writer = packet::CaptureWriter::create(file).value();
    for (auto frame = source.next().value(); frame; frame = source.next().value()) {
        model::FlowRecord record;
        (void)telemetry::read_packet_header(telemetry::LinkLayer::ethernet, frame->bytes, record);
        const bool own = record.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp) &&
                         std::any_of(own_ports.begin(), own_ports.end(), [&](std::uint16_t port) {
                             return record.source_port == port || record.destination_port == port;
                         });
        if (!own) writer.write(frame->at, frame->bytes);
    }
    EXPECT_TRUE(writer.finish());
    return file;
}

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
    const auto attack_file = attack_only(capture, GetParam().own_ports);
    const auto result =
        replay({}, {.capture = attack_file, .tenants = *tenants, .clean_capture = {}}, log, {});
    ASSERT_TRUE(result.has_value()) << result.error().message();
    const auto attack =
        std::find_if(result->attacks.begin(), result->attacks.end(), [](const AttackResult& candidate) {
            return candidate.incident.target.to_string() == GetParam().target &&
                   candidate.incident.direction == model::TrafficDirection::inbound;
        });
    ASSERT_NE(attack, result->attacks.end()) << "not found; " << result->attacks.size() << " others were";
    std::filesystem::remove(attack_file);
    const auto names_it = [](const model::Finding& finding) {
        return std::any_of(finding.vectors.begin(), finding.vectors.end(),
                           [](const model::VectorShare& share) { return share.vector == GetParam().vector; });
    };
    EXPECT_TRUE(std::any_of(attack->incident.findings.begin(), attack->incident.findings.end(), names_it))
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
        Recording{"SynAckReflection",
                  "amp.TCP.reflection.SYNACK.pcap",
                  "10.10.10.10/32",
                  AttackVector::tcp_syn_ack,
                  {1194, 50013}},
        Recording{"DnsReflection", "amp.dns.RRSIG.fragmented.pcap", "10.10.10.10/32", AttackVector::dns},
        Recording{"Isakmp", "amp.UDP.isakmp.pcap", "10.10.10.10/32", AttackVector::isakmp},
        Recording{"Bacnet", "amp.UDP.bacnet.IOT.37810.pcapng", "10.10.10.1/32", AttackVector::bacnet},
        Recording{"SynScan", "synscan.pcap", "64.13.134.52/32", AttackVector::port_scan},
        Recording{"TcpFlood", "tcp-flood.pcap", "192.168.1.51/32", AttackVector::tcp_syn}),
    [](const auto& recording) { return recording.param.name; });

}  // namespace
}  // namespace sluice::replay
