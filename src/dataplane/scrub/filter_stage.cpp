#include "dataplane/scrub/filter_stage.hpp"

#include <cstring>

#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {
namespace {

using Words = CompiledFilter::Words;

bool within(const net::Address& address, const Words& mask, const Words& value) {
    Words words;
    std::memcpy(&words, address.bytes().data(), 16);
    return (((words.high & mask.high) ^ value.high) | ((words.low & mask.low) ^ value.low)) == 0;
}

bool has_ports(const packet::Key& key) {
    return key.has(packet::key_transport) &&
           (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) ||
            key.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp));
}

bool ports_match(const CompiledFilter& filter, const packet::Key& key) {
    return has_ports(key) && key.source_port >= filter.source_port_first &&
           key.source_port <= filter.source_port_last &&
           key.destination_port >= filter.destination_port_first &&
           key.destination_port <= filter.destination_port_last;
}

bool flags_match(const CompiledFilter& filter, const packet::Key& key) {
    return key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) &&
           key.has(packet::key_transport) &&
           (key.tcp_flags & filter.tcp_flags_mask) == filter.tcp_flags_value;
}

}  // namespace

bool matches(const CompiledFilter& filter, const packet::Key& key, std::uint64_t now_ns) {
    using F = CompiledFilter;
    const std::uint8_t asked = filter.conditions;
    if ((asked & F::by_protocol) != 0 && key.protocol != filter.protocol) return false;
    if ((asked & F::by_source) != 0 && !within(key.source, filter.source_mask, filter.source_value))
        return false;
    if ((asked & F::by_destination) != 0 &&
        !within(key.destination, filter.destination_mask, filter.destination_value)) {
        return false;
    }
    if ((asked & F::by_ports) != 0 && !ports_match(filter, key)) return false;
    if ((asked & F::by_tcp_flags) != 0 && !flags_match(filter, key)) return false;
    if ((asked & F::by_length) != 0 &&
        (key.l3_length < filter.length_first || key.l3_length > filter.length_last)) {
        return false;
    }
    if ((asked & F::by_fragment) != 0 && !key.has(packet::key_fragment)) return false;
    return (asked & F::by_time) == 0 || now_ns < filter.expires_ns;
}

void run_filter_stage(const Program& program, std::uint64_t now_ns, Batch& batch) {
    batch.filter_live([&](std::size_t i) {
        const std::uint32_t list = batch.targets[i]->filter_list;
        if (list == 0) return true;
        const packet::Key& key = batch.keys[i];
        const CompiledFilter* filter = &program.filters[program.filter_lists[list].first];
        const CompiledFilter* end = filter + program.filter_lists[list].count;
        for (; filter != end; ++filter) {
            if (!matches(*filter, key, now_ns)) continue;
            if (filter->action == model::FilterAction::drop) {
                batch.drop(
                    i, filter->dynamic ? model::DropReason::dynamic_filter : model::DropReason::static_filter,
                    filter->rule);
            } else {
                batch.rules[i] = filter->rule;
                batch.excused[i] = true;
            }
            return false;
        }
        return true;
    });
}

}  // namespace sluice::dataplane::scrub
