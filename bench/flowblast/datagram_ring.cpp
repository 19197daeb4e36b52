#include "datagram_ring.hpp"

#include <array>
#include <utility>

namespace sluice::bench::flowblast {
namespace {

using telemetry::testing::Bytes;
using telemetry::testing::Writer;

constexpr std::uint32_t uptime_ms = 3'600'000;
constexpr std::uint16_t template_id = 256;
using Elements = std::array<std::pair<std::uint16_t, std::uint16_t>, 17>;  // element, length

// A usual router's template: addresses, counters, ports, protocol, flags, TOS, interfaces, times, AS, masks.
constexpr Elements v9_elements{{{8, 4},
                                {12, 4},
                                {1, 4},
                                {2, 4},
                                {7, 2},
                                {11, 2},
                                {4, 1},
                                {6, 1},
                                {5, 1},
                                {10, 4},
                                {14, 4},
                                {22, 4},
                                {21, 4},
                                {16, 4},
                                {17, 4},
                                {9, 1},
                                {13, 1}}};
// The same with 64-bit counters and times in milliseconds since the epoch.
constexpr Elements ipfix_elements{{{8, 4},
                                   {12, 4},
                                   {1, 8},
                                   {2, 8},
                                   {7, 2},
                                   {11, 2},
                                   {4, 1},
                                   {6, 1},
                                   {5, 1},
                                   {10, 4},
                                   {14, 4},
                                   {152, 8},
                                   {153, 8},
                                   {16, 4},
                                   {17, 4},
                                   {9, 1},
                                   {13, 1}}};

constexpr std::uint32_t length_of(const Elements& elements) {
    std::uint32_t length = 0;
    for (const auto& [element, bytes] : elements) length += bytes;
    return length;
}
static_assert(length_of(v9_elements) == 49 && length_of(ipfix_elements) == 65);

// As many as fit into an Ethernet frame.
constexpr std::uint32_t records_of(Protocol protocol) {
    switch (protocol) {
        case Protocol::v5:
            return 30;
        case Protocol::v9:
            return 28;
        case Protocol::ipfix:
            return 21;
        case Protocol::sflow:
            return 8;
    }
    return 1;
}

// Where the header has its time (seconds) and sequence number.
struct HeaderPlaces {
    std::size_t time;
    std::size_t sequence;
    bool sequence_counts_records;
};
constexpr HeaderPlaces places_of(Protocol protocol) {
    switch (protocol) {
        case Protocol::v5:
            return {8, 16, true};
        case Protocol::v9:
            return {8, 12, false};
        case Protocol::ipfix:
            return {4, 8, true};
        case Protocol::sflow:
            return {0, 16, false};  // no wall time in sFlow
    }
    return {};
}

void write_u32(std::uint8_t* at, std::uint32_t value) {
    for (int i = 3; i >= 0; --i, value >>= 8U) at[i] = static_cast<std::uint8_t>(value);
}

Writer header_of(Protocol protocol, std::uint32_t records) {
    Writer writer;
    const std::uint32_t data_bytes =
        4 + records * length_of(protocol == Protocol::v9 ? v9_elements : ipfix_elements);
    switch (protocol) {
        case Protocol::v5:
            writer.u16(5).u16(records).u32(uptime_ms).u32(0).u32(0).u32(0).u8(0).u8(0).u16(0);
            break;
        case Protocol::v9:
            writer.u16(9).u16(records).u32(uptime_ms).u32(0).u32(0).u32(1);
            writer.u16(template_id).u16(data_bytes);
            break;
        case Protocol::ipfix:
            writer.u16(10).u16(16 + data_bytes).u32(0).u32(0).u32(1);
            writer.u16(template_id).u16(data_bytes);
            break;
        case Protocol::sflow:
            // version, agent (IPv4 192.0.2.1), sub-agent, sequence, uptime, samples
            writer.u32(5).u32(1).u32(0xc0000201).u32(0).u32(0).u32(uptime_ms).u32(records);
            break;
    }
    return writer;
}

}  // namespace

struct DatagramRing::Flow {
    std::uint32_t source;
    std::uint32_t destination;
    std::uint16_t source_port;
    std::uint16_t destination_port;
    std::uint8_t protocol;
    std::uint8_t tcp_flags;
    std::uint32_t packets;
    std::uint32_t bytes;
};

DatagramRing::DatagramRing(const Workload& workload)
    : workload_(workload), random_(workload.seed), records_(records_of(workload.protocol)) {
    for (std::uint32_t i = 0; i < workload.datagrams; ++i) {
        Writer writer = header_of(workload.protocol, records_);
        for (std::uint32_t k = 0; k < records_; ++k) add_record(writer, next_flow(), i * records_ + k);
        ring_.push_back(writer.bytes());
    }
}

DatagramRing::Flow DatagramRing::next_flow() {
    Flow flow{};
    const std::uint64_t bits = random_.next();
    flow.source = 0x0b000000U + static_cast<std::uint32_t>(random_.next() % 0xb0000000U);
    const std::uint32_t hosts = (1U << workload_.host_bits) - 1;
    flow.destination =
        workload_.attack ? workload_.victim : 0x0a0a0000U | (static_cast<std::uint32_t>(bits) & hosts);
    flow.source_port = static_cast<std::uint16_t>(bits >> 32U);
    const auto other_port = static_cast<std::uint16_t>(bits >> 48U);
    flow.destination_port = workload_.attack ? 80 : (random_.next() & 3U) != 0 ? 443 : other_port;
    flow.protocol = !workload_.attack && (random_.next() & 7U) != 0 ? 6 : 17;
    flow.tcp_flags = flow.protocol == 6 ? 0x18 : 0;
    const std::uint32_t mean = workload_.packets_a_record;
    flow.packets = workload_.attack ? mean : 1 + static_cast<std::uint32_t>(random_.next() % (2 * mean));
    flow.bytes = flow.packets * workload_.bytes_a_packet;
    return flow;
}

void DatagramRing::add_record(Writer& writer, const Flow& flow, std::uint32_t number) {
    constexpr std::uint32_t first = uptime_ms - 1000;
    constexpr std::uint32_t last = uptime_ms - 100;
    const auto ports = [&] { writer.u16(flow.source_port).u16(flow.destination_port); };
    switch (workload_.protocol) {
        case Protocol::v5:
            writer.u32(flow.source)
                .u32(flow.destination)
                .u32(0)
                .u16(1)
                .u16(2)
                .u32(flow.packets)
                .u32(flow.bytes);
            writer.u32(first).u32(last);
            ports();
            writer.u8(0)
                .u8(flow.tcp_flags)
                .u8(flow.protocol)
                .u8(0)
                .u16(65001)
                .u16(65002)
                .u8(24)
                .u8(24)
                .u16(0);
            break;
        case Protocol::v9:
            writer.u32(flow.source).u32(flow.destination).u32(flow.bytes).u32(flow.packets);
            ports();
            writer.u8(flow.protocol).u8(flow.tcp_flags).u8(0).u32(1).u32(2).u32(first).u32(last);
            writer.u32(65001).u32(65002).u8(24).u8(24);
            break;
        case Protocol::ipfix: {
            const std::uint64_t now_ms = 1'700'000'000'000 + number;
            writer.u32(flow.source).u32(flow.destination).u64(flow.bytes).u64(flow.packets);
            ports();
            writer.u8(flow.protocol)
                .u8(flow.tcp_flags)
                .u8(0)
                .u32(1)
                .u32(2)
                .u64(now_ms - 1000)
                .u64(now_ms - 100);
            writer.u32(65001).u32(65002).u8(24).u8(24);
            break;
        }
        case Protocol::sflow: {
            // A flow sample (format 1) with one raw packet header (format 1) of 64 bytes.
            constexpr std::uint32_t header_bytes = 64;
            constexpr std::uint32_t record_bytes = 16 + header_bytes;
            // As many packets a sample as the other protocols have in a record.
            const std::uint32_t sampling = workload_.packets_a_record;
            writer.u32(1)
                .u32(32 + 8 + record_bytes)
                .u32(number)
                .u32(1)
                .u32(sampling)
                .u32(number * sampling)
                .u32(0);
            writer.u32(1).u32(2).u32(1).u32(1).u32(record_bytes);
            writer.u32(1).u32(workload_.bytes_a_packet + 14).u32(4).u32(header_bytes);
            writer.zeros(12).u16(0x0800);
            writer.u8(0x45).u8(0).u16(workload_.bytes_a_packet).u16(1).u16(0).u8(60).u8(flow.protocol).u16(0);
            writer.u32(flow.source).u32(flow.destination);
            ports();
            writer.u32(1).u32(1).u8(0x50).u8(flow.tcp_flags).u16(1000).u32(0).zeros(10);
            break;
        }
    }
}

std::span<const std::uint8_t> DatagramRing::stamped(std::size_t index, std::uint32_t unix_s) {
    Bytes& datagram = ring_[index];
    const HeaderPlaces places = places_of(workload_.protocol);
    if (places.time != 0) write_u32(&datagram[places.time], unix_s);
    write_u32(&datagram[places.sequence], sequence_);
    sequence_ += places.sequence_counts_records ? records_ : 1;
    return datagram;
}

Bytes DatagramRing::templates(std::uint32_t unix_s) {
    Writer writer;
    const bool v9 = workload_.protocol == Protocol::v9;
    if (!v9 && workload_.protocol != Protocol::ipfix) return {};
    const Elements& elements = v9 ? v9_elements : ipfix_elements;
    const std::uint32_t set_bytes = 8 + 4 * elements.size();
    if (v9)
        writer.u16(9).u16(1).u32(uptime_ms).u32(unix_s).u32(sequence_++).u32(1);
    else
        writer.u16(10).u16(16 + set_bytes).u32(unix_s).u32(sequence_).u32(1);
    writer.u16(v9 ? 0 : 2).u16(set_bytes).u16(template_id).u16(elements.size());
    for (const auto& [element, length] : elements) writer.u16(element).u16(length);
    return writer.bytes();
}

}  // namespace sluice::bench::flowblast
