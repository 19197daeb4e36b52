// IPFIX, RFC 7011 section 3:
//
//   header, 16 bytes                               set
//    0 version 10     2 length of the message       0 id: 2 templates, 3 options templates, from 256 data
//    4 export time, unix seconds                    2 length, with this head and padding
//    8 sequence number (data records before this)   4 …
//   12 observation domain
#include "base/byte_cursor.hpp"
#include "telemetry/set_decoder.hpp"

namespace sluice::telemetry {
namespace {

constexpr std::size_t header_length = 16;
constexpr std::uint16_t template_set = 2;
constexpr std::uint16_t options_template_set = 3;
constexpr std::uint16_t least_data_set = 256;
constexpr std::int64_t ns_per_s = 1'000'000'000;

// False when the sets make no sense, so that the records in them are not all known.
bool read_sets(DecoderState& state, SetDecoder& decoder, base::ByteCursor cursor) {
    while (cursor.remaining() >= 4) {
        const std::uint16_t id = cursor.u16();
        const std::uint16_t length = cursor.u16();
        if (length < 4 || length - 4U > cursor.remaining()) {
            state.statistics.lose(LossReason::set_malformed);
            return false;
        }
        const auto set = cursor.take(length - 4U);
        if (id == template_set) {
            decoder.read_templates(base::ByteCursor(set), TemplateSyntax::ipfix);
        } else if (id == options_template_set) {
            decoder.read_templates(base::ByteCursor(set), TemplateSyntax::ipfix_options);
        } else if (id >= least_data_set) {
            decoder.read_data(id, set);
        } else {
            state.statistics.lose(LossReason::set_malformed);
        }
    }
    return true;
}

}  // namespace

void decode_ipfix(DecoderState& state, const Datagram& datagram, RecordSink& sink) {
    base::ByteCursor cursor(datagram.payload);
    if (cursor.remaining() < header_length) return state.statistics.lose(LossReason::header_malformed);
    cursor.skip(2);
    const std::uint16_t length = cursor.u16();
    if (length < header_length || length > datagram.payload.size()) {
        return state.statistics.lose(LossReason::header_malformed);
    }
    const std::uint32_t seconds = cursor.u32();
    const std::uint32_t sequence = cursor.u32();
    const std::uint32_t observation_domain = cursor.u32();
    Domain* const domain = state.exporters.enter(
        DomainKey{datagram.exporter, {}, observation_domain, model::FlowSource::ipfix}, datagram.now);
    if (domain == nullptr) return;
    SetDecoder decoder(state, *domain, datagram, RecordClock{seconds * ns_per_s, 0, false}, sink);
    const bool sound = read_sets(state, decoder, cursor.sub(length - header_length));
    state.follow(*domain, domain->stream(datagram.exporter_port, datagram.now), LossReason::gap_ipfix,
                 sequence, decoder.records(), sound && decoder.all_known(), false);
    decoder.finish();
}

}  // namespace sluice::telemetry
