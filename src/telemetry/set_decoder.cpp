#include "telemetry/set_decoder.hpp"

#include <algorithm>

#include "telemetry/record_completion.hpp"

namespace sluice::telemetry {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

RecordClock with_init_time(RecordClock clock, std::uint64_t init_time_ms) {
    if (init_time_ms == 0) return clock;
    clock.uptime_now =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(clock.export_ns / ns_per_ms) - init_time_ms);
    clock.uptime_known = true;
    return clock;
}

base::Timestamp export_time(const RecordClock& clock) {
    return base::Timestamp{base::Duration(clock.export_ns)};
}

}  // namespace

SetDecoder::SetDecoder(DecoderState& state, Domain& domain, const Datagram& datagram,
                       const RecordClock& clock, RecordSink& sink)
    : state_(state), domain_(domain), datagram_(datagram), clock_(clock), sink_(sink) {
    if (!clock_.uptime_known) clock_ = with_init_time(clock_, domain_.init_time_ms);
}

void SetDecoder::read_templates(base::ByteCursor set, TemplateSyntax syntax) {
    TemplateDefinition definition;
    for (;;) {
        switch (read_template(set, syntax, state_.config.max_fields_per_template, definition)) {
            case TemplateRead::found:
                definition.withdrawal ? withdraw(definition) : learn(definition);
                break;
            case TemplateRead::too_large:
                state_.statistics.lose(LossReason::template_limit);
                break;
            case TemplateRead::malformed:
                state_.statistics.lose(LossReason::template_malformed);
                return;
            case TemplateRead::end:
                return;
        }
    }
}

void SetDecoder::withdraw(const TemplateDefinition& definition) {
    if (definition.id < 256) {
        state_.exporters.drop_templates(domain_, definition.options);
    } else {
        state_.exporters.drop_template(domain_, definition.id);
    }
}

void SetDecoder::learn(const TemplateDefinition& definition) {
    DecoderStatistics& statistics = state_.statistics;
    Template* known = domain_.find_template(definition.id);
    if (known != nullptr && known->options == definition.options && known->fields == definition.fields) {
        known->last_seen = datagram_.now;
        return;
    }
    if (known == nullptr && domain_.templates.size() >= state_.config.max_templates_per_domain) {
        return statistics.lose(LossReason::template_limit);
    }
    auto plan = RecordPlan::compile(definition.fields);
    if (!plan) return statistics.lose(LossReason::template_malformed);
    if (known == nullptr) {
        const auto at = std::lower_bound(domain_.templates.begin(), domain_.templates.end(), definition.id,
                                         [](const auto& entry, std::uint16_t id) { return entry->id < id; });
        known = domain_.templates.insert(at, std::make_unique<Template>())->get();
        statistics.templates_learned.add();
        statistics.templates.add();
    } else {
        statistics.templates_changed.add();
    }
    *known = Template{definition.id, definition.options, definition.fields, std::move(*plan), datagram_.now};
    read_waiting(definition.id);
}

void SetDecoder::read_waiting(std::uint16_t id) {
    if (domain_.waiting.empty()) return;
    // The records of an earlier message: their sequence numbers were accounted for when it came.
    const std::uint32_t records = records_;
    for (const WaitingSet& set : state_.exporters.take_waiting(domain_, id)) {
        Template* const known = domain_.find_template(id);
        known->options ? read_options(*known, set.bytes, set.clock)
                       : read_records(*known, set.bytes, set.clock);
        state_.statistics.data_waited.add();
    }
    records_ = records;
}

void SetDecoder::read_data(std::uint16_t id, std::span<const std::uint8_t> bytes) {
    Template* const known = domain_.find_template(id);
    if (known == nullptr) {
        all_known_ = false;
        state_.exporters.wait(domain_, WaitingSet{id, clock_, datagram_.received_at, datagram_.now,
                                                  std::vector<std::uint8_t>(bytes.begin(), bytes.end())});
        return;
    }
    known->options ? read_options(*known, bytes, clock_) : read_records(*known, bytes, clock_);
}

std::size_t SetDecoder::record_length(RecordPlan& plan, std::span<const std::uint8_t> bytes) {
    if (bytes.size() < plan.least_length()) return 0;
    if (plan.fixed()) return plan.least_length();
    const std::size_t length = plan.locate(bytes);
    if (length == 0) {
        // A record of nothing but empty fields is at least as long as padding: a few zeros at the end are
        // padding.
        const bool padding = bytes.size() < 4 &&
                             std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
        if (!padding) {
            state_.statistics.lose(LossReason::record_malformed);
            all_known_ = false;
        }
    }
    return length;
}

void SetDecoder::read_records(Template& known, std::span<const std::uint8_t> bytes,
                              const RecordClock& clock) {
    RecordPlan& plan = known.plan;
    const PlanTraits& traits = plan.traits();
    model::FlowRecord blank = blank_record(domain_, export_time(clock));
    const ExporterSetting* setting = domain_.exporter->setting;
    const bool own_rate = (setting == nullptr || setting->override_sampling == 0) &&
                          (traits.has_sampler || traits.has_selector || traits.has_sampling ||
                           domain_.sampling.has(SamplingScope::interface));
    RecordExtras extras{};
    std::uint64_t count = 0;
    for (std::size_t length = 0; (length = record_length(plan, bytes)) != 0; bytes = bytes.subspan(length)) {
        ++records_;
        if (!traits.has_address) {
            state_.statistics.lose(LossReason::record_without_address);
            continue;
        }
        model::FlowRecord& record = state_.batch.next(sink_);
        record = blank;
        plan.run(bytes.data(), clock, record, extras);
        if (!traits.has_icmp && is_icmp(record.protocol)) record.icmp_type_code = record.destination_port;
        ++count;
        if (!traits.has_extras && !own_rate) continue;
        if (traits.has_init_time && traits.has_uptime) {
            plan.run(bytes.data(), with_init_time(clock, extras.init_time_ms), record, extras);
        }
        if (own_rate && !complete_sampling(domain_, traits, extras, record))
            state_.statistics.sampling_unknown.add();
        if (!traits.has_extras) continue;
        if (traits.has_section) {
            if (const auto reason = complete_from_section(extras, bytes.data(), record)) {
                state_.statistics.lose(*reason);
                state_.batch.drop_last();
                --count;
                continue;
            }
        }
        complete_fields(traits, extras, clock, record);
        if (traits.has_reverse && (extras.reverse_packets | extras.reverse_bytes) != 0) {
            const model::FlowRecord reverse = reverse_of(record, extras);
            state_.batch.next(sink_) = reverse;
            ++count;
        }
    }
    state_.count_records(domain_, count);
}

void SetDecoder::read_options(Template& known, std::span<const std::uint8_t> bytes,
                              const RecordClock& clock) {
    RecordPlan& plan = known.plan;
    const PlanTraits& traits = plan.traits();
    RecordExtras extras{};
    for (std::size_t length = 0; (length = record_length(plan, bytes)) != 0; bytes = bytes.subspan(length)) {
        ++records_;
        state_.statistics.options_records.add();
        if (!traits.has_extras) continue;
        model::FlowRecord said;
        plan.run(bytes.data(), clock, said, extras);
        if (!note_options(domain_, traits, extras, said)) state_.statistics.samplers_refused.add();
    }
}

void SetDecoder::finish() {
    state_.batch.flush(sink_);
}

}  // namespace sluice::telemetry
