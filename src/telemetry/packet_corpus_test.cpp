// Captured packets of the corpus (attacks, ipfixprobe's inputs) through the packet meter, with libpcap's own
// filters as the judge: each property of the records must hold for as many packets as the filter matches.
#include <pcap/pcap.h>

#include <memory>

#include <gtest/gtest.h>

#include "telemetry/packet_meter.hpp"
#include "telemetry/testing/corpus.hpp"

namespace sluice::telemetry {
namespace {

struct Property {
    const char* filter;
    bool (*holds)(const model::FlowRecord& record);
};

const Property properties[] = {
    {"ip or ip6 or (vlan and (ip or ip6))", [](const model::FlowRecord&) { return true; }},
    {"ip or (vlan and ip)", [](const model::FlowRecord& r) { return r.source.is_v4(); }},
    {"(ip and ip[9] = 6) or (vlan and ip and ip[9] = 6)",
     [](const model::FlowRecord& r) { return r.source.is_v4() && r.protocol == 6; }},
    {"(ip and ip[9] = 17) or (vlan and ip and ip[9] = 17)",
     [](const model::FlowRecord& r) { return r.source.is_v4() && r.protocol == 17; }},
    {"ip6 proto 17 or (vlan and ip6 proto 17)",
     [](const model::FlowRecord& r) { return !r.source.is_v4() && r.protocol == 17; }},
    {"(ip and ip[6:2] & 0x1fff != 0) or (vlan and ip and ip[6:2] & 0x1fff != 0)",
     [](const model::FlowRecord& r) { return r.source.is_v4() && r.fragment_offset != 0; }},
    {"(ip and ip[6] & 0x20 != 0) or (vlan and ip and ip[6] & 0x20 != 0)",
     [](const model::FlowRecord& r) { return r.source.is_v4() && (r.fragment_flags & 0x20) != 0; }},
    {"tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn or (vlan and tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn)",
     [](const model::FlowRecord& r) {
         return r.source.is_v4() && r.protocol == 6 && (r.tcp_flags & 0x12) == 0x02;
     }},
    {"ip and udp src port 53 or (vlan and ip and udp src port 53)",
     [](const model::FlowRecord& r) { return r.source.is_v4() && r.protocol == 17 && r.source_port == 53; }},
    {"ip and (tcp or udp) and dst portrange 1-1023 or (vlan and ip and (tcp or udp) and dst portrange "
     "1-1023)",
     [](const model::FlowRecord& r) {
         return r.source.is_v4() && (r.protocol == 6 || r.protocol == 17) && r.destination_port >= 1 &&
                r.destination_port <= 1023;
     }},
    {"ip and ip[8] > 100 or (vlan and ip and ip[8] > 100)",
     [](const model::FlowRecord& r) { return r.source.is_v4() && r.ttl > 100; }},
    {"ip and ip[2:2] > 1000 or (vlan and ip and ip[2:2] > 1000)",
     [](const model::FlowRecord& r) { return r.source.is_v4() && r.bytes > 1000; }},
    {"icmp[0] = 3 or (vlan and icmp[0] = 3)",
     [](const model::FlowRecord& r) { return r.protocol == 1 && r.icmp_type_code >> 8U == 3; }},
    {"vlan", [](const model::FlowRecord& r) { return r.vlan != 0; }},
};

class Filter {
  public:
    Filter(pcap_t* handle, const char* text)
        : valid_(pcap_compile(handle, &program_, text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        EXPECT_TRUE(valid_) << text << ": " << pcap_geterr(handle);
    }
    ~Filter() {
        if (valid_) pcap_freecode(&program_);
    }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;
    [[nodiscard]] bool matches(const pcap_pkthdr& header, const u_char* data) const {
        return valid_ && pcap_offline_filter(&program_, &header, data) != 0;
    }

  private:
    bpf_program program_{};
    bool valid_;
};

// Packets metered and matched; the test's own counts show that it did not look at nothing.
std::size_t compare(const std::filesystem::path& file) {
    char error[PCAP_ERRBUF_SIZE];
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_offline(file.c_str(), error),
                                                                pcap_close);
    if (!handle) ADD_FAILURE() << error;
    // libpcap's `vlan` makes no sense on cooked captures, of which there is one.
    if (!handle || pcap_datalink(handle.get()) != DLT_EN10MB) {
        return 0;
    }
    std::vector<std::unique_ptr<Filter>> filters;
    for (const Property& property : properties) {
        filters.push_back(std::make_unique<Filter>(handle.get(), property.filter));
    }
    std::vector<std::size_t> matched(filters.size());
    testing::KeepingSink sink;
    PacketMeter meter({}, sink);
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    std::size_t packets = 0;
    while (pcap_next_ex(handle.get(), &header, &data) == 1) {
        ++packets;
        for (std::size_t i = 0; i < filters.size(); ++i)
            matched[i] += filters[i]->matches(*header, data) ? 1 : 0;
        meter.meter({.bytes = {data, header->caplen}, .wire_length = header->len});
    }
    meter.flush();
    for (std::size_t i = 0; i < filters.size(); ++i) {
        const auto held = std::count_if(sink.records.begin(), sink.records.end(), properties[i].holds);
        EXPECT_EQ(static_cast<std::size_t>(held), matched[i]) << properties[i].filter;
    }
    return packets;
}

TEST(PacketCorpus, TheRecordsAgreeWithLibpcapsFilters) {
    const auto attacks = testing::corpus_folder("attacks");
    const auto inputs = testing::corpus_folder("flow/ipfixprobe/tests/functional/inputs");
    if (!attacks || !inputs)
        GTEST_SKIP() << "no attacks or flow/ipfixprobe in SLUICE_CORPUS: the corpus is absent";
    std::size_t packets = 0;
    for (const auto& folder : {*attacks, *inputs}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() != ".pcap" && entry.path().extension() != ".pcapng") continue;
            SCOPED_TRACE(entry.path().filename());
            packets += compare(entry.path());
        }
    }
    EXPECT_GT(packets, 70000U);
}

}  // namespace
}  // namespace sluice::telemetry
