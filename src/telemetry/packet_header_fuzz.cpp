// Hostile packets through the header parser, for each link layer.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "telemetry/packet_header.hpp"
#include "telemetry/testing/packet_builder.hpp"

namespace {

using namespace sluice::telemetry;
using sluice::telemetry::testing::Bytes;
using sluice::telemetry::testing::Writer;

constexpr LinkLayer layers[] = {LinkLayer::ethernet,     LinkLayer::raw_ip,    LinkLayer::mpls,
                                LinkLayer::ppp,          LinkLayer::linux_sll, LinkLayer::linux_sll2,
                                LinkLayer::null_loopback};

// The first byte chooses the link layer.
Writer seed(std::uint8_t layer) {
    Writer writer;
    return writer.u8(layer);
}

}  // namespace

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    Writer qinq = seed(0)
                      .append(sluice::telemetry::testing::ethernet(0x88a8).bytes())
                      .u16(1)
                      .u16(0x8100)
                      .u16(2)
                      .u16(0x8847);
    sluice::telemetry::testing::add_tcp(
        sluice::telemetry::testing::add_ipv4(qinq.u32(0x1ff), {.protocol = 6}), 2);
    Writer chain = seed(1);
    sluice::telemetry::testing::add_ipv6(chain, 0)
        .u8(43)
        .u8(0)
        .zeros(6)
        .u8(44)
        .u8(1)
        .zeros(14)
        .u8(17)
        .u8(0)
        .u16(1)
        .u32(1);
    sluice::telemetry::testing::add_udp(chain, 1, 2);
    Writer ppp = seed(3).u16(0xff03).u16(0x21);
    sluice::telemetry::testing::add_ipv4(ppp, {.protocol = 1, .words = 7}).u32(0x08000000);
    Writer cooked = seed(4).zeros(14).u16(0x0800);
    sluice::telemetry::testing::add_udp(sluice::telemetry::testing::add_ipv4(cooked, {}), 1, 2);
    return {qinq.bytes(), chain.bytes(), ppp.bytes(), cooked.bytes()};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Bytes packet(data + 1, data + size);
    sluice::model::FlowRecord record;
    const HeaderOutcome outcome = read_packet_header(layers[data[0] % std::size(layers)], packet, record);
    const bool counted = outcome == HeaderOutcome::complete || outcome == HeaderOutcome::partial;
    // No header can say more than this, whatever stands in it.
    const bool sound = record.bytes <= 65535 + 40 && record.vlan <= 0xfff && record.fragment_offset <= 0x1fff;
    if (counted && !sound) std::abort();
    return 0;
}
