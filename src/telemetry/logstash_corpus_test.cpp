// The 51 cases of logstash-codec-netflow: as many records as expected, every expected event found, and in it
// every field that Sluice models equal. What is not modelled, or deliberately read otherwise, is listed with
// its reason.
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/corpus.hpp"
#include "telemetry/testing/logstash_fields.hpp"

namespace sluice::telemetry {
namespace {

using nlohmann::json;
using testing::RecordPair;

// A case's event that is no flow, or a field that Sluice reads otherwise on purpose.
struct Difference {
    std::string_view test_case;
    std::string_view field;
    std::string_view reason;
};

constexpr std::string_view whole_event = "*";
constexpr std::string_view record_count = "records";

const Difference differences[] = {
    {"Netflow 9 options template with scope fields", whole_event, "options data: totals of the exporter"},
    {"IPFIX", whole_event, "options data: sampling and uptime"},
    {"IPFIX options template from Juniper MX240 JunOS 15.1 R6 S3", whole_event, "options data: sampling"},
    {"Netflow 9 Fortigate FortiOS 5.2.1", whole_event, "options data: totals of the exporter, sampling"},
    {"Juniper SRX options template with 0 scope field length", whole_event, "options data: sampling"},
    {"Netflow 9 Cisco ASR 9000 series options template 256", whole_event, "options data: interface names"},
    {"Netflow 9 Cisco NBAR options template 260", whole_event, "options data: application names"},
    {"IPFIX YAF basic with applabel", whole_event, "options data: totals of the exporter"},
    {"Netflow 9 Cisco WLC", whole_event,
     "a wireless client's totals, with its own address alone and no other end; counted as "
     "record_without_address"},
    {"Netflow 9 Streamcore", "first_switched",
     "two of the four expected times end in .999, which the datagram does not say; nfdump reads what Sluice "
     "reads"},
    {"Netflow 9 Streamcore", "last_switched",
     "two of the four expected times end in .999, which the datagram does not say; nfdump reads what Sluice "
     "reads"},
    {"IPFIX Netscaler with variable length fields", "records",
     "data that comes before its template is lost there and kept here: in the second case of this name twice "
     "as many"},
    {"IPFIX Netscaler with variable length fields", "_unparsed", "the corpus could not extract this event"},
    {"IPFIX Netscaler with variable length fields", "flowEndMicroseconds",
     "expected as a template text (\"#{nanos}\") in the corpus"},
};

const Difference* find_difference(std::string_view test_case, std::string_view field,
                                  std::set<const Difference*>& used) {
    for (const Difference& difference : differences) {
        if (difference.test_case != test_case || difference.field != field) continue;
        used.insert(&difference);
        return &difference;
    }
    return nullptr;
}

struct Decoded {
    testing::KeepingSink sink;
    std::vector<RecordPair> flows;
    std::uint64_t options = 0;
    std::uint64_t without_address = 0;
    std::uint32_t sampling = 1;

    [[nodiscard]] std::uint64_t records() const { return flows.size() + options + without_address; }
};

void decode(const std::filesystem::path& folder, const json& test_case, Decoded& decoded) {
    base::SeededRandom random(1);
    FlowDecoder decoder(DecoderConfig{}, {random});
    for (const auto& file : test_case["files"]) {
        const testing::Bytes bytes = testing::read_bytes(folder / "spec/codecs" / file.get<std::string>());
        ASSERT_FALSE(bytes.empty()) << file;
        decoder.decode(testing::datagram_of(bytes), decoded.sink);
    }
    for (const model::FlowRecord& record : decoded.sink.records) {
        if (record.reverse) {
            decoded.flows.back().reverse = &record;
        } else {
            decoded.flows.push_back({&record, nullptr});
        }
    }
    decoded.options = decoder.statistics().options_records.value();
    decoded.without_address = decoder.statistics().lost_for(LossReason::record_without_address);
    for (const DomainStatus& domain : decoder.domains())
        decoded.sampling = std::max(decoded.sampling, domain.sampling);
}

class Comparison {
  public:
    // The fields in which the record differs from the event, for people; empty when it is the same.
    std::string compare(const std::string& test_case, const RecordPair& flow, const json& event) {
        std::string text;
        for (const auto& [field, theirs] : event.items()) {
            if (testing::find_named(testing::logstash_unmodelled(), field) != nullptr) {
                unmodelled_seen.insert(field);
                continue;
            }
            const auto* const known = testing::find_named(testing::logstash_modelled(), field);
            if (known == nullptr) {
                if (find_difference(test_case, field, used) == nullptr)
                    text += fmt::format("  {}: unknown name\n", field);
                continue;
            }
            const json ours = known->value(flow, event);
            if (ours == theirs) {
                ++fields_equal;
            } else if (find_difference(test_case, field, used) == nullptr) {
                text += fmt::format("  {}: expected {}, got {}\n", field, theirs.dump(), ours.dump());
            }
        }
        return text;
    }

    // The record with the fewest differences must have none.
    void find(const std::string& test_case, const Decoded& decoded, const json& event) {
        if (!testing::is_flow(event)) {
            EXPECT_NE(
                find_difference(test_case, event.contains("_unparsed") ? "_unparsed" : whole_event, used),
                nullptr)
                << "no flow, and not listed: " << event.dump();
            check_sampling(decoded, event);
            return;
        }
        std::optional<std::string> least;
        for (const RecordPair& flow : decoded.flows) {
            std::string text = compare(test_case, flow, event);
            if (!least || text.size() < least->size()) least = std::move(text);
        }
        EXPECT_EQ(least.value_or("no flows at all"), "") << event.dump();
        ++events_found;
    }

    static void check_sampling(const Decoded& decoded, const json& event) {
        for (const char* field : {"sampling_interval", "samplingInterval"}) {
            if (!event.contains(field)) continue;
            EXPECT_EQ(decoded.sampling, event[field].get<std::uint32_t>()) << field;
        }
        if (event.contains("samplingPacketSpace")) {
            EXPECT_EQ(decoded.sampling, event["samplingPacketInterval"].get<std::uint32_t>() +
                                            event["samplingPacketSpace"].get<std::uint32_t>());
        }
    }

    // A single field of the record of that number, counted over flows and options data.
    void check(const std::string& test_case, const Decoded& decoded, const json& check) {
        const json event{{check["field"], check["value"]}};
        const auto number = check["record"].get<std::size_t>();
        if (decoded.options + decoded.without_address == 0 && number < decoded.flows.size()) {
            EXPECT_EQ(compare(test_case, decoded.flows[number], event), "") << "record " << number;
            return;
        }
        if (testing::find_named(testing::logstash_modelled(), check["field"].get<std::string>()) == nullptr)
            return;
        const bool found =
            std::any_of(decoded.flows.begin(), decoded.flows.end(),
                        [&](const RecordPair& flow) { return compare(test_case, flow, event).empty(); });
        EXPECT_TRUE(found || decoded.flows.empty()) << check.dump();
    }

    std::set<const Difference*> used;
    std::set<std::string> unmodelled_seen;
    std::size_t fields_equal = 0;
    std::size_t events_found = 0;
};

TEST(LogstashCorpus, EveryExpectedRecordAndField) {
    const auto folder = testing::corpus_folder("flow/logstash-codec-netflow");
    if (!folder) GTEST_SKIP() << "no flow/logstash-codec-netflow in SLUICE_CORPUS: the corpus is absent";
    std::ifstream stream(*folder / "expected.json");
    const json cases = json::parse(stream);
    ASSERT_EQ(cases.size(), 51U);
    Comparison comparison;
    for (const json& test_case : cases) {
        const std::string name = test_case["name"];
        SCOPED_TRACE(name);
        Decoded decoded;
        decode(*folder, test_case, decoded);
        if (test_case["records"].is_number() && test_case["records"] != decoded.records()) {
            EXPECT_NE(find_difference(name, record_count, comparison.used), nullptr)
                << "expected " << test_case["records"] << " records, got " << decoded.records();
        }
        for (const json& event : test_case["events"]) comparison.find(name, decoded, event);
        for (const json& check : test_case["checks"]) comparison.check(name, decoded, check);
    }
    for (const Difference& difference : differences) {
        EXPECT_TRUE(comparison.used.contains(&difference))
            << "a listed difference does not exist: " << difference.test_case << " " << difference.field;
    }
    for (const testing::UnmodelledField& field : testing::logstash_unmodelled()) {
        const bool seen = std::any_of(comparison.unmodelled_seen.begin(), comparison.unmodelled_seen.end(),
                                      [&](const std::string& name) {
                                          return testing::find_named(std::span(&field, 1), name) != nullptr;
                                      });
        EXPECT_TRUE(seen) << "listed as not modelled, but no case has it: " << field.name;
    }
    // So that a table gone wrong cannot make the test pass by comparing nothing.
    EXPECT_GE(comparison.events_found, 54U);
    EXPECT_GE(comparison.fields_equal, 1000U);
    RecordProperty("events_found", static_cast<int>(comparison.events_found));
    RecordProperty("fields_equal", static_cast<int>(comparison.fields_equal));
}

}  // namespace
}  // namespace sluice::telemetry
