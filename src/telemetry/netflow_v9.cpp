// NetFlow v9, RFC 3954 section 5:
//
//   header, 20 bytes                               flow set
//    0 version 9      2 count of records            0 id: 0 templates, 1 options templates, from 256 data
//    4 uptime, ms     8 unix seconds                2 length, with this head and padding
//   12 package sequence number (datagrams)          4 …
//   16 source id (the observation domain)
//
// The count is not relied upon: exporters count it in different ways.
#include <algorithm>

#include "base/byte_cursor.hpp"
#include "telemetry/set_decoder.hpp"

namespace sluice::telemetry {
namespace {

constexpr std::size_t header_length = 20;
constexpr std::uint16_t template_set = 0;
constexpr std::uint16_t options_template_set = 1;
constexpr std::uint16_t least_data_set = 256;
constexpr std::int64_t ns_per_s = 1'000'000'000;

bool all_zero(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

void read_sets(DecoderState& state, SetDecoder& decoder, base::ByteCursor& cursor) {
    while (cursor.remaining() >= 4) {
        // Some exporters send datagrams of a fixed size, filled up with zeros.
        const auto rest = cursor.rest();
        const std::uint16_t id = cursor.u16();
        const std::uint16_t length = cursor.u16();
        if (length < 4 || length - 4U > cursor.remaining()) {
            if (!all_zero(rest)) state.statistics.lose(LossReason::set_malformed);
            return;
        }
        const auto set = cursor.take(length - 4U);
        if (id == template_set) {
            decoder.read_templates(base::ByteCursor(set), TemplateSyntax::v9);
        } else if (id == options_template_set) {
            decoder.read_templates(base::ByteCursor(set), TemplateSyntax::v9_options);
        } else if (id >= least_data_set) {
            decoder.read_data(id, set);
        } else {
            state.statistics.lose(LossReason::set_malformed);
        }
    }
}

}  // namespace

void decode_netflow_v9(DecoderState& state, const Datagram& datagram, RecordSink& sink) {
    base::ByteCursor cursor(datagram.payload);
    if (cursor.remaining() < header_length) return state.statistics.lose(LossReason::header_malformed);
    cursor.skip(4);
    const std::uint32_t uptime = cursor.u32();
    const std::uint32_t seconds = cursor.u32();
    const std::uint32_t sequence = cursor.u32();
    const std::uint32_t source_id = cursor.u32();
    Domain* const domain = state.exporters.enter(
        DomainKey{datagram.exporter, {}, source_id, model::FlowSource::netflow_v9}, datagram.now);
    if (domain == nullptr) return;
    Stream& stream = domain->stream(datagram.exporter_port, datagram.now);
    state.follow(*domain, stream, LossReason::gap_netflow_v9, sequence, 1, true,
                 uptime_restarted(stream, uptime));
    SetDecoder decoder(state, *domain, datagram, RecordClock{seconds * ns_per_s, uptime, true}, sink);
    read_sets(state, decoder, cursor);
    decoder.finish();
}

}  // namespace sluice::telemetry
