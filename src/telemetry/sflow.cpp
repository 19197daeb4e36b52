// sFlow v5 (sflow.org, "sFlow Version 5"), XDR: all words 32 bits big-endian, opaque data padded to 4 bytes.
//
//   datagram                                        sample
//    version 5, agent address type 1|2, address       format: enterprise 20 bits, number 12 bits
//    sub-agent id, sequence, uptime ms                length
//    number of samples, samples …                     1 flow, 2 counters, 3 expanded flow, 4 expanded
//    counters
//
//   flow sample                                     expanded flow sample
//    sequence, source (type 8 bits, index 24)         sequence, source type, source index
//    rate, pool, drops, input, output                 rate, pool, drops, input {format, value}, output
//    {format, value} number of records, records …                     number of records, records …
//
//   record: format (as above), length, data:
//    1 raw header: protocol, frame length, stripped, header length, header …
//    3 sampled IPv4, 4 sampled IPv6: length, protocol, source, destination, ports, TCP flags, TOS
//    1001 switch: VLANs   1002 router: next hop, masks   1003 gateway: next hop, ASs
#include <algorithm>

#include "base/byte_cursor.hpp"
#include "telemetry/decoder_state.hpp"
#include "telemetry/packet_header.hpp"

namespace sluice::telemetry {
namespace {

using base::ByteCursor;

constexpr std::uint32_t version = 5;
// Interface numbers: the top two bits say what kind of number it is; 0x3fffffff is "unknown".
constexpr std::uint32_t interface_value_mask = 0x3fffffff;
constexpr std::size_t max_sources = 1024;

enum SampleFormat : std::uint32_t {
    flow_sample = 1,
    counter_sample = 2,
    expanded_flow = 3,
    expanded_counter = 4
};
enum RecordFormat : std::uint32_t {
    raw_header = 1,
    sampled_ipv4 = 3,
    sampled_ipv6 = 4,
    extended_switch = 1001,
    extended_router = 1002,
    extended_gateway = 1003,
};

struct Message {
    DecoderState& state;
    Domain& domain;
    const Datagram& datagram;
    RecordSink& sink;
    model::FlowRecord blank;
};

// The parts of one flow sample, in whatever order its records come.
struct FlowSample {
    model::FlowRecord record;
    model::FlowRecord extended;  // what the switch, router and gateway records say
    std::optional<LossReason> unreadable;
    bool has_packet = false;
    bool has_switch = false;
    bool has_router = false;
    bool has_gateway = false;
};

struct Link {
    std::uint32_t protocol;
    LinkLayer layer;
};
// header_protocol of the raw header record
constexpr Link links[] = {{1, LinkLayer::ethernet},
                          {7, LinkLayer::ppp},
                          {11, LinkLayer::raw_ip},
                          {12, LinkLayer::raw_ip},
                          {13, LinkLayer::mpls}};

net::Address read_address(ByteCursor& cursor) {
    const std::uint32_t type = cursor.u32();
    if (type == 1) {
        const auto bytes = cursor.take(4);
        return cursor.ok() ? net::Address::v4_from(bytes.data()) : net::Address{};
    }
    if (type == 2) {
        const auto bytes = cursor.take(16);
        return cursor.ok() ? net::Address::v6_from(bytes.data()) : net::Address{};
    }
    if (type != 0) cursor.fail();
    return {};
}

void read_raw_header(ByteCursor& cursor, FlowSample& sample) {
    const std::uint32_t protocol = cursor.u32();
    const std::uint32_t frame_length = cursor.u32();
    cursor.skip(4);
    const std::uint32_t header_length = cursor.u32();
    // Some agents count the bytes that they could not copy: read what is there.
    const auto header = cursor.take(std::min<std::size_t>(header_length, cursor.remaining()));
    if (!cursor.ok() || sample.has_packet) return;
    const auto* const link = std::find_if(std::begin(links), std::end(links),
                                          [&](const Link& l) { return l.protocol == protocol; });
    if (link == std::end(links)) {
        sample.unreadable = LossReason::packet_not_ip;
        return;
    }
    model::FlowRecord record = sample.record;
    sample.unreadable = loss_of(read_packet_header(link->layer, header, record));
    if (sample.unreadable) return;
    if (record.bytes == 0 || record.bytes > frame_length) record.bytes = frame_length;
    sample.record = record;
    sample.has_packet = true;
}

// Only where the raw header is not sent, too.
void read_sampled_ip(ByteCursor& cursor, FlowSample& sample, std::size_t address_length) {
    model::FlowRecord record = sample.record;
    record.bytes = cursor.u32();
    record.protocol = static_cast<std::uint8_t>(cursor.u32());
    const auto source = cursor.take(address_length);
    const auto destination = cursor.take(address_length);
    record.source_port = static_cast<std::uint16_t>(cursor.u32());
    record.destination_port = static_cast<std::uint16_t>(cursor.u32());
    record.tcp_flags = static_cast<std::uint8_t>(cursor.u32());
    record.tos = static_cast<std::uint8_t>(cursor.u32());
    if (!cursor.ok() || sample.has_packet) return;
    record.source =
        address_length == 4 ? net::Address::v4_from(source.data()) : net::Address::v6_from(source.data());
    record.destination = address_length == 4 ? net::Address::v4_from(destination.data())
                                             : net::Address::v6_from(destination.data());
    sample.record = record;
    sample.has_packet = true;
    sample.unreadable.reset();
}

void read_gateway(ByteCursor& cursor, model::FlowRecord& extended) {
    extended.next_hop = read_address(cursor);
    cursor.skip(4);  // the router's own AS
    extended.source_as = cursor.u32();
    cursor.skip(4);  // the peer's AS
    const std::uint32_t segments = cursor.u32();
    for (std::uint32_t i = 0; i < segments && cursor.ok(); ++i) {
        cursor.skip(4);  // set or sequence
        const std::uint32_t length = cursor.u32();
        if (length > cursor.remaining() / 4) return cursor.fail();
        if (length == 0) continue;
        cursor.skip((length - 1) * 4U);
        extended.destination_as = cursor.u32();  // of the last segment's last AS: where the path ends
    }
}

void read_flow_record(std::uint32_t format, ByteCursor cursor, FlowSample& sample) {
    switch (format) {
        case raw_header:
            return read_raw_header(cursor, sample);
        case sampled_ipv4:
            return read_sampled_ip(cursor, sample, 4);
        case sampled_ipv6:
            return read_sampled_ip(cursor, sample, 16);
        case extended_switch:
            sample.extended.vlan = static_cast<std::uint16_t>(cursor.u32());
            sample.has_switch = cursor.ok();
            return;
        case extended_router:
            sample.extended.next_hop = read_address(cursor);
            sample.extended.source_mask = static_cast<std::uint8_t>(cursor.u32());
            sample.extended.destination_mask = static_cast<std::uint8_t>(cursor.u32());
            sample.has_router = cursor.ok();
            return;
        case extended_gateway: {
            model::FlowRecord said;
            read_gateway(cursor, said);
            if (!cursor.ok()) return;
            sample.has_gateway = true;
            sample.extended.source_as = said.source_as;
            sample.extended.destination_as = said.destination_as;
            if (!sample.has_router) sample.extended.next_hop = said.next_hop;
            return;
        }
        default:
            return;  // of no concern to a flow record
    }
}

void merge_extended(FlowSample& sample) {
    model::FlowRecord& record = sample.record;
    const model::FlowRecord& extended = sample.extended;
    // The tag in the header counts; a switch that stripped it tells it here.
    if (sample.has_switch && record.vlan == 0 && extended.vlan <= 0xfff) record.vlan = extended.vlan;
    if (sample.has_router || sample.has_gateway) record.next_hop = extended.next_hop;
    if (sample.has_router) {
        record.source_mask = extended.source_mask;
        record.destination_mask = extended.destination_mask;
    }
    if (sample.has_gateway) {
        record.source_as = extended.source_as;
        record.destination_as = extended.destination_as;
    }
}

// The agent's own count of samples that it had to drop, a running total a source.
void note_drops(Message& message, std::uint32_t source, std::uint32_t drops) {
    auto& known = message.domain.agent_drops;
    const auto at =
        std::lower_bound(known.begin(), known.end(), source,
                         [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
    if (at == known.end() || at->first != source) {
        if (known.size() < max_sources) known.insert(at, {source, drops});
        return;
    }
    // A lower total is an agent that started anew.
    if (drops > at->second) message.state.statistics.lose(LossReason::agent_overload, drops - at->second);
    at->second = drops;
}

std::uint32_t read_interface(ByteCursor& cursor, bool expanded) {
    if (expanded) {
        const std::uint32_t format = cursor.u32();
        const std::uint32_t value = cursor.u32();
        return format == 0 ? value : 0;
    }
    const std::uint32_t value = cursor.u32();
    return value >> 30U == 0 && value != interface_value_mask ? value : 0;
}

void read_flow_sample(Message& message, ByteCursor cursor, bool expanded) {
    DecoderStatistics& statistics = message.state.statistics;
    cursor.skip(4);
    std::uint32_t source = cursor.u32();
    if (expanded) source = source << 24U | (cursor.u32() & 0xffffffU);
    const std::uint32_t rate = cursor.u32();
    cursor.skip(4);
    const std::uint32_t drops = cursor.u32();
    FlowSample sample{message.blank, {}, {}};
    const ExporterSetting* setting = message.domain.exporter->setting;
    if (rate > 0 && (setting == nullptr || setting->override_sampling == 0)) sample.record.sampling = rate;
    sample.record.input_interface = read_interface(cursor, expanded);
    sample.record.output_interface = read_interface(cursor, expanded);
    const std::uint32_t records = cursor.u32();
    if (!cursor.ok()) return statistics.lose(LossReason::sample_malformed);
    note_drops(message, source, drops);
    for (std::uint32_t i = 0; i < records; ++i) {
        const std::uint32_t format = cursor.u32();
        const std::uint32_t length = cursor.u32();
        const ByteCursor data = cursor.sub(length);
        if (!cursor.ok()) return statistics.lose(LossReason::sample_malformed);
        read_flow_record(format, data, sample);
    }
    if (!sample.has_packet)
        return statistics.lose(sample.unreadable.value_or(LossReason::sample_unsupported));
    merge_extended(sample);
    sample.record.packets = 1;
    message.state.batch.next(message.sink) = sample.record;
    message.state.count_records(message.domain, 1);
}

void read_interface_counters(Message& message, ByteCursor cursor) {
    InterfaceCounters counters;
    counters.exporter = message.datagram.exporter;
    counters.agent = message.domain.key.agent;
    counters.sub_agent = message.domain.key.domain;
    counters.received_at = message.datagram.received_at;
    counters.index = cursor.u32();
    counters.type = cursor.u32();
    counters.speed = cursor.u64();
    counters.direction = cursor.u32();
    counters.status = cursor.u32();
    counters.in_bytes = cursor.u64();
    counters.in_unicast = cursor.u32();
    counters.in_multicast = cursor.u32();
    counters.in_broadcast = cursor.u32();
    counters.in_discards = cursor.u32();
    counters.in_errors = cursor.u32();
    counters.in_unknown_protocols = cursor.u32();
    counters.out_bytes = cursor.u64();
    counters.out_unicast = cursor.u32();
    counters.out_multicast = cursor.u32();
    counters.out_broadcast = cursor.u32();
    counters.out_discards = cursor.u32();
    counters.out_errors = cursor.u32();
    counters.promiscuous = cursor.u32();
    if (!cursor.ok()) return message.state.statistics.lose(LossReason::sample_malformed);
    message.sink.on_counters(counters);
}

void read_counter_sample(Message& message, ByteCursor cursor, bool expanded) {
    constexpr std::uint32_t generic_interface = 1;
    cursor.skip(expanded ? 12 : 8);
    const std::uint32_t records = cursor.u32();
    for (std::uint32_t i = 0; i < records && cursor.ok(); ++i) {
        const std::uint32_t format = cursor.u32();
        const std::uint32_t length = cursor.u32();
        const ByteCursor data = cursor.sub(length);
        if (cursor.ok() && format == generic_interface) read_interface_counters(message, data);
    }
    if (!cursor.ok()) return message.state.statistics.lose(LossReason::sample_malformed);
    message.state.statistics.counter_samples.add();
}

void read_samples(Message& message, ByteCursor& cursor, std::uint32_t count) {
    DecoderStatistics& statistics = message.state.statistics;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t format = cursor.u32();
        const std::uint32_t length = cursor.u32();
        const ByteCursor sample = cursor.sub(length);
        if (!cursor.ok()) return statistics.lose(LossReason::sample_malformed);
        switch (format) {
            case flow_sample:
            case expanded_flow:
                read_flow_sample(message, sample, format == expanded_flow);
                break;
            case counter_sample:
            case expanded_counter:
                read_counter_sample(message, sample, format == expanded_counter);
                break;
            default:
                statistics.lose(LossReason::sample_unsupported);
        }
    }
}

}  // namespace

void decode_sflow(DecoderState& state, const Datagram& datagram, RecordSink& sink) {
    ByteCursor cursor(datagram.payload);
    if (cursor.u32() != version) return state.statistics.lose(LossReason::version_unknown);
    const net::Address agent = read_address(cursor);
    const std::uint32_t sub_agent = cursor.u32();
    const std::uint32_t sequence = cursor.u32();
    const std::uint32_t uptime = cursor.u32();
    const std::uint32_t samples = cursor.u32();
    if (!cursor.ok()) return state.statistics.lose(LossReason::header_malformed);
    Domain* const domain = state.exporters.enter(
        DomainKey{datagram.exporter, agent, sub_agent, model::FlowSource::sflow}, datagram.now);
    if (domain == nullptr) return;
    Stream& stream = domain->stream(datagram.exporter_port, datagram.now);
    const bool restarted = uptime_restarted(stream, uptime);
    if (restarted) domain->agent_drops.clear();
    state.follow(*domain, stream, LossReason::gap_sflow, sequence, 1, true, restarted);
    // sFlow has no time of day: a sample is as old as its datagram.
    Message message{state, *domain, datagram, sink, blank_record(*domain, datagram.received_at)};
    read_samples(message, cursor, samples);
    state.batch.flush(sink);
}

}  // namespace sluice::telemetry
