#include "telemetry/record_completion.hpp"

#include <tuple>
#include <utility>

#include "telemetry/packet_header.hpp"

namespace sluice::telemetry {
namespace {

SamplingStatement statement_of(const RecordExtras& extras) {
    return SamplingStatement{.interval = extras.sampling_interval,
                             .random_interval = extras.sampling_random_interval,
                             .algorithm = extras.sampling_algorithm,
                             .packet_interval = extras.sampling_packet_interval,
                             .packet_space = extras.sampling_packet_space,
                             .size = extras.sampling_size,
                             .population = extras.sampling_population,
                             .probability = extras.sampling_probability};
}

void complete_times(const PlanTraits& traits, const RecordExtras& extras, const RecordClock& clock,
                    model::FlowRecord& record) {
    const std::uint64_t duration_ms =
        extras.duration_ms != 0 ? extras.duration_ms : extras.duration_us / 1000;
    if (duration_ms == 0 || duration_ms > 0xffffffffU) return;
    const bool readable = !traits.has_uptime || clock.uptime_known || extras.init_time_ms != 0;
    if (readable && traits.has_first && traits.has_last) return;
    const auto duration = std::chrono::milliseconds(duration_ms);
    if (readable && traits.has_first) {
        record.last_at = record.first_at + duration;
    } else {
        record.first_at = record.last_at - duration;
    }
}

}  // namespace

bool complete_sampling(const Domain& domain, const PlanTraits& traits, const RecordExtras& extras,
                       model::FlowRecord& record) {
    if (traits.has_sampling) {
        if (const std::uint32_t rate = statement_of(extras).rate(); rate != 0) {
            record.sampling = rate;
            return true;
        }
    }
    bool named = false;
    for (const auto& [has, scope, number] :
         {std::tuple(traits.has_sampler, SamplingScope::sampler, extras.sampler),
          std::tuple(traits.has_selector, SamplingScope::selector, extras.selector)}) {
        if (!has || number == 0) continue;  // 0 is no sampler
        if (const std::uint32_t rate = domain.sampling.find(scope, number); rate != 0) {
            record.sampling = rate;
            return true;
        }
        named = true;
    }
    if (domain.sampling.has(SamplingScope::interface)) {
        const std::uint32_t interface =
            record.direction == 1 ? record.output_interface : record.input_interface;
        if (const std::uint32_t rate = domain.sampling.find(SamplingScope::interface, interface); rate != 0) {
            record.sampling = rate;
            return true;
        }
    }
    return !named || domain.sampling.common() != 0;
}

bool note_options(Domain& domain, const PlanTraits& traits, const RecordExtras& extras,
                  const model::FlowRecord& record) {
    if (extras.init_time_ms != 0) domain.init_time_ms = extras.init_time_ms;
    const std::uint32_t rate = statement_of(extras).rate();
    if (rate == 0) return true;
    bool kept = true;
    if (traits.has_sampler) kept = domain.sampling.set(SamplingScope::sampler, extras.sampler, rate) && kept;
    if (traits.has_selector)
        kept = domain.sampling.set(SamplingScope::selector, extras.selector, rate) && kept;
    if (traits.has_interface) {
        kept = domain.sampling.set(SamplingScope::interface, record.input_interface, rate) && kept;
    }
    if (!traits.has_sampler && !traits.has_selector && !traits.has_interface)
        domain.sampling.set_default(rate);
    return kept;
}

void complete_fields(const PlanTraits& traits, const RecordExtras& extras, const RecordClock& clock,
                     model::FlowRecord& record) {
    if (traits.has_icmp && record.icmp_type_code == 0 && is_icmp(record.protocol)) {
        record.icmp_type_code = static_cast<std::uint16_t>(extras.icmp_type << 8U | extras.icmp_code);
    }
    record.tcp_flags |= extras.first_tcp_flags | extras.later_tcp_flags;
    if (extras.dscp != 0 && record.tos == 0) record.tos = static_cast<std::uint8_t>(extras.dscp << 2U);
    if (extras.mpls_stack_entry != 0) record.mpls_label = extras.mpls_stack_entry >> 4U;
    complete_times(traits, extras, clock, record);
}

std::optional<LossReason> complete_from_section(const RecordExtras& extras, const std::uint8_t* bytes,
                                                model::FlowRecord& record) {
    const bool ethernet = extras.ethernet_section_length > 0;
    const std::size_t at = ethernet ? extras.ethernet_section_at : extras.ip_section_at;
    const std::size_t length = ethernet ? extras.ethernet_section_length : extras.ip_section_length;
    if (length == 0) return LossReason::packet_cut;
    const std::uint64_t reported_bytes = record.bytes;
    const HeaderOutcome outcome =
        read_packet_header(ethernet ? LinkLayer::ethernet : LinkLayer::raw_ip, {bytes + at, length}, record);
    if (const auto reason = loss_of(outcome)) return reason;
    if (reported_bytes != 0) record.bytes = reported_bytes;
    if (record.bytes == 0) record.bytes = extras.frame_length;
    if (record.packets == 0) record.packets = 1;
    return std::nullopt;
}

model::FlowRecord reverse_of(const model::FlowRecord& record, const RecordExtras& extras) {
    model::FlowRecord reverse = record;
    std::swap(reverse.source, reverse.destination);
    std::swap(reverse.source_port, reverse.destination_port);
    std::swap(reverse.source_as, reverse.destination_as);
    std::swap(reverse.source_mask, reverse.destination_mask);
    std::swap(reverse.input_interface, reverse.output_interface);
    reverse.next_hop = {};
    reverse.packets = extras.reverse_packets;
    reverse.bytes = extras.reverse_bytes;
    reverse.tcp_flags =
        extras.reverse_tcp_flags | extras.reverse_first_tcp_flags | extras.reverse_later_tcp_flags;
    reverse.reverse = true;
    return reverse;
}

}  // namespace sluice::telemetry
