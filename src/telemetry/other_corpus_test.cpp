// Captures of the corpus that come without expected values: what is well-formed must be read without loss,
// what is malformed must be counted as such; nothing may crash.
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/corpus.hpp"

namespace sluice::telemetry {
namespace {

using Losses = std::map<std::string_view, std::uint64_t>;

struct Case {
    std::string_view file;
    std::uint64_t records;
    std::uint64_t options;
    Losses lost;
};

// The counts of well-formed captures are nfdump 1.7.1's; the gaps are what the captures leave out.
const Case cases[] = {
    {"scapy/test/pcaps/netflowv9.pcap", 24, 1, {{"gap_netflow_v9", 66}}},
    {"scapy/test/pcaps/ipfix.pcap", 1, 0, {{"gap_ipfix", 21}}},
    {"ndpi/tests/cfgs/default/pcap/netflowv9.pcap", 0, 0, {{"data_without_template", 23}}},
    {"ndpi/tests/cfgs/default/pcap/netflow-fritz.pcap", 0, 0, {}},  // templates alone
    {"ndpi/tests/cfgs/default/pcap/sflow.pcap", 1, 0, {}},
    {"libnetflow9/testcases/1.pcap", 2, 2, {}},
    {"libnetflow9/testcases/malformed-OT.pcap",
     0,
     0,
     {{"template_malformed", 1}, {"data_without_template", 1}}},
    {"libnetflow9/testcases/malformed_1.pcap",
     0,
     0,
     {{"template_malformed", 3}, {"data_without_template", 3}}},
    {"libnetflow9/testcases/malformed_2.pcap", 0, 12, {{"template_malformed", 16}}},
    {"libnetflow9/testcases/malformed_3.pcap",
     0,
     0,
     {{"template_malformed", 1}, {"data_without_template", 1}}},
    {"libnetflow9/testcases/malformed_4.pcap",
     0,
     1,
     {}},  // a wrong count in its header, which is not relied upon
    {"libnetflow9/testcases/malformed_5.pcap",
     0,
     0,
     {{"template_malformed", 1}, {"data_without_template", 1}}},
    {"libnetflow9/testcases/malformed_6.pcap", 0, 0, {{"set_malformed", 1}}},
    {"ipfixcol2/doc/data/ipfix/example_flows.ipfix", 3979, 0, {{"gap_ipfix", 1}}},
};

// An IPFIX file (RFC 5655) is one message after the other.
std::vector<testing::RecordedDatagram> read_messages(const std::filesystem::path& file) {
    std::vector<testing::RecordedDatagram> all;
    const testing::Bytes bytes = testing::read_bytes(file);
    for (std::size_t at = 0; at + 4 <= bytes.size();) {
        const std::size_t length = std::max<std::size_t>(4, bytes[at + 2] << 8U | bytes[at + 3]);
        const std::size_t end = std::min(at + length, bytes.size());
        all.emplace_back().payload.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                          bytes.begin() + static_cast<std::ptrdiff_t>(end));
        at = end;
    }
    return all;
}

TEST(OtherCorpus, EverythingIsReadOrCounted) {
    const auto folder = testing::corpus_folder("flow");
    if (!folder) GTEST_SKIP() << "no flow/ in SLUICE_CORPUS: the corpus is absent";
    for (const Case& test_case : cases) {
        SCOPED_TRACE(test_case.file);
        base::SeededRandom random(1);
        FlowDecoder decoder(DecoderConfig{}, {random});
        testing::KeepingSink sink;
        const auto file = *folder / test_case.file;
        const auto datagrams =
            test_case.file.ends_with(".ipfix") ? read_messages(file) : testing::read_datagrams(file);
        for (const auto& recorded : datagrams) {
            Datagram datagram = testing::datagram_of(recorded.payload);
            datagram.exporter = recorded.source;
            datagram.exporter_port = recorded.source_port;
            decoder.decode(datagram, sink);
        }
        // Data still waiting when the capture ends has no template in it.
        decoder.tick(base::Instant{std::chrono::hours(2)});
        Losses lost;
        for (const LossInfo& info : loss_infos()) {
            if (const std::uint64_t n = decoder.statistics().lost_for(info.reason); n > 0)
                lost[info.name] = n;
        }
        EXPECT_EQ(lost, test_case.lost);
        EXPECT_EQ(sink.records.size(), test_case.records);
        EXPECT_EQ(decoder.statistics().options_records.value(), test_case.options);
    }
}

}  // namespace
}  // namespace sluice::telemetry
