// Hostile sFlow v5: every record must stay within what was sent.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/random.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/testing/packet_builder.hpp"

namespace {

using namespace sluice;
using namespace sluice::telemetry;
using telemetry::testing::Bytes;
using telemetry::testing::Writer;

class CheckingSink final : public RecordSink {
  public:
    void on_records(std::span<const model::FlowRecord> records) override {
        for (const model::FlowRecord& record : records) {
            if (record.sampling == 0) std::abort();
            // The datagram's version may have become that of NetFlow.
            if (record.reported_by == model::FlowSource::sflow && record.packets != 1) std::abort();
        }
    }
};

Writer& add_record(Writer& sample, std::uint32_t format, const Writer& data) {
    return sample.u32(format).u32(data.size()).append(data.bytes());
}

}  // namespace

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    Writer frame = telemetry::testing::ethernet(0x8100);
    telemetry::testing::add_tcp(telemetry::testing::add_ipv6(frame.u16(7).u16(0x86dd), 6), 2);
    frame.zeros((4 - frame.size() % 4) % 4);
    Writer flow;
    flow.u32(1).u32(7).u32(512).u32(1).u32(0).u32(1).u32(2).u32(4);
    add_record(flow, 1, Writer().u32(1).u32(1018).u32(4).u32(frame.size()).append(frame.bytes()));
    add_record(flow, 1001, Writer().u32(1).u32(0).u32(2).u32(0));
    add_record(flow, 1002, Writer().u32(2).address("2001:db8::1").u32(48).u32(64));
    add_record(flow, 1003,
               Writer()
                   .u32(1)
                   .address("192.0.2.1")
                   .u32(1)
                   .u32(2)
                   .u32(3)
                   .u32(1)
                   .u32(2)
                   .u32(2)
                   .u32(4)
                   .u32(5)
                   .u32(0)
                   .u32(0));
    Writer expanded;
    expanded.u32(1).u32(0).u32(7).u32(512).u32(1).u32(0).u32(0).u32(1).u32(0).u32(2).u32(1);
    add_record(expanded, 3,
               Writer().u32(60).u32(6).address("192.0.2.1").address("192.0.2.2").u32(1).u32(2).u32(2).u32(0));
    Writer counters;
    counters.u32(1).u32(17).u32(1);
    add_record(counters, 1, Writer().zeros(88));
    Writer datagram;
    datagram.u32(5).u32(1).address("10.0.0.1").u32(0).u32(1).u32(1000).u32(3);
    datagram.u32(1).u32(flow.size()).append(flow.bytes());
    datagram.u32(3).u32(expanded.size()).append(expanded.bytes());
    datagram.u32(2).u32(counters.size()).append(counters.bytes());
    return {datagram.bytes()};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    base::SeededRandom random(1);
    FlowDecoder decoder(DecoderConfig{}, {random});
    CheckingSink sink;
    const Bytes datagram(data, data + size);
    decoder.decode(telemetry::testing::datagram_of(datagram), sink);
    return 0;
}
