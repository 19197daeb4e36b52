#include "detection/traffic_class.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::detection {
namespace {

using model::AttackVector;
using model::FlowRecord;
using model::FlowSource;

struct Case {
    const char* what;
    FlowRecord record;
    AttackVector expected;
};

FlowRecord tcp(FlowSource source, std::uint64_t packets, std::uint8_t flags, std::uint16_t from = 40000,
               std::uint16_t to = 443) {
    FlowRecord record;
    record.protocol = 6;
    record.reported_by = source;
    record.packets = packets;
    record.tcp_flags = flags;
    record.source_port = from;
    record.destination_port = to;
    return record;
}

FlowRecord udp(std::uint16_t from, std::uint16_t to) {
    FlowRecord record;
    record.protocol = 17;
    record.packets = 1;
    record.source_port = from;
    record.destination_port = to;
    return record;
}

FlowRecord fragment_of(std::uint8_t protocol, std::uint16_t offset, std::uint16_t from) {
    FlowRecord record = udp(from, from == 0 ? 0 : 4000);
    record.protocol = protocol;
    record.fragment_offset = offset;
    record.fragment_flags = 1;
    return record;
}

FlowRecord protocol(std::uint8_t number) {
    FlowRecord record;
    record.protocol = number;
    return record;
}

TEST(Classifier, NamesTheKindOfEachRecord) {
    constexpr auto sflow = FlowSource::sflow;
    constexpr auto v9 = FlowSource::netflow_v9;
    const Case cases[] = {
        {"a SYN", tcp(sflow, 1, 0x02), AttackVector::tcp_syn},
        {"a SYN with ECN", tcp(sflow, 1, 0xc2), AttackVector::tcp_syn},
        {"a SYN-ACK", tcp(sflow, 1, 0x12, 80, 4000), AttackVector::tcp_syn_ack},
        {"a data segment", tcp(sflow, 1, 0x18), AttackVector::tcp_ack},
        {"a RST", tcp(sflow, 1, 0x04), AttackVector::tcp_rst_fin},
        {"a closing FIN", tcp(sflow, 1, 0x11), AttackVector::tcp_rst_fin},
        {"no flags at all", tcp(sflow, 1, 0), AttackVector::tcp_null},
        {"SYN and FIN", tcp(sflow, 1, 0x03), AttackVector::tcp_null},
        {"a Christmas tree", tcp(sflow, 1, 0x29), AttackVector::tcp_null},
        {"a flow exporter without flags", tcp(v9, 5, 0), AttackVector::tcp_ack},
        {"a whole connection", tcp(v9, 12, 0x1b), AttackVector::tcp_ack},
        {"a flow of SYNs", tcp(v9, 3, 0x02), AttackVector::tcp_syn},
        {"a client that gave up", tcp(v9, 2, 0x06), AttackVector::tcp_syn},
        {"a client's handshake without data yet", tcp(v9, 2, 0x12, 40000, 443), AttackVector::tcp_ack},
        {"a server's repeated SYN-ACK", tcp(v9, 3, 0x12, 443, 40000), AttackVector::tcp_syn_ack},
        {"one SYN-ACK by NetFlow", tcp(v9, 1, 0x12, 50013, 22), AttackVector::tcp_syn_ack},
        {"the end of a long connection", tcp(v9, 20, 0x11), AttackVector::tcp_ack},
        {"a flow of RSTs", tcp(v9, 2, 0x14), AttackVector::tcp_rst_fin},
        {"DNS answers", udp(53, 22), AttackVector::dns},
        {"NTP answers", udp(123, 123), AttackVector::ntp},
        {"IKE behind NAT to a random port", udp(4500, 24875), AttackVector::isakmp},
        {"ESP in UDP between VPN gateways", udp(4500, 4500), AttackVector::udp},
        {"BACnet", udp(47808, 30120), AttackVector::bacnet},
        {"DVR discovery", udp(37810, 30120), AttackVector::dhcpdiscover},
        {"other UDP", udp(30120, 30120), AttackVector::udp},
        {"a later fragment", fragment_of(17, 185, 0), AttackVector::fragment},
        {"a later TCP fragment", fragment_of(6, 185, 0), AttackVector::fragment},
        {"a first fragment, with its ports", fragment_of(17, 0, 53), AttackVector::dns},
        {"UDP without ports, as NetFlow shows fragments", udp(0, 0), AttackVector::fragment},
        {"ICMP", protocol(1), AttackVector::icmp},
        {"ICMPv6", protocol(58), AttackVector::icmp},
        {"GRE", protocol(47), AttackVector::other_protocol},
    };
    const Classifier classifier;
    for (const auto& row : cases) {
        EXPECT_EQ(model::to_string(vector_of(classifier.classify(row.record))),
                  model::to_string(row.expected))
            << row.what;
    }
}

TEST(Classifier, KnowsEveryReflectorOfTheModel) {
    const Classifier classifier;
    std::set<std::uint16_t> ports;
    for (const auto& row : model::attack_vectors()) {
        for (const std::uint16_t port : {row.source_port, row.other_port}) {
            if (port == 0) continue;
            ports.insert(port);
            EXPECT_EQ(vector_of(classifier.classify(udp(port, 12345))), row.vector) << port;
        }
    }
    EXPECT_GE(ports.size(), 18U);
    for (unsigned port = 1; port < 65536; ++port) {
        const auto found = classifier.classify(udp(static_cast<std::uint16_t>(port), 12345));
        EXPECT_EQ(is_reflection(found), ports.contains(static_cast<std::uint16_t>(port))) << port;
    }
}

TEST(ClassMask, VectorsAreSumsOfClasses) {
    EXPECT_EQ(classes_of(AttackVector::total), all_classes);
    EXPECT_EQ(classes_of(AttackVector::tcp_syn), mask_of(TrafficClass::tcp_syn));
    EXPECT_EQ(classes_of(AttackVector::port_scan), 0U);
    const ClassMask udp_mask = classes_of(AttackVector::udp);
    EXPECT_NE(udp_mask & mask_of(TrafficClass::udp), 0U);
    EXPECT_NE(udp_mask & classes_of(AttackVector::dns), 0U) << "all UDP counts as UDP";
    EXPECT_EQ(udp_mask & mask_of(TrafficClass::fragment), 0U);
    ClassMask seen = 0;
    for (std::size_t i = 0; i < class_count; ++i) {
        const ClassMask own = classes_of(vector_of(static_cast<TrafficClass>(i)));
        seen |= own;
        EXPECT_NE(own & mask_of(static_cast<TrafficClass>(i)), 0U);
    }
    EXPECT_EQ(seen, all_classes);
}

}  // namespace
}  // namespace sluice::detection
