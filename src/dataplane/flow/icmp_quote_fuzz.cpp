// Bytes as an Ethernet frame: the tuple, the quotation and a flow's tracking never read beyond it. The frame
// lies in memory of its own size, so that the sanitizers see what lies beyond.
#include <cstdlib>
#include <memory>

#include "dataplane/flow/flow_world.hpp"

namespace {
using namespace sluice::dataplane::flow;

FlowWorld& world() {
    static FlowWorld it({.flows = 256, .tenants = 4});
    return it;
}
}  // namespace

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const auto* text : {"tcp 10.0.0.1:4000 > 192.0.2.1:443 syn seq 1000 payload 4 data-offset 6",
                             "tcp 192.0.2.1:443 > 10.0.0.1:4000 syn ack seq 5000 ack-number 1001",
                             "tcp 10.0.0.1:4000 > 192.0.2.1:443 ack seq 1001 ack-number 5001 payload 10",
                             "udp 10.0.0.1:4000 > 192.0.2.1:53 more id 7 payload 64",
                             "udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 72 id 7 payload 64",
                             "icmp 10.0.0.1 > 192.0.2.1 type 8 payload 8",
                             "udp [2001:db8::1]:4000 > [2001:db8:9::9]:53 extension hop-by-hop payload 8"})
        seeds.push_back(sluice::packet::parse_packet_text(text).value());
    for (const auto* quoted :
         {"udp 10.0.0.1:4000 > 192.0.2.1:53 payload 8", "tcp 10.0.0.1:4000 > 192.0.2.1:443 syn seq 1000"}) {
        auto error =
            sluice::packet::parse_packet_text("icmp 198.51.100.7 > 10.0.0.1 type 3 payload 36").value();
        const auto packet = sluice::packet::parse_packet_text(quoted).value();
        std::copy_n(packet.begin() + 14, 36, error.end() - 36);
        seeds.push_back(error);
    }
    auto error =
        sluice::packet::parse_packet_text("icmpv6 2001:db8:5::5 > 2001:db8::1 type 2 payload 64").value();
    const auto packet = sluice::packet::parse_packet_text(
                            "udp [2001:db8::1]:4000 > [2001:db8:9::9]:53 extension destination payload 8")
                            .value();
    std::copy_n(packet.begin() + 14, 64, error.end() - 64);
    seeds.push_back(error);
    return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 65'535) return 0;
    const TextPacket parsed(std::vector<std::uint8_t>(data, data + size));
    if (parsed.key.error != sluice::packet::ParseError::none) return 0;
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(data, size, exact.get());
    TextPacket packet{std::vector<std::uint8_t>{}};
    packet.frame = {exact.get(), static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(size), nullptr};
    packet.key = parsed.key;
    const std::string_view said = world().send(packet, 1);
    world().wait(0.01);
    if (said.empty() || world().table.counts().open.value() > 256) std::abort();
    return 0;
}
