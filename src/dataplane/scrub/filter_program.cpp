#include "dataplane/scrub/filter_program.hpp"

#include <bit>
#include <cstring>
#include <limits>

#include "packet/key.hpp"

namespace sluice::dataplane::scrub {
namespace {

using base::ErrorCode;
using base::fail;

FilterAddresses::Words words(const std::uint8_t* bytes) {
    FilterAddresses::Words out;
    std::memcpy(&out, bytes, 16);
    return out;
}

void compile_prefix(const net::Prefix& prefix, FilterAddresses::Words& mask, FilterAddresses::Words& value) {
    std::array<std::uint8_t, 16> bytes{};
    for (unsigned bit = 0; bit < prefix.bits(); ++bit)
        bytes[bit / 8] |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
    mask = words(bytes.data());
    value = words(prefix.address().bytes().data());
}

FilterAddresses compile_addresses(const model::PacketFilter& filter) {
    FilterAddresses out;
    compile_prefix(filter.source, out.source_mask, out.source_value);
    compile_prefix(filter.destination, out.destination_mask, out.destination_value);
    return out;
}

FilterCondition compile_condition(const model::PacketFilter& filter, const attributes::Tables& tables) {
    FilterCondition out;
    for (const model::PayloadMatch& match : filter.payload) {
        auto& one = out.payload[out.payloads++];
        one.offset = match.offset;
        one.length = static_cast<std::uint8_t>(match.bytes.size());
        for (std::size_t i = 0; i < match.bytes.size(); ++i) {
            one.mask[i] = match.mask.empty() ? 0xff : match.mask[i];
            one.value[i] = match.bytes[i];
        }
    }
    out.source = attributes::Question::of(filter.source_is, tables);
    return out;
}

bool asks_for_ports(const model::PacketFilter& filter) {
    return filter.source_port_first != 0 || filter.source_port_last != 65535 ||
           filter.destination_port_first != 0 || filter.destination_port_last != 65535;
}

bool has_condition(const model::PacketFilter& filter) {
    return !filter.payload.empty() || filter.source_is.any();
}

CompiledFilter compile_filter(const model::PacketFilter& filter, TimePair now) {
    CompiledFilter out;
    for (std::size_t lane = 0; lane < 8; ++lane) {
        out.mask[lane] = 0xffff;
        out.last[lane] = 0xffff;
    }
    const auto range = [&out](FilterLane lane, std::uint16_t first, std::uint16_t last) {
        out.first[lane] = first;
        out.last[lane] = last;
    };
    if (filter.protocol != 0) range(lane_protocol, filter.protocol, filter.protocol);
    range(lane_source_port, filter.source_port_first, filter.source_port_last);
    range(lane_destination_port, filter.destination_port_first, filter.destination_port_last);
    if (asks_for_ports(filter)) range(lane_has_ports, packet::key_transport, packet::key_transport);
    if (filter.tcp_flags_mask != 0) {
        out.mask[lane_tcp_flags] = filter.tcp_flags_mask;
        range(lane_tcp_flags, filter.tcp_flags_value, filter.tcp_flags_value);
        range(lane_has_flags, packet::key_transport, packet::key_transport);
    }
    range(lane_length, filter.length_first, filter.length_last);
    if (filter.fragments_only) range(lane_fragment, packet::key_fragment, packet::key_fragment);
    if (filter.source.bits() != 0 || filter.destination.bits() != 0) out.asks |= asks_addresses;
    if (has_condition(filter)) out.asks |= asks_more;
    out.expires_ns = ~std::uint64_t{0};
    if (filter.expires_at != base::Timestamp{}) {
        const std::int64_t left = (filter.expires_at - now.wall).count();
        out.expires_ns = left > 0 ? now.worker_ns + static_cast<std::uint64_t>(left) : 0;
    }
    return out;
}

// True when a packet of this class may match.
bool concerns(const model::PacketFilter& filter, ProtocolClass kind) {
    if (filter.protocol != 0) return class_of(filter.protocol) == kind;
    if (filter.tcp_flags_mask != 0) return kind == ProtocolClass::tcp;
    return true;
}

// By class and ports alone: nothing else is asked for.
bool is_decided_by_ports(const model::PacketFilter& filter, const CompiledFilter& compiled) {
    return compiled.asks == 0 && filter.tcp_flags_mask == 0 && !filter.fragments_only &&
           filter.length_first == 0 && filter.length_last == 65535 &&
           compiled.expires_ns == ~std::uint64_t{0};
}

}  // namespace

void FilterProgram::append(FilterLine& head, ProtocolClass kind, const model::PacketFilter& filter,
                           std::uint32_t rule, TimePair now) {
    FilterLine* line = &head;
    while (line->next != 0) line = &lines_[line->next];
    if (line->taken == (1U << FilterLine::places) - 1) {
        line->next = static_cast<std::uint32_t>(lines_.size());
        line = &lines_.emplace_back();
    }
    const auto n = static_cast<unsigned>(std::popcount(line->taken));
    const auto bit = static_cast<std::uint8_t>(1U << n);
    const CompiledFilter compiled = compile_filter(filter, now);
    if (n == 0) line->first = static_cast<std::uint32_t>(filters_.size());
    filters_.push_back(compiled);
    addresses_.push_back(compile_addresses(filter));
    line->taken |= bit;
    line->rules[n] = rule;
    if (filter.action == model::FilterAction::drop) line->dropping |= bit;
    if (filter.dynamic) line->dynamic |= bit;
    line->first_ports[n] = line->first_ports[n + FilterLine::places] = 0;
    line->last_ports[n] = line->last_ports[n + FilterLine::places] = 65535;
    if (kind == ProtocolClass::other) return;
    line->first_ports[n] = filter.destination_port_first;
    line->last_ports[n] = filter.destination_port_last;
    line->first_ports[n + FilterLine::places] = filter.source_port_first;
    line->last_ports[n + FilterLine::places] = filter.source_port_last;
    if (is_decided_by_ports(filter, compiled)) line->decided |= bit;
}

std::uint8_t FilterProgram::classes(std::uint16_t number) const {
    unsigned out = 0;
    for (std::size_t kind = 0; kind < lists_[number].size(); ++kind)
        out |= (lists_[number][kind].taken != 0 ? 1U : 0U) << kind;
    return static_cast<std::uint8_t>(out);
}

base::Result<std::uint16_t> FilterProgram::add(const model::TenantProgram& program, TimePair now,
                                               const attributes::Tables& tables, std::uint32_t first_rule) {
    if (program.filters.empty()) return std::uint16_t{0};
    if (lists_.size() > std::numeric_limits<std::uint16_t>::max()) {
        return fail(ErrorCode::exhausted, "more than 65,535 tenants with filters", program.tenant.to_string(),
                    "spread the tenants over gateways");
    }
    // Of the filters that have one, by their place among the tenant's.
    std::vector<std::uint32_t> conditions(program.filters.size(), 0);
    for (std::size_t i = 0; i < program.filters.size(); ++i) {
        if (!has_condition(program.filters[i])) continue;
        conditions[i] = static_cast<std::uint32_t>(conditions_.size());
        conditions_.push_back(compile_condition(program.filters[i], tables));
    }
    Lists lists;
    for (std::size_t kind = 0; kind < lists.size(); ++kind) {
        for (std::size_t i = 0; i < program.filters.size(); ++i) {
            if (!concerns(program.filters[i], static_cast<ProtocolClass>(kind))) continue;
            append(lists[kind], static_cast<ProtocolClass>(kind), program.filters[i],
                   first_rule + static_cast<std::uint32_t>(i), now);
            condition_of_.push_back(conditions[i]);
        }
    }
    lists_.push_back(lists);
    return static_cast<std::uint16_t>(lists_.size() - 1);
}

}  // namespace sluice::dataplane::scrub
