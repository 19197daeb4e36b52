// Hostile NetFlow v5, v9 and IPFIX: a few datagrams in a row, so that templates, data and options meet. Every
// record must stay within what was sent, and the state within its limits.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/random.hpp"
#include "telemetry/field_map.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/record_batch.hpp"
#include "telemetry/testing/packet_builder.hpp"

namespace {

using namespace sluice;
using namespace sluice::telemetry;
using telemetry::testing::Bytes;
using telemetry::testing::Message;
using telemetry::testing::Writer;

class CheckingSink final : public RecordSink {
  public:
    void on_records(std::span<const model::FlowRecord> records) override {
        if (records.empty() || records.size() > RecordBatch::capacity) std::abort();
        for (const model::FlowRecord& record : records) {
            if (record.sampling == 0) std::abort();
        }
    }
};

void add_datagram(Bytes& input, const Bytes& datagram) {
    input.push_back(static_cast<std::uint8_t>(datagram.size() >> 8U));
    input.push_back(static_cast<std::uint8_t>(datagram.size()));
    input.insert(input.end(), datagram.begin(), datagram.end());
}

Bytes conversation(bool v9) {
    const auto message = [v9](std::uint32_t sequence) {
        return v9 ? Message::v9(sequence, 1) : Message::ipfix(sequence, 1);
    };
    Writer usual;
    for (std::uint32_t i = 0; i < 3; ++i) telemetry::testing::add_usual_record(usual, 0xc6336400U + i);
    Writer frame = telemetry::testing::ethernet(0x0800);
    telemetry::testing::add_udp(telemetry::testing::add_ipv4(frame, {}), 53, 1000);
    Bytes input;
    add_datagram(input, message(0).set(256, usual.bytes()).bytes());
    add_datagram(input,
                 message(1).templates(256, telemetry::testing::usual_fields).set(256, usual.bytes()).bytes());
    add_datagram(
        input,
        message(2)
            .options_templates(257, {{v9 ? std::uint16_t{2} : std::uint16_t{10}, 4}},
                               {{48, 1}, {50, 4}, {160, 8}, {311, 8}})
            .set(257, Writer().u32(1).u8(2).u32(100).u64(1'600'000'000'000).u64(0x3f50624dd2f1a9fc).bytes())
            .bytes());
    add_datagram(
        input,
        message(3)
            .templates(
                258,
                {{27, 16}, {8, 4}, {1, 8}, {48, 1}, {302, 8}, {154, 8}, {22, 4}, {70, 3}, {176, 1}, {161, 4}})
            .templates(259, {{8, 4}, {82, 65535}, {315, 65535}, {1, 4, reverse_enterprise}})
            .set(258, Bytes(57, 3))
            .set(259, Writer().u32(1).u8(2).u16(7).u8(frame.size()).append(frame.bytes()).u32(9).bytes())
            .bytes());
    add_datagram(input, message(4).templates(256, {}).bytes());
    return input;
}

}  // namespace

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    Writer v5 = telemetry::testing::v5_header({.count = 2});
    telemetry::testing::add_v5_record(v5, 1);
    telemetry::testing::add_v5_record(v5, 2);
    Bytes five;
    add_datagram(five, v5.bytes());
    return {conversation(true), conversation(false), five};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    DecoderConfig config;
    config.max_exporters = 2;
    config.max_domains_per_exporter = 2;
    config.max_templates_per_domain = 4;
    config.max_waiting_sets = 3;
    config.max_waiting_bytes = 4096;
    base::SeededRandom random(1);
    FlowDecoder decoder(config, {random});
    CheckingSink sink;
    base::Instant now{std::chrono::hours(1)};
    std::size_t at = 0;
    while (at + 2 <= size) {
        const std::size_t length = std::min<std::size_t>(data[at] << 8U | data[at + 1], size - at - 2);
        // A copy of its own, so that a read past the end is seen.
        const Bytes datagram(data + at + 2, data + at + 2 + length);
        decoder.decode(telemetry::testing::datagram_of(datagram, "10.0.0.1", now), sink);
        at += 2 + length;
        now += std::chrono::seconds(40);
        decoder.tick(now);
    }
    const DecoderStatistics& statistics = decoder.statistics();
    if (statistics.exporters.value() > 2 || statistics.domains.value() > 4) std::abort();
    if (statistics.templates.value() > 4 * statistics.domains.value()) std::abort();
    return 0;
}
