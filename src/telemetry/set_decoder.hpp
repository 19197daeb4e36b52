// The part that NetFlow v9 and IPFIX share: sets of templates and sets of data, within one message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "telemetry/decoder_state.hpp"
#include "telemetry/template_reader.hpp"

namespace sluice::telemetry {

class SetDecoder {
  public:
    // `exported_at` is the message's own time; `clock` says how its records' times are to be read.
    SetDecoder(DecoderState& state, Domain& domain, const Datagram& datagram, const RecordClock& clock,
               RecordSink& sink);

    void read_templates(base::ByteCursor set, TemplateSyntax syntax);
    void read_data(std::uint16_t id, std::span<const std::uint8_t> bytes);
    // Hands the last records to the sink.
    void finish();

    // Data records seen, options data among them; not exact when all_known() is false.
    [[nodiscard]] std::uint32_t records() const { return records_; }
    [[nodiscard]] bool all_known() const { return all_known_; }

  private:
    void learn(const TemplateDefinition& definition);
    void withdraw(const TemplateDefinition& definition);
    void read_waiting(std::uint16_t id);
    void read_records(Template& known, std::span<const std::uint8_t> bytes, const RecordClock& clock);
    void read_options(Template& known, std::span<const std::uint8_t> bytes, const RecordClock& clock);
    // Length of the record at the beginning of `bytes`; 0 at the end of the set. Counts a malformed one.
    std::size_t record_length(RecordPlan& plan, std::span<const std::uint8_t> bytes);

    DecoderState& state_;
    Domain& domain_;
    const Datagram& datagram_;
    RecordClock clock_;
    RecordSink& sink_;
    std::uint32_t records_ = 0;
    std::uint64_t handed_ = 0;
    bool all_known_ = true;
};

}  // namespace sluice::telemetry
