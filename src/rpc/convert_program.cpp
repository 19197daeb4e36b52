#include <algorithm>

#include "rpc/convert_attributes.hpp"
#include "rpc/convert_basic.hpp"
#include "rpc/convert_firewall.hpp"
#include "rpc/convert_gateway.hpp"
#include "rpc/convert_profile.hpp"
#include "rpc/field_reader.hpp"

namespace sluice::rpc {
namespace {

using rpc::to_message;

constexpr std::size_t max_programs = 65'536;
constexpr std::size_t max_prefixes = 4096;
constexpr std::size_t max_targets = 16'384;
constexpr std::size_t max_filters = 4096;

void to_message(const model::ScrubTarget& target, link::v1::ScrubTarget& out) {
    to_message(target.prefix, *out.mutable_prefix());
    out.set_mitigation(target.mitigation.value());
    to_message(target.profile, *out.mutable_profile());
}

model::ScrubTarget to_target(FieldReader& read, const link::v1::ScrubTarget& in) {
    model::ScrubTarget target;
    target.prefix = read.prefix(in.prefix(), "targets.prefix");
    target.mitigation = model::MitigationId(in.mitigation());
    target.profile = to_profile(read, in.profile());
    return target;
}

std::string bytes_of(const std::vector<std::uint8_t>& bytes) {
    return {bytes.begin(), bytes.end()};
}

void to_message(const model::PayloadMatch& match, link::v1::PayloadMatch& out) {
    out.set_offset(match.offset);
    out.set_bytes(bytes_of(match.bytes));
    out.set_mask(bytes_of(match.mask));
}

model::PayloadMatch to_payload_match(FieldReader& read, const link::v1::PayloadMatch& in) {
    model::PayloadMatch match;
    match.offset = read.u16(in.offset(), "filters.payload.offset");
    if (match.offset > model::PayloadMatch::last_offset) read.fail("filters.payload.offset", "is too large");
    if (in.bytes().empty() || in.bytes().size() > model::PayloadMatch::most_bytes)
        read.fail("filters.payload.bytes", "are none, or too many");
    if (!in.mask().empty() && in.mask().size() != in.bytes().size())
        read.fail("filters.payload.mask", "is not as long as the bytes");
    match.bytes.assign(in.bytes().begin(), in.bytes().end());
    match.mask.assign(in.mask().begin(), in.mask().end());
    return match;
}

void to_message(const model::PacketFilter& filter, link::v1::PacketFilter& out) {
    out.set_name(filter.name);
    out.set_action(name_of(filter.action, filter_actions));
    to_message(filter.source, *out.mutable_source());
    to_message(filter.destination, *out.mutable_destination());
    out.set_protocol(filter.protocol);
    out.set_source_port_first(filter.source_port_first);
    out.set_source_port_last(filter.source_port_last);
    out.set_destination_port_first(filter.destination_port_first);
    out.set_destination_port_last(filter.destination_port_last);
    out.set_tcp_flags_mask(filter.tcp_flags_mask);
    out.set_tcp_flags_value(filter.tcp_flags_value);
    out.set_length_first(filter.length_first);
    out.set_length_last(filter.length_last);
    out.set_fragments_only(filter.fragments_only);
    out.set_dynamic(filter.dynamic);
    out.set_expires_at(to_ns(filter.expires_at));
    for (const auto& match : filter.payload) to_message(match, *out.add_payload());
    if (filter.source_is != model::AttributeMatch{}) to_message(filter.source_is, *out.mutable_source_is());
}

model::PacketFilter to_filter(FieldReader& read, const link::v1::PacketFilter& in) {
    model::PacketFilter filter;
    filter.name = read.text(in.name(), "filters.name", 128);
    filter.action = read.named(in.action(), filter_actions, "filters.action");
    filter.source = read.prefix(in.source(), "filters.source");
    filter.destination = read.prefix(in.destination(), "filters.destination");
    filter.protocol = read.u8(in.protocol(), "filters.protocol");
    filter.source_port_first = read.u16(in.source_port_first(), "filters.source_port_first");
    filter.source_port_last = read.u16(in.source_port_last(), "filters.source_port_last");
    filter.destination_port_first = read.u16(in.destination_port_first(), "filters.destination_port_first");
    filter.destination_port_last = read.u16(in.destination_port_last(), "filters.destination_port_last");
    filter.tcp_flags_mask = read.u8(in.tcp_flags_mask(), "filters.tcp_flags_mask");
    filter.tcp_flags_value = read.u8(in.tcp_flags_value(), "filters.tcp_flags_value");
    filter.length_first = read.u16(in.length_first(), "filters.length_first");
    filter.length_last = read.u16(in.length_last(), "filters.length_last");
    filter.fragments_only = in.fragments_only();
    filter.dynamic = in.dynamic();
    filter.expires_at = read.time(in.expires_at(), "filters.expires_at");
    if (read.size(in.payload_size(), model::most_payload_matches, "filters.payload")) {
        for (const auto& match : in.payload()) filter.payload.push_back(to_payload_match(read, match));
    }
    filter.source_is = to_attribute_match(read, in.source_is(), "filters.source_is");
    return filter;
}

void read_program(FieldReader& read, const link::v1::TenantProgram& in, model::TenantProgram& program) {
    program.tenant = read.id<model::TenantId>(in.tenant(), "tenant");
    program.generation = in.generation();
    if (!read.size(in.prefixes_size(), max_prefixes, "prefixes") ||
        !read.size(in.targets_size(), max_targets, "targets") ||
        !read.size(in.filters_size(), max_filters, "filters")) {
        return;
    }
    for (const auto& prefix : in.prefixes()) program.prefixes.push_back(read.prefix(prefix, "prefixes"));
    for (const auto& target : in.targets()) {
        program.targets.push_back(to_target(read, target));
        const auto& prefix = program.targets.back().prefix;
        const bool own = std::ranges::any_of(
            program.prefixes, [&](const auto& of_tenant) { return of_tenant.contains(prefix); });
        if (!own) read.fail("targets.prefix", "lies outside of the tenant's prefixes");
        if (!read.ok()) return;
    }
    for (const auto& filter : in.filters()) program.filters.push_back(to_filter(read, filter));
    if (in.has_firewall()) program.firewall = to_firewall(read, in.firewall());
}

}  // namespace

void to_message(const model::TenantProgram& program, link::v1::TenantProgram& out) {
    out.set_tenant(program.tenant.value());
    out.set_generation(program.generation);
    for (const auto& prefix : program.prefixes) to_message(prefix, *out.add_prefixes());
    for (const auto& target : program.targets) to_message(target, *out.add_targets());
    for (const auto& filter : program.filters) to_message(filter, *out.add_filters());
    if (program.firewall != model::FirewallProgram{}) to_message(program.firewall, *out.mutable_firewall());
}

base::Result<model::TenantProgram> to_model(const link::v1::TenantProgram& in) {
    FieldReader read("program");
    model::TenantProgram program;
    read_program(read, in, program);
    if (!read.ok()) return std::unexpected(read.error());
    return program;
}

base::Result<ProgramUpdate> to_model(const link::v1::ProgramUpdate& in) {
    FieldReader read("program update");
    ProgramUpdate update;
    update.full = in.full();
    update.generation = in.generation();
    if (!read.size(in.programs_size(), max_programs, "programs") ||
        !read.size(in.removed_size(), max_programs, "removed")) {
        return std::unexpected(read.error());
    }
    for (const auto& program : in.programs()) {
        auto converted = to_model(program);
        if (!converted) return std::unexpected(converted.error());
        update.programs.push_back(std::move(*converted));
    }
    for (const auto tenant : in.removed()) {
        update.removed.push_back(read.id<model::TenantId>(tenant, "removed"));
    }
    if (update.full && !update.removed.empty()) read.fail("removed", "a full update removes by leaving out");
    if (!read.ok()) return std::unexpected(read.error());
    return update;
}

}  // namespace sluice::rpc
