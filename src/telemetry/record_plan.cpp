#include "telemetry/record_plan.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace sluice::telemetry {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::uint64_t ntp_unix_offset_s = 2'208'988'800;  // 1900 to 1970

template <class T>
T load(const std::uint8_t* at) {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
}
template <class T>
void store(std::uint8_t* at, T value) {
    std::memcpy(at, &value, sizeof(T));
}

// The low 8 bytes of a big-endian number of any length.
std::uint64_t big_endian(const std::uint8_t* at, std::size_t length) {
    if (length > 8) {
        at += length - 8;
        length = 8;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < length; ++i) value = value << 8U | at[i];
    return value;
}

void store_number(std::uint8_t* target, std::uint8_t width, std::uint64_t value) {
    std::memcpy(target, &value, width);  // little-endian: the low bytes come first
}

bool is_zero(const std::uint8_t* target, std::uint8_t width) {
    if (width == sizeof(net::Address)) {
        net::Address address;
        std::memcpy(static_cast<void*>(&address), target, sizeof(address));
        return address.is_none() || address == net::Address::v4(0);
    }
    std::uint64_t value = 0;
    std::memcpy(&value, target, width);
    return value == 0;
}

void store_ipv4(std::uint8_t* target, const std::uint8_t* wire) {
    store<std::uint64_t>(target, 0);
    store<std::uint64_t>(target + 8, 0xffff0000ULL | static_cast<std::uint64_t>(load<std::uint32_t>(wire))
                                                         << 32U);
}

// The exporter's uptime wraps each 49.7 days; the nearest time to the export is meant.
std::int64_t uptime_to_ns(const RecordClock& clock, std::uint32_t uptime) {
    return clock.export_ns - static_cast<std::int32_t>(clock.uptime_now - uptime) * ns_per_ms;
}

std::int64_t ntp_to_ns(std::uint64_t value) {
    const std::uint64_t seconds = (value >> 32U) - ntp_unix_offset_s;
    const std::uint64_t fraction = value & 0xffffffffU;
    return static_cast<std::int64_t>(seconds) * ns_per_s +
           static_cast<std::int64_t>(fraction * 1'000'000'000U >> 32U);
}

bool length_fits(const FieldRule& rule, std::uint16_t length) {
    if (length == variable_length)
        return rule.kind == FieldKind::packet_bytes || rule.kind == FieldKind::number;
    switch (rule.kind) {
        case FieldKind::ipv4:
            return length == 4;
        case FieldKind::ipv6:
            return length == 16;
        case FieldKind::uptime_ms:
            return length == 4;
        case FieldKind::ntp:
            return length == 8;
        case FieldKind::number:
        case FieldKind::unix_s:
        case FieldKind::unix_ms:
        case FieldKind::before_us:
        case FieldKind::packet_bytes:
            return length > 0;
    }
    return false;
}

bool is_time(FieldKind kind) {
    return kind == FieldKind::uptime_ms || kind == FieldKind::unix_s || kind == FieldKind::unix_ms ||
           kind == FieldKind::ntp || kind == FieldKind::before_us;
}

// RFC 7011 section 8: an element that stands twice describes the outer header first. The inner packet is the
// one that somebody sent; the outer one is the network's own transport (SRv6, IP in IP).
bool is_tunnel(std::span<const TemplateField> fields) {
    for (const std::uint16_t element : {4, 7, 8, 11, 12, 27, 28}) {
        const auto same = [element](const TemplateField& f) {
            return f.enterprise == 0 && f.element == element;
        };
        if (std::count_if(fields.begin(), fields.end(), same) > 1) return true;
    }
    return false;
}

// A tunnel's masks are of its outer addresses.
bool is_mask(const FieldRule& rule) {
    return rule.home == FieldHome::record && (rule.offset == offsetof(model::FlowRecord, source_mask) ||
                                              rule.offset == offsetof(model::FlowRecord, destination_mask));
}

// Fields of a packet's headers, of which a tunnel's record has two.
bool is_packet_field(const FieldRule& rule) {
    using Record = model::FlowRecord;
    if (rule.home != FieldHome::record) return false;
    for (const std::size_t offset :
         {offsetof(Record, source), offsetof(Record, destination), offsetof(Record, source_port),
          offsetof(Record, destination_port), offsetof(Record, protocol), offsetof(Record, tcp_flags),
          offsetof(Record, tos), offsetof(Record, flow_label)}) {
        if (rule.offset == offset) return true;
    }
    return false;
}

// Seconds and milliseconds come from the sender: keep the product within 64 bits.
std::int64_t scaled(std::uint64_t value, std::int64_t unit_ns) {
    return static_cast<std::int64_t>(value * static_cast<std::uint64_t>(unit_ns));
}

void run_step(FieldKind kind, std::uint8_t width, const std::uint8_t* from, std::uint16_t length,
              std::uint16_t at, const RecordClock& clock, std::uint8_t* target) {
    switch (kind) {
        case FieldKind::number:
            store_number(target, width, big_endian(from, length));
            return;
        case FieldKind::ipv4:
            store_ipv4(target, from);
            return;
        case FieldKind::ipv6:
            std::memcpy(target, from, 16);
            return;
        case FieldKind::uptime_ms:
            if (clock.uptime_known)
                store(target, uptime_to_ns(clock, __builtin_bswap32(load<std::uint32_t>(from))));
            return;
        case FieldKind::unix_s:
            store(target, scaled(big_endian(from, length), ns_per_s));
            return;
        case FieldKind::unix_ms:
            store(target, scaled(big_endian(from, length), ns_per_ms));
            return;
        case FieldKind::ntp:
            store(target, ntp_to_ns(big_endian(from, length)));
            return;
        case FieldKind::before_us:
            store(target, clock.export_ns - scaled(big_endian(from, length) & 0xffffffffU, 1000));
            return;
        case FieldKind::packet_bytes:
            store(target, at);
            store(target + sizeof(at), length);
            return;
    }
}

}  // namespace

std::optional<RecordPlan> RecordPlan::compile(std::span<const TemplateField> fields) {
    RecordPlan plan;
    std::vector<Candidate> candidates;
    const bool tunnel = is_tunnel(fields);
    std::size_t at = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const TemplateField& field = fields[i];
        const bool variable = field.length == variable_length;
        plan.fixed_ = plan.fixed_ && !variable;
        const FieldRule* rule = find_field(field.enterprise, field.element);
        if (rule != nullptr && length_fits(*rule, field.length) && !(tunnel && is_mask(*rule))) {
            const Step step{static_cast<std::uint16_t>(at),
                            field.length,
                            static_cast<std::uint16_t>(i),
                            rule->kind,
                            rule->home,
                            rule->offset,
                            rule->width,
                            false};
            const bool inner_first = tunnel && is_packet_field(*rule);
            candidates.push_back(
                {rule, step, static_cast<std::uint32_t>(inner_first ? 0xffffU - i : rule->rank)});
        }
        at += variable ? 1 : field.length;
        if (at > 0xffff) return std::nullopt;
    }
    if (at == 0) return std::nullopt;
    plan.least_length_ = static_cast<std::uint16_t>(at);
    if (!plan.fixed_) {
        plan.fields_.assign(fields.begin(), fields.end());
        plan.places_.resize(fields.size());
    }
    plan.add_steps(candidates);
    plan.note_traits();
    return plan;
}

std::optional<RecordPlan::Fast> RecordPlan::fast_kind(const Step& step) {
    if (step.if_zero || step.home != FieldHome::record) return std::nullopt;
    if (step.kind == FieldKind::ipv4) return address_4;
    if (step.kind == FieldKind::ipv6) return address_16;
    if (step.kind == FieldKind::uptime_ms) return uptime_4;
    if (step.kind != FieldKind::number) return std::nullopt;
    if (step.length == step.width) {
        return step.width == 1 ? copy_1 : step.width == 2 ? swap_2 : step.width == 4 ? swap_4 : swap_8;
    }
    if (step.length == 4 && step.width == 8) return widen_4_to_8;
    return std::nullopt;
}

// Of the fields that share a target the best is read first and the others while it is zero: an exporter that
// fills only OUT_BYTES, or IPv4 and IPv6 addresses in one template, is read rightly. Of times only the best
// is read.
void RecordPlan::add_steps(std::vector<Candidate>& candidates) {
    std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
        const auto key = [](const Candidate& c) {
            return std::tuple(c.rule->home, c.rule->offset, c.preference);
        };
        return key(a) < key(b);
    });
    std::array<std::vector<FastStep>, fast_count> fast;
    std::vector<Step> fallbacks;
    const FieldRule* previous = nullptr;
    for (auto& [rule, step, preference] : candidates) {
        const bool same =
            previous != nullptr && previous->home == rule->home && previous->offset == rule->offset;
        previous = rule;
        if (same && (is_time(rule->kind) || rule->kind == FieldKind::packet_bytes)) continue;
        step.if_zero = same;
        const auto kind = fixed_ ? fast_kind(step) : std::nullopt;
        if (kind) {
            fast[*kind].push_back(FastStep{step.at, step.offset});
        } else {
            (same ? fallbacks : steps_).push_back(step);
        }
        if (is_time(rule->kind)) {
            (rule->offset == offsetof(model::FlowRecord, first_at) ? traits_.has_first : traits_.has_last) =
                true;
            traits_.has_uptime = traits_.has_uptime || rule->kind == FieldKind::uptime_ms;
        }
    }
    steps_.insert(steps_.end(), fallbacks.begin(), fallbacks.end());
    for (std::size_t kind = 0; kind < fast_count; ++kind) {
        fast_.insert(fast_.end(), fast[kind].begin(), fast[kind].end());
        fast_end_[kind] = static_cast<std::uint16_t>(fast_.size());
    }
}

void RecordPlan::note_traits() {
    const auto in_record = [this](std::size_t offset) {
        const auto is = [offset](const auto& step) { return step.offset == offset; };
        return std::any_of(fast_.begin(), fast_.end(), is) ||
               std::any_of(steps_.begin(), steps_.end(),
                           [&](const Step& step) { return step.home == FieldHome::record && is(step); });
    };
    const auto in_extras = [this](std::size_t offset) {
        return std::any_of(steps_.begin(), steps_.end(), [offset](const Step& step) {
            return step.home == FieldHome::extras && step.offset == offset;
        });
    };
    using Record = model::FlowRecord;
    using Extras = RecordExtras;
    traits_.has_extras = std::any_of(steps_.begin(), steps_.end(),
                                     [](const Step& step) { return step.home == FieldHome::extras; });
    traits_.has_optional_extras = std::any_of(steps_.begin(), steps_.end(), [this](const Step& step) {
        return step.home == FieldHome::extras && (step.if_zero || !fixed_);
    });
    traits_.has_section =
        in_extras(offsetof(Extras, ethernet_section_at)) || in_extras(offsetof(Extras, ip_section_at));
    traits_.has_address = in_record(offsetof(Record, source)) || in_record(offsetof(Record, destination)) ||
                          traits_.has_section;
    traits_.has_sampler = in_extras(offsetof(Extras, sampler));
    traits_.has_selector = in_extras(offsetof(Extras, selector));
    traits_.has_interface = in_record(offsetof(Record, input_interface));
    for (const std::size_t offset :
         {offsetof(Extras, sampling_interval), offsetof(Extras, sampling_random_interval),
          offsetof(Extras, sampling_packet_interval), offsetof(Extras, sampling_size),
          offsetof(Extras, sampling_probability)}) {
        traits_.has_sampling = traits_.has_sampling || in_extras(offset);
    }
    traits_.has_reverse =
        in_extras(offsetof(Extras, reverse_bytes)) || in_extras(offsetof(Extras, reverse_packets));
    traits_.has_icmp = in_record(offsetof(Record, icmp_type_code)) || in_extras(offsetof(Extras, icmp_type));
    traits_.has_init_time = in_extras(offsetof(Extras, init_time_ms));
}

std::size_t RecordPlan::locate(std::span<const std::uint8_t> bytes) {
    if (fixed_) return least_length_;
    std::size_t at = 0;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        std::size_t length = fields_[i].length;
        if (length == variable_length) {
            if (at + 1 > bytes.size()) return 0;
            length = bytes[at++];
            if (length == 255) {
                if (at + 2 > bytes.size()) return 0;
                length = static_cast<std::size_t>(bytes[at] << 8U | bytes[at + 1]);
                at += 2;
            }
        }
        if (at + length > bytes.size()) return 0;
        places_[i] = Place{static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(length)};
        at += length;
    }
    return at;
}

void RecordPlan::run_fast(const std::uint8_t* bytes, const RecordClock& clock,
                          model::FlowRecord& record) const {
    auto* const target = reinterpret_cast<std::uint8_t*>(&record);
    const FastStep* step = fast_.data();
    const auto end = [this](Fast kind) { return fast_.data() + fast_end_[kind]; };
    for (; step != end(copy_1); ++step) target[step->offset] = bytes[step->at];
    for (; step != end(swap_2); ++step) {
        store(target + step->offset, __builtin_bswap16(load<std::uint16_t>(bytes + step->at)));
    }
    for (; step != end(swap_4); ++step) {
        store(target + step->offset, __builtin_bswap32(load<std::uint32_t>(bytes + step->at)));
    }
    for (; step != end(swap_8); ++step) {
        store(target + step->offset, __builtin_bswap64(load<std::uint64_t>(bytes + step->at)));
    }
    for (; step != end(widen_4_to_8); ++step) {
        store<std::uint64_t>(target + step->offset, __builtin_bswap32(load<std::uint32_t>(bytes + step->at)));
    }
    for (; step != end(address_4); ++step) store_ipv4(target + step->offset, bytes + step->at);
    for (; step != end(address_16); ++step) std::memcpy(target + step->offset, bytes + step->at, 16);
    if (!clock.uptime_known) return;
    for (; step != end(uptime_4); ++step) {
        store(target + step->offset,
              uptime_to_ns(clock, __builtin_bswap32(load<std::uint32_t>(bytes + step->at))));
    }
}

void RecordPlan::run(const std::uint8_t* bytes, const RecordClock& clock, model::FlowRecord& record,
                     RecordExtras& extras) const {
    run_fast(bytes, clock, record);
    if (steps_.empty()) return;
    if (traits_.has_optional_extras) extras = RecordExtras{};
    std::uint8_t* const bases[] = {reinterpret_cast<std::uint8_t*>(&record),
                                   reinterpret_cast<std::uint8_t*>(&extras)};
    for (const Step& step : steps_) {
        const Place place = fixed_ ? Place{step.at, step.length} : places_[step.field];
        if (place.length == 0) continue;
        std::uint8_t* const target = bases[static_cast<std::size_t>(step.home)] + step.offset;
        if (!step.if_zero) {
            run_step(step.kind, step.width, bytes + place.at, place.length, place.at, clock, target);
            continue;
        }
        if (!is_zero(target, step.width)) continue;
        std::array<std::uint8_t, sizeof(net::Address)> value{};
        run_step(step.kind, step.width, bytes + place.at, place.length, place.at, clock, value.data());
        if (!is_zero(value.data(), step.width)) std::memcpy(target, value.data(), step.width);
    }
}

}  // namespace sluice::telemetry
