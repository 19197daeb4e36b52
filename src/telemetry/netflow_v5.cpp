// NetFlow v5 (Cisco, "NetFlow Export Datagram Format"):
//
//   header, 24 bytes                          record, 48 bytes, `count` of them
//    0 version 5        2 count                0 source        4 destination   8 next hop
//    4 uptime, ms       8 unix seconds        12 input if     14 output if    16 packets
//   12 nanoseconds     16 flow sequence       20 bytes        24 first, ms    28 last, ms of uptime
//   20 engine type     21 engine id           32 source port  34 dest. port   36 pad
//   22 sampling: mode 2 bits, interval 14     37 TCP flags    38 protocol     39 TOS
//                                             40 source AS    42 dest. AS     44/45 masks   46 pad
#include <cstring>

#include "base/byte_cursor.hpp"
#include "net/protocol.hpp"
#include "telemetry/decoder_state.hpp"

namespace sluice::telemetry {
namespace {

constexpr std::size_t header_length = 24;
constexpr std::size_t record_length = 48;
constexpr std::int64_t ns_per_ms = 1'000'000;

std::uint16_t u16(const std::uint8_t* at) {
    std::uint16_t value;
    std::memcpy(&value, at, sizeof(value));
    return __builtin_bswap16(value);
}
std::uint32_t u32(const std::uint8_t* at) {
    std::uint32_t value;
    std::memcpy(&value, at, sizeof(value));
    return __builtin_bswap32(value);
}

struct Header {
    std::uint16_t count = 0;
    std::uint32_t uptime = 0;
    std::uint32_t sequence = 0;
    std::uint16_t engine = 0;  // type << 8 | id
    std::uint16_t sampling = 0;
    base::Timestamp exported_at{};
};

Header read_header(base::ByteCursor cursor) {
    Header header;
    cursor.skip(2);
    header.count = cursor.u16();
    header.uptime = cursor.u32();
    const std::uint32_t seconds = cursor.u32();
    const std::uint32_t nanoseconds = cursor.u32();
    header.exported_at =
        base::Timestamp{std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds)};
    header.sequence = cursor.u32();
    header.engine = cursor.u16();
    header.sampling = cursor.u16() & 0x3fffU;
    return header;
}

void read_record(const std::uint8_t* at, const Header& header, model::FlowRecord& record) {
    const auto time = [&](std::uint32_t uptime) {
        return header.exported_at -
               base::Duration(static_cast<std::int32_t>(header.uptime - uptime) * ns_per_ms);
    };
    record.source = net::Address::v4_from(at);
    record.destination = net::Address::v4_from(at + 4);
    record.next_hop = net::Address::v4_from(at + 8);
    record.input_interface = u16(at + 12);
    record.output_interface = u16(at + 14);
    record.packets = u32(at + 16);
    record.bytes = u32(at + 20);
    record.first_at = time(u32(at + 24));
    record.last_at = time(u32(at + 28));
    record.source_port = u16(at + 32);
    record.destination_port = u16(at + 34);
    record.tcp_flags = at[37];
    record.protocol = at[38];
    record.tos = at[39];
    record.source_as = u16(at + 40);
    record.destination_as = u16(at + 42);
    record.source_mask = at[44];
    record.destination_mask = at[45];
    // Type and code of ICMP stand in the destination port.
    if (record.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmp)) {
        record.icmp_type_code = record.destination_port;
    }
}

std::uint32_t rate_of(const Domain& domain, const Header& header) {
    const ExporterSetting* setting = domain.exporter->setting;
    if (setting != nullptr && setting->override_sampling != 0) return setting->override_sampling;
    return header.sampling > 0 ? header.sampling : domain.rate();
}

}  // namespace

void decode_netflow_v5(DecoderState& state, const Datagram& datagram, RecordSink& sink) {
    const auto bytes = datagram.payload;
    if (bytes.size() < header_length) return state.statistics.lose(LossReason::header_malformed);
    const Header header = read_header(base::ByteCursor(bytes));
    // More records than the datagram holds: the header contradicts itself, and nothing in it is to
    // be believed.
    if (header.count == 0 || header.count > (bytes.size() - header_length) / record_length) {
        return state.statistics.lose(LossReason::header_malformed);
    }
    Domain* const domain = state.exporters.enter(
        DomainKey{datagram.exporter, {}, header.engine, model::FlowSource::netflow_v5}, datagram.now);
    if (domain == nullptr) return;

    Stream& stream = domain->stream(datagram.exporter_port, datagram.now);
    state.follow(*domain, stream, LossReason::gap_netflow_v5, header.sequence, header.count, true,
                 uptime_restarted(stream, header.uptime));

    model::FlowRecord blank = blank_record(*domain, header.exported_at);
    blank.sampling = rate_of(*domain, header);
    for (std::size_t i = 0; i < header.count; ++i) {
        model::FlowRecord& record = state.batch.next(sink);
        record = blank;
        read_record(bytes.data() + header_length + i * record_length, header, record);
    }
    state.batch.flush(sink);
    state.count_records(*domain, header.count);
}

}  // namespace sluice::telemetry
