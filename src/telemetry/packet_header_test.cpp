#include "telemetry/packet_header.hpp"

#include <gtest/gtest.h>

#include "telemetry/testing/packet_builder.hpp"

namespace sluice::telemetry {
namespace {

using testing::add_ipv4;
using testing::add_ipv6;
using testing::add_tcp;
using testing::add_udp;
using testing::ethernet;
using testing::Writer;

struct Read {
    HeaderOutcome outcome;
    model::FlowRecord record;
};

Read read(const Writer& writer, LinkLayer link = LinkLayer::ethernet) {
    Read result{};
    result.outcome = read_packet_header(link, writer.bytes(), result.record);
    return result;
}

void expect_ipv4(const model::FlowRecord& record) {
    EXPECT_EQ(record.source.to_string(), "192.0.2.1");
    EXPECT_EQ(record.destination.to_string(), "198.51.100.7");
    EXPECT_EQ(record.ttl, 61);
    EXPECT_EQ(record.tos, 0x28);
}

TEST(PacketHeader, ReadsTcpOverIpv4) {
    Writer writer = ethernet(0x0800);
    add_tcp(add_ipv4(writer, {.protocol = 6, .total_length = 1500, .fragment = 0x4000}), 0x12);
    const auto [outcome, record] = read(writer);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    expect_ipv4(record);
    EXPECT_EQ(record.bytes, 1500U);
    EXPECT_EQ(record.protocol, 6);
    EXPECT_EQ(record.source_port, 40000);
    EXPECT_EQ(record.destination_port, 443);
    EXPECT_EQ(record.tcp_flags, 0x12);
    EXPECT_EQ(record.fragment_flags, 0x40);
    EXPECT_EQ(record.fragment_id, 0x1234U);
}

TEST(PacketHeader, SkipsIpv4Options) {
    Writer writer = ethernet(0x0800);
    add_udp(add_ipv4(writer, {.words = 8}), 53, 1000);
    const auto [outcome, record] = read(writer);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    EXPECT_EQ(record.source_port, 53);
}

TEST(PacketHeader, ALaterFragmentHasNoPorts) {
    Writer writer = ethernet(0x0800);
    add_udp(add_ipv4(writer, {.fragment = 0x2000 | 185}), 53, 1000);
    const auto [outcome, record] = read(writer);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    EXPECT_EQ(record.fragment_offset, 185);
    EXPECT_EQ(record.fragment_flags, 0x20);
    EXPECT_EQ(record.source_port, 0);
    EXPECT_EQ(record.protocol, 17);
}

TEST(PacketHeader, ReadsIcmpTypeAndCode) {
    Writer writer = ethernet(0x0800);
    add_ipv4(writer, {.protocol = 1}).u8(3).u8(4).u16(0);
    EXPECT_EQ(read(writer).record.icmp_type_code, 0x0304);
    Writer v6 = ethernet(0x86dd);
    add_ipv6(v6, 58).u8(135).u8(0).u16(0);
    EXPECT_EQ(read(v6).record.icmp_type_code, 135 << 8);
}

TEST(PacketHeader, ReadsIpv6) {
    Writer writer = ethernet(0x86dd);
    add_tcp(add_ipv6(writer, 6), 0x02);
    const auto [outcome, record] = read(writer);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    EXPECT_EQ(record.source.to_string(), "2001:db8::1");
    EXPECT_EQ(record.destination.to_string(), "2001:db8::2");
    EXPECT_EQ(record.bytes, 100U);
    EXPECT_EQ(record.flow_label, 0xabcdeU);
    EXPECT_EQ(record.tos, 0x28);
    EXPECT_EQ(record.ttl, 61);
    EXPECT_EQ(record.tcp_flags, 0x02);
    EXPECT_EQ(record.destination_port, 443);
}

TEST(PacketHeader, FollowsIpv6ExtensionHeaders) {
    Writer writer = ethernet(0x86dd);
    add_ipv6(writer, 0);
    writer.u8(43).u8(0).zeros(6);                     // hop-by-hop
    writer.u8(60).u8(2).zeros(22);                    // routing, 24 bytes
    writer.u8(51).u8(0).zeros(6);                     // destination options
    writer.u8(44).u8(4).zeros(22);                    // authentication, 24 bytes
    writer.u8(17).u8(0).u16(0x0001).u32(0xdeadbeef);  // first fragment, more to come
    add_udp(writer, 53, 1000);
    const auto [outcome, record] = read(writer);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    EXPECT_EQ(record.protocol, 17);
    EXPECT_EQ(record.source_port, 53);
    EXPECT_EQ(record.fragment_flags, 0x20);
    EXPECT_EQ(record.fragment_id, 0xdeadbeefU);
}

TEST(PacketHeader, ALaterIpv6FragmentHasNoPorts) {
    Writer writer = ethernet(0x86dd);
    add_ipv6(writer, 44).u8(17).u8(0).u16(185 << 3).u32(7);
    add_udp(writer, 53, 1000);
    const auto [outcome, record] = read(writer);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    EXPECT_EQ(record.fragment_offset, 185);
    EXPECT_EQ(record.source_port, 0);
}

TEST(PacketHeader, AnEndlessChainOfExtensionHeadersEnds) {
    Writer writer = ethernet(0x86dd);
    add_ipv6(writer, 60);
    for (int i = 0; i < 100; ++i) writer.u8(60).u8(0).zeros(6);
    EXPECT_EQ(read(writer).outcome, HeaderOutcome::partial);
}

TEST(PacketHeader, ReadsVlanAndQinq) {
    Writer one = ethernet(0x8100);
    add_udp(add_ipv4(one.u16(0xe064).u16(0x0800), {}), 1, 2);
    EXPECT_EQ(read(one).record.vlan, 100);
    EXPECT_EQ(read(one).record.inner_vlan, 0);
    Writer two = ethernet(0x88a8);
    add_udp(add_ipv4(two.u16(200).u16(0x8100).u16(300).u16(0x0800), {}), 1, 2);
    const auto [outcome, record] = read(two);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    EXPECT_EQ(record.vlan, 200);
    EXPECT_EQ(record.inner_vlan, 300);
    expect_ipv4(record);
}

TEST(PacketHeader, TooManyTagsAreMalformed) {
    Writer writer = ethernet(0x8100);
    for (int i = 0; i < 10; ++i) writer.u16(1).u16(0x8100);
    EXPECT_EQ(read(writer).outcome, HeaderOutcome::malformed);
}

TEST(PacketHeader, ReadsMplsStacks) {
    Writer writer = ethernet(0x8847);
    writer.u32(100016U << 12U | 0x0ff).u32(17U << 12U | 0x1ff);
    add_udp(add_ipv4(writer, {}), 1, 2);
    const auto [outcome, record] = read(writer);
    EXPECT_EQ(outcome, HeaderOutcome::complete);
    EXPECT_EQ(record.mpls_label, 100016U);
    expect_ipv4(record);
    Writer v6;
    add_udp(add_ipv6(v6.u32(5U << 12U | 0x1ff), 17), 1, 2);
    EXPECT_EQ(read(v6, LinkLayer::mpls).record.source.to_string(), "2001:db8::1");
    Writer pseudowire = ethernet(0x8847);
    EXPECT_EQ(read(pseudowire.u32(5U << 12U | 0x1ff).zeros(40)).outcome, HeaderOutcome::not_ip);
}

TEST(PacketHeader, ReadsOtherLinkLayers) {
    Writer raw;
    add_udp(add_ipv4(raw, {}), 1, 2);
    EXPECT_EQ(read(raw, LinkLayer::raw_ip).outcome, HeaderOutcome::complete);
    Writer ppp;
    add_udp(add_ipv4(ppp.u16(0xff03).u16(0x0021), {}), 1, 2);
    expect_ipv4(read(ppp, LinkLayer::ppp).record);
    Writer compressed;
    add_udp(add_ipv6(compressed.u8(0x57), 17), 1, 2);
    EXPECT_EQ(read(compressed, LinkLayer::ppp).outcome, HeaderOutcome::complete);
    Writer cooked;
    add_udp(add_ipv4(cooked.zeros(14).u16(0x0800), {}), 1, 2);
    expect_ipv4(read(cooked, LinkLayer::linux_sll).record);
    Writer cooked2;
    add_udp(add_ipv4(cooked2.u16(0x0800).zeros(18), {}), 1, 2);
    expect_ipv4(read(cooked2, LinkLayer::linux_sll2).record);
    Writer loopback;
    add_udp(add_ipv4(loopback.u32(0x02000000), {}), 1, 2);
    expect_ipv4(read(loopback, LinkLayer::null_loopback).record);
    Writer pppoe = ethernet(0x8864);
    add_udp(add_ipv4(pppoe.u16(0x1100).u16(1).u16(102).u16(0x0021), {}), 1, 2);
    expect_ipv4(read(pppoe).record);
    Writer snap = ethernet(108);
    add_udp(add_ipv4(snap.u32(0xaaaa0300).u16(0).u16(0x0800), {}), 1, 2);
    expect_ipv4(read(snap).record);
}

TEST(PacketHeader, WhatIsNotIpIsSaidToBeSo) {
    EXPECT_EQ(read(ethernet(0x0806).zeros(46)).outcome, HeaderOutcome::not_ip);
    EXPECT_EQ(read(ethernet(0x88cc).zeros(46)).outcome, HeaderOutcome::not_ip);
    EXPECT_EQ(read(ethernet(38).u32(0x42420300).zeros(40)).outcome, HeaderOutcome::not_ip);
}

TEST(PacketHeader, ContradictionsAreMalformed) {
    Writer version = ethernet(0x0800);
    version.u8(0x55).zeros(39);
    EXPECT_EQ(read(version).outcome, HeaderOutcome::malformed);
    Writer words = ethernet(0x0800);
    words.u8(0x44).zeros(39);
    EXPECT_EQ(read(words).outcome, HeaderOutcome::malformed);
    Writer total = ethernet(0x0800);
    add_udp(add_ipv4(total, {.total_length = 19}), 1, 2);
    EXPECT_EQ(read(total).outcome, HeaderOutcome::malformed);
}

// Whatever length a header is cut to: no crash, and addresses only when they were there.
TEST(PacketHeader, CutAnywhere) {
    Writer writer = ethernet(0x88a8);
    add_ipv6(writer.u16(200).u16(0x8100).u16(300).u16(0x8847).u32(16U << 12U | 0x1ff), 0);
    add_tcp(writer.u8(6).u8(0).zeros(6), 0x02);
    const std::size_t address_end = 14 + 8 + 4 + 40;
    for (std::size_t length = 0; length < writer.size(); ++length) {
        model::FlowRecord record;
        const std::vector<std::uint8_t> cut(writer.bytes().begin(),
                                            writer.bytes().begin() + static_cast<std::ptrdiff_t>(length));
        const HeaderOutcome outcome = read_packet_header(LinkLayer::ethernet, cut, record);
        EXPECT_EQ(outcome == HeaderOutcome::cut, length < address_end) << length;
        if (length < address_end) continue;
        EXPECT_EQ(record.destination.to_string(), "2001:db8::2") << length;
    }
}

}  // namespace
}  // namespace sluice::telemetry
