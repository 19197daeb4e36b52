// tcpdump's sFlow captures and its own reading of them as text: every interface counter of every counter
// sample, and the rate, interfaces and VLAN of every flow sample. Also nDPI's capture, which has no expected
// text but must be read without loss.
#include <cstdio>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/corpus.hpp"

namespace sluice::telemetry {
namespace {

struct Sample {
    std::uint32_t rate = 0;
    std::uint32_t input = 0;
    std::uint32_t output = 0;
    std::uint32_t vlan = 0;
};

struct Expected {
    std::vector<InterfaceCounters> counters;
    std::vector<Sample> samples;
    std::size_t counter_samples = 0;
    std::size_t datagrams = 0;
    std::size_t invalid = 0;
    std::size_t v5_records = 0;  // NetFlow v5 among it, which tcpdump takes for an unknown sFlow version
};

// Output interface 2147483648 (0x80000000) is "several", which Sluice gives as 0.
std::uint32_t known_interface(std::uint32_t printed, bool expanded) {
    return expanded || printed >> 30U == 0 ? printed : 0;
}

void read_counter_line(const std::string& line, InterfaceCounters& c) {
    unsigned long long bytes = 0;
    unsigned long long speed = 0;
    if (std::sscanf(line.c_str(), " ifindex %u, iftype %u, ifspeed %llu, ifdirection %u", &c.index, &c.type,
                    &speed, &c.direction) == 4) {
        c.speed = speed;
    }
    std::sscanf(line.c_str(), " ifstatus %u,", &c.status);
    if (std::sscanf(line.c_str(),
                    " In octets %llu, unicast pkts %u, multicast pkts %u, broadcast pkts %u, discards %u",
                    &bytes, &c.in_unicast, &c.in_multicast, &c.in_broadcast, &c.in_discards) == 5) {
        c.in_bytes = bytes;
    }
    std::sscanf(line.c_str(), " In errors %u, unknown protos %u", &c.in_errors, &c.in_unknown_protocols);
    if (std::sscanf(line.c_str(),
                    " Out octets %llu, unicast pkts %u, multicast pkts %u, broadcast pkts %u, discards %u",
                    &bytes, &c.out_unicast, &c.out_multicast, &c.out_broadcast, &c.out_discards) == 5) {
        c.out_bytes = bytes;
    }
    std::sscanf(line.c_str(), " Out errors %u, promisc mode %u", &c.out_errors, &c.promiscuous);
}

Expected read_expected(const std::filesystem::path& file) {
    Expected expected;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        Sample sample;
        unsigned vlan = 0;
        const auto flow = line.find("rate ");
        if (line.find("sFlowv5") != std::string::npos) ++expected.datagrams;
        if (line.find("(invalid)") != std::string::npos) ++expected.invalid;
        unsigned version = 0;
        const auto foreign = line.find("sFlow version ");
        if (foreign != std::string::npos &&
            std::sscanf(line.c_str() + foreign, "sFlow version %u", &version) == 1) {
            expected.v5_records += version & 0xffffU;  // "327682" is version 5, two records
        }
        if (line.find("counter sample (") != std::string::npos) ++expected.counter_samples;
        if (line.find("Generic counter (1)") != std::string::npos) expected.counters.emplace_back();
        if (!expected.counters.empty()) read_counter_line(line, expected.counters.back());
        if (flow != std::string::npos && line.find("flow sample (") != std::string::npos) {
            const bool expanded = line.find("expanded") != std::string::npos;
            const char* format = expanded ? "rate %u, pool %*u, drops %*u, input %u (%*u), output %u"
                                          : "rate %u, pool %*u, drops %*u, input %u output %u";
            EXPECT_EQ(std::sscanf(line.c_str() + flow, format, &sample.rate, &sample.input, &sample.output),
                      3)
                << line;
            sample.input = known_interface(sample.input, expanded);
            sample.output = known_interface(sample.output, expanded);
            expected.samples.push_back(sample);
        }
        if (std::sscanf(line.c_str(), " src vlan %u,", &vlan) == 1 && !expected.samples.empty())
            expected.samples.back().vlan = vlan;
    }
    return expected;
}

struct Decoded {
    testing::KeepingSink sink;
    std::uint64_t sflow_datagrams = 0;
    std::uint64_t counter_samples = 0;
    std::map<std::string_view, std::uint64_t> lost;
};

void decode(const std::filesystem::path& capture, Decoded& decoded) {
    base::SeededRandom random(1);
    FlowDecoder decoder(DecoderConfig{}, {random});
    for (const auto& recorded : testing::read_datagrams(capture)) {
        Datagram datagram = testing::datagram_of(recorded.payload);
        datagram.exporter = recorded.source;
        datagram.exporter_port = recorded.source_port;
        decoder.decode(datagram, decoded.sink);
    }
    decoded.counter_samples = decoder.statistics().counter_samples.value();
    for (const LossInfo& info : loss_infos()) {
        if (const std::uint64_t n = decoder.statistics().lost_for(info.reason); n > 0)
            decoded.lost[info.name] = n;
    }
    constexpr auto sflow = static_cast<std::size_t>(model::FlowSource::sflow);
    decoded.sflow_datagrams = decoder.statistics().datagrams[sflow].value();
}

void expect_counters(const InterfaceCounters& ours, const InterfaceCounters& theirs) {
    EXPECT_EQ(ours.index, theirs.index);
    EXPECT_EQ(ours.type, theirs.type);
    EXPECT_EQ(ours.speed, theirs.speed);
    EXPECT_EQ(ours.direction, theirs.direction);
    EXPECT_EQ(ours.status, theirs.status);
    EXPECT_EQ(ours.in_bytes, theirs.in_bytes);
    EXPECT_EQ(ours.in_unicast, theirs.in_unicast);
    EXPECT_EQ(ours.in_multicast, theirs.in_multicast);
    EXPECT_EQ(ours.in_broadcast, theirs.in_broadcast);
    EXPECT_EQ(ours.in_discards, theirs.in_discards);
    EXPECT_EQ(ours.in_errors, theirs.in_errors);
    EXPECT_EQ(ours.in_unknown_protocols, theirs.in_unknown_protocols);
    EXPECT_EQ(ours.out_bytes, theirs.out_bytes);
    EXPECT_EQ(ours.out_unicast, theirs.out_unicast);
    EXPECT_EQ(ours.out_multicast, theirs.out_multicast);
    EXPECT_EQ(ours.out_broadcast, theirs.out_broadcast);
    EXPECT_EQ(ours.out_discards, theirs.out_discards);
    EXPECT_EQ(ours.out_errors, theirs.out_errors);
    EXPECT_EQ(ours.promiscuous, theirs.promiscuous);
}

void compare(const Decoded& ours, const Expected& theirs) {
    EXPECT_EQ(ours.sflow_datagrams, theirs.datagrams);
    EXPECT_EQ(ours.counter_samples, theirs.counter_samples);
    ASSERT_EQ(ours.sink.counters.size(), theirs.counters.size());
    for (std::size_t i = 0; i < theirs.counters.size(); ++i) {
        SCOPED_TRACE(fmt::format("counters {}", i));
        expect_counters(ours.sink.counters[i], theirs.counters[i]);
    }
    std::vector<Sample> samples;
    std::uint64_t v5_records = 0;
    for (const model::FlowRecord& record : ours.sink.records) {
        v5_records += record.reported_by == model::FlowSource::netflow_v5 ? 1 : 0;
        if (record.reported_by != model::FlowSource::sflow) continue;
        samples.push_back({record.sampling, record.input_interface, record.output_interface, record.vlan});
    }
    ASSERT_EQ(samples.size(), theirs.samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        EXPECT_EQ(samples[i].rate, theirs.samples[i].rate);
        EXPECT_EQ(samples[i].input, theirs.samples[i].input);
        EXPECT_EQ(samples[i].output, theirs.samples[i].output);
        // tcpdump prints the VLAN of the switch record only; Sluice reads the tag in the header, too.
        if (theirs.samples[i].vlan == 0) continue;
        EXPECT_EQ(samples[i].vlan, theirs.samples[i].vlan);
    }
    EXPECT_EQ(v5_records, theirs.v5_records);
}

TEST(SflowCorpus, EveryCounterAndEverySample) {
    const auto folder = testing::corpus_folder("flow/tcpdump-sflow/tests");
    if (!folder) GTEST_SKIP() << "no flow/tcpdump-sflow/tests in SLUICE_CORPUS: the corpus is absent";
    std::size_t counters = 0;
    std::size_t samples = 0;
    for (const std::string name :
         {"sflow-print-v6", "sflow_multiple_counter_30_pdus", "sflow_expanded", "sflow_print-segv"}) {
        SCOPED_TRACE(name);
        const Expected theirs = read_expected(*folder / (name + ".out"));
        Decoded ours;
        decode(*folder / (name + ".pcap"), ours);
        compare(ours, theirs);
        // What tcpdump calls invalid is counted as malformed, and nothing else is lost.
        std::map<std::string_view, std::uint64_t> lost;
        if (theirs.invalid > 0) lost["header_malformed"] = theirs.invalid;
        EXPECT_EQ(ours.lost, lost);
        counters += theirs.counters.size();
        samples += theirs.samples.size();
    }
    EXPECT_EQ(counters, 190U);
    EXPECT_EQ(samples, 14U);
}

}  // namespace
}  // namespace sluice::telemetry
