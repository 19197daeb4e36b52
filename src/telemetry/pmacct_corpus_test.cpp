// pmacct's captures of Cisco and Huawei routers (NetFlow v9, IPFIX), and what its nfacctd made of them.
// nfacctd sums up by a key, so both sides are summed up by the part of the key that Sluice models; the sums
// must be equal.
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/corpus.hpp"
#include "telemetry/testing/expected_fields.hpp"

namespace sluice::telemetry {
namespace {

using nlohmann::json;
using testing::ModelledField;
using testing::RecordPair;
using testing::UnmodelledField;

json tcp_flags(std::uint8_t flags) {
    // In the order that nfacctd lists them.
    constexpr std::pair<std::uint8_t, const char*> names[] = {{0x10, "ACK"}, {0x80, "CWR"}, {0x40, "ECE"},
                                                              {0x01, "FIN"}, {0x08, "PSH"}, {0x04, "RST"},
                                                              {0x02, "SYN"}, {0x20, "URG"}};
    json list = json::array();
    for (const auto& [bit, name] : names) {
        if ((flags & bit) != 0) list.push_back(name);
    }
    return list;
}

json protocol(std::uint8_t number) {
    constexpr std::pair<std::uint8_t, const char*> names[] = {
        {1, "icmp"}, {6, "tcp"}, {17, "udp"}, {58, "ipv6-icmp"}, {112, "vrrp"}};
    for (const auto& [known, name] : names) {
        if (known == number) return name;
    }
    return number;
}

json forwarding_status(std::uint8_t status) {
    constexpr std::pair<std::uint8_t, const char*> names[] = {
        {0, "UNKNOWN Unclassified"}, {64, "FORWARDED Unknown"}, {195, "CONSUMED For us"}};
    for (const auto& [known, name] : names) {
        if (known == status) return name;
    }
    return status;
}

// Of v9's uptimes nfacctd subtracts whole seconds from the export time, which rounds up.
json whole_seconds(const model::FlowRecord& record, base::Timestamp at) {
    const auto seconds = record.reported_by == model::FlowSource::netflow_v9
                             ? std::chrono::ceil<std::chrono::seconds>(at.time_since_epoch())
                             : std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
    return fmt::format("{}.000000", seconds.count());
}

// The label of the top entry, as "0-16065".
json top_label(const json& stack, std::uint32_t label) {
    if (stack.empty()) return label == 0 ? stack : json(label);
    return stack[0] == fmt::format("0-{}", label) ? stack : json(label);
}

#define FIELD(name, expression)                                                                  \
    ModelledField {                                                                              \
        name, []([[maybe_unused]] const RecordPair& p, [[maybe_unused]] const json& e) -> json { \
            return expression;                                                                   \
        }                                                                                        \
    }

const ModelledField modelled[] = {
    FIELD("iface_in", p.record->input_interface),
    FIELD("iface_out", p.record->output_interface),
    FIELD("ip_src", p.record->source.to_string()),
    FIELD("ip_dst", p.record->destination.to_string()),
    FIELD("port_src", p.record->source_port),
    FIELD("port_dst", p.record->destination_port),
    FIELD("mask_src", p.record->source_mask),
    FIELD("mask_dst", p.record->destination_mask),
    FIELD("ip_proto", protocol(p.record->protocol)),
    FIELD("tos", p.record->tos),
    FIELD("fwd_status", forwarding_status(p.record->forwarding_status)),
    FIELD("timestamp_start", whole_seconds(*p.record, p.record->first_at)),
    FIELD("timestamp_end", whole_seconds(*p.record, p.record->last_at)),
    FIELD("mpls_label_stack", top_label(e["mpls_label_stack"], p.record->mpls_label)),
    FIELD("vrf_id_ingress", std::to_string(p.record->vrf)),
};

#undef FIELD

const UnmodelledField unmodelled[] = {
    {"etype",
     "of a tunnel's outer packet; the inner one is what counts, and its family is that of the addresses"},
    {"label", "of pmacct's own maps"},
    {"peer_ip_src", "set by pmacct's test bed, which sends from other addresses than the capture"},
    {"mpls_vpn_rd", "of pmacct's maps, or by names of options data; the VRF's number is compared instead"},
    {"mpls_vpn_rd_origin", "as mpls_vpn_rd"},
    {"net_src", "the address under its mask; both are compared"},
    {"net_dst", "the address under its mask; both are compared"},
    {"vrf_name", "a name of options data; Sluice keeps the VRF's number"},
    {"ingress_vrf_name", "as vrf_name"},
    {"egress_vrf_name", "as vrf_name"},
    {"vrf_id_egress", "the record keeps the ingress side"},
    {"iface_name_*", "a name of options data; Sluice keeps the interface's number"},
    {"mpls_tl_*", "how the top label was made; not needed to count an address"},
    {"srv6_seg_ipv6_list", "the provider's own transport; the inner packet is what counts"},
    {"tunnel_*", "the outer header of a tunnel; the inner packet is what counts"},
    {"comms*", "of BGP, not of the flow"},
    {"ecomms*", "of BGP, not of the flow"},
    {"as_path*", "of BGP, not of the flow"},
    {"post_nat_*", "translated addresses: no NAT logs yet"},
    {"nat_event", "translated addresses: no NAT logs yet"},
    {"timestamp_export", "of the message, not of the flow"},
    {"flows", "nfacctd's own count of what it summed up"},
    {"writer_id", "nfacctd's own name"},
};

// A field that Sluice reads otherwise on purpose.
struct Difference {
    std::string_view field;
    std::string_view reason;
};

struct Case {
    std::string_view folder;
    std::vector<std::string_view> captures;
    std::string_view expected;
    std::uint32_t override_sampling = 0;
    std::vector<Difference> left_out = {};
};

const std::vector<Difference> differences_of_500 = {
    {"timestamp_start",
     "nfacctd takes the export time, as it does not read the uptime's zero from options data (element 160)"},
    {"mask_src", "taken from the BGP session of that test, not from the flow"},
    {"mask_dst", "taken from the BGP session of that test, not from the flow"},
};

bool is_left_out(const Case& test_case, std::string_view field) {
    return std::any_of(test_case.left_out.begin(), test_case.left_out.end(),
                       [field](const Difference& difference) { return difference.field == field; });
}

const Case cases[] = {
    {"100-IPFIXv10-CISCO", {"traffic-00.pcap"}, "output-flow-00.json"},
    {"100-IPFIXv10-CISCO", {"traffic-00.pcap"}, "scenario-01/output-flow-00.json"},
    {"101-NFv9-CISCO-cust_primitives", {"traffic-00.pcap"}, "output-flow-00.json"},
    {"102-NFv9-CISCO-f2rd-pretag-sampling-reload", {"traffic-00.pcap"}, "output-flow-00.json"},
    // The operator set the rate: Sluice's override_sampling.
    {"102-NFv9-CISCO-f2rd-pretag-sampling-reload", {"traffic-00.pcap"}, "output-flow-01.json", 1000},
    {"104-IPFIXv10-IPv6-CISCO-sampling_option", {"traffic-00.pcap"}, "output-flow-00.json"},
    {"106-IPFIXv10-HUAWEI-vrf_name", {"traffic-00.pcap"}, "output-flow-00.json"},
    {"110-IPFIXv10-NFv9-multiple-sources",
     {"traffic-00.pcap", "traffic-01.pcap", "traffic-02.pcap"},
     "output-flow-00.json"},
    {"111-IPFIXv10-NFv9-IPv6-IPv4-mix_sources",
     {"traffic-00.pcap", "traffic-01.pcap"},
     "output-flow-00.json"},
    {"112-IPFIXv10-CISCO-options-map-reassignment", {"traffic-00.pcap"}, "output-flow-00.json"},
    {"500-IPFIXv10-BGP-CISCO-SRv6", {"traffic-00.pcap"}, "output-flow-00.json", 0, differences_of_500},
    {"500-IPFIXv10-BGP-CISCO-SRv6",
     {"traffic-00.pcap"},
     "scenario-01/output-flow-00.json",
     0,
     differences_of_500},
};

// The flags of what nfacctd sums up are or'ed.
struct Sum {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::set<std::string> flags;
};

void add_flags(Sum& sum, const json& list) {
    sum.flags.insert(list.begin(), list.end());
}

// Our own primitives stand one level deeper.
json flattened(json line) {
    if (line.contains("custom_primitives")) {
        const json deeper = line["custom_primitives"];
        line.erase("custom_primitives");
        line.update(deeper);
    }
    return line;
}

std::vector<json> read_lines(const std::filesystem::path& file) {
    std::vector<json> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty()) lines.push_back(flattened(json::parse(line)));
    }
    return lines;
}

void decode(const std::filesystem::path& folder, const Case& test_case, testing::KeepingSink& sink) {
    DecoderConfig config;
    if (test_case.override_sampling != 0)
        config.exporters = {{*net::Prefix::parse("0.0.0.0/0"), 1, test_case.override_sampling}};
    base::SeededRandom random(1);
    FlowDecoder decoder(config, {random});
    for (const std::string_view capture : test_case.captures) {
        for (const auto& recorded : testing::read_datagrams(folder / test_case.folder / capture)) {
            Datagram datagram = testing::datagram_of(recorded.payload);
            datagram.exporter = recorded.source;
            datagram.exporter_port = recorded.source_port;
            decoder.decode(datagram, sink);
        }
    }
    for (const LossInfo& info : loss_infos()) {
        // What the captures leave out is missing by sequence number; all that is there must be read. Test 500
        // has BGP, too.
        if (info.name.starts_with("gap_") || info.reason == LossReason::version_unknown) continue;
        EXPECT_EQ(decoder.statistics().lost_for(info.reason), 0U) << info.name;
    }
}

// The modelled part of an expected line's key; what is neither modelled nor listed fails.
std::string key_of(const json& line, const Case& test_case, std::set<std::string>& unmodelled_seen) {
    json key;
    for (const auto& [field, value] : line.items()) {
        if (field == "packets" || field == "bytes" || field == "tcp_flags" || is_left_out(test_case, field))
            continue;
        if (testing::find_named<ModelledField>(modelled, field) != nullptr) {
            key[field] = value;
        } else if (testing::find_named<UnmodelledField>(unmodelled, field) != nullptr) {
            unmodelled_seen.insert(field);
        } else {
            ADD_FAILURE() << "unknown field " << field << ": " << value.dump();
        }
    }
    return key.dump();
}

// The key of our record, with the fields of `like`; an expected key that differs in the tail of its label
// stack only is the same, which is why it is made after each expected line.
std::string key_like(const model::FlowRecord& record, const json& like, const Case& test_case) {
    json key;
    for (const auto& [field, value] : like.items()) {
        const auto* const known = testing::find_named<ModelledField>(modelled, field);
        if (known != nullptr && !is_left_out(test_case, field))
            key[field] = known->value({&record, nullptr}, like);
    }
    return key.dump();
}

std::size_t compare(const std::filesystem::path& folder, const Case& test_case,
                    std::set<std::string>& unmodelled_seen) {
    testing::KeepingSink sink;
    decode(folder, test_case, sink);
    const std::vector<json> lines = read_lines(folder / test_case.folder / test_case.expected);
    EXPECT_FALSE(lines.empty());
    std::map<std::string, Sum> theirs;
    std::map<std::string, Sum> ours;
    std::vector<bool> taken(sink.records.size());
    for (const json& line : lines) {
        const std::string key = key_of(line, test_case, unmodelled_seen);
        Sum& sum = theirs[key];
        sum.packets += line["packets"].get<std::uint64_t>();
        sum.bytes += line["bytes"].get<std::uint64_t>();
        add_flags(sum, line["tcp_flags"]);
        for (std::size_t i = 0; i < sink.records.size(); ++i) {
            const model::FlowRecord& record = sink.records[i];
            if (taken[i] || key_like(record, line, test_case) != key) continue;
            taken[i] = true;
            ours[key].packets += record.packets * record.sampling;
            ours[key].bytes += record.bytes * record.sampling;
            add_flags(ours[key], tcp_flags(record.tcp_flags));
        }
    }
    for (const auto& [key, sum] : theirs) {
        EXPECT_TRUE(ours.contains(key)) << key;
        EXPECT_EQ(ours[key].packets, sum.packets) << key;
        EXPECT_EQ(ours[key].bytes, sum.bytes) << key;
        EXPECT_EQ(ours[key].flags, sum.flags) << key;
    }
    for (std::size_t i = 0; i < taken.size(); ++i) {
        EXPECT_TRUE(taken[i]) << "not expected: " << key_like(sink.records[i], lines.front(), test_case);
    }
    return lines.size();
}

TEST(PmacctCorpus, EverySumIsEqual) {
    const auto folder = testing::corpus_folder("flow/pmacct/tests");
    if (!folder) GTEST_SKIP() << "no flow/pmacct/tests in SLUICE_CORPUS: the corpus is absent";
    std::set<std::string> unmodelled_seen;
    std::size_t lines = 0;
    for (const Case& test_case : cases) {
        SCOPED_TRACE(fmt::format("{}/{}", test_case.folder, test_case.expected));
        lines += compare(*folder, test_case, unmodelled_seen);
    }
    EXPECT_EQ(lines, 341U);
    for (const UnmodelledField& field : unmodelled) {
        const bool seen =
            std::any_of(unmodelled_seen.begin(), unmodelled_seen.end(), [&](const std::string& name) {
                return testing::find_named(std::span(&field, 1), name) != nullptr;
            });
        EXPECT_TRUE(seen) << "listed as not modelled, but no case has it: " << field.name;
    }
}

}  // namespace
}  // namespace sluice::telemetry
