#include "dataplane/nat/flow_translation.hpp"

#include <cstring>

#include "dataplane/nat/rewrite.hpp"

namespace sluice::dataplane::nat {
namespace {

using flow::Direction;

Translation difference(const flow::Tuple& from, const flow::Tuple& to) {
    Translation out;
    out.new_source = to.source;
    out.new_destination = to.destination;
    out.new_source_port = to.source_port;
    out.new_destination_port = to.destination_port;
    if (to.source != from.source) out.parts |= Translation::source_address;
    if (to.destination != from.destination) out.parts |= Translation::destination_address;
    if (to.source_port != from.source_port) out.parts |= Translation::source_port;
    if (to.destination_port != from.destination_port) out.parts |= Translation::destination_port;
    return out;
}

Translation translation_of(const flow::FlowTable& flows, const flow::Found& found) {
    const flow::Tuple before = found.flow->tuple;
    const flow::Tuple after = flows.translated(*found.flow);
    const bool original = found.direction == Direction::original;
    return difference(original ? before : after.reversed(), original ? after : before.reversed());
}

// An IPv4 address of a tuple as on the wire: the last of its four words.
std::uint32_t wire4(const net::Address& address) {
    std::uint32_t word = 0;
    std::memcpy(&word, address.bytes().data() + 12, 4);
    return word;
}

Ends4 ends_of(const flow::Found& found) {
    const flow::Flow& flow = *found.flow;
    if (found.direction == Direction::original) {
        return {flow.translated_source, flow.translated_destination, flow.translated_source_port,
                flow.translated_destination_port};
    }
    return {wire4(flow.tuple.destination), wire4(flow.tuple.source), flow.tuple.destination_port,
            flow.tuple.source_port};
}

}  // namespace

bool translate(const flow::FlowTable& flows, const flow::Found& found, const packet::Key& key,
               packet::Frame& frame) {
    if (!found.flow->has(flow::flow_translated6) && has_ends4(key)) [[likely]] {
        rewrite_ends4(key, frame, ends_of(found));
        return true;
    }
    return rewrite(key, frame, translation_of(flows, found));
}

bool translate_error(const flow::FlowTable& flows, const flow::Found& found, bool outside,
                     const packet::Key& key, packet::Frame& frame) {
    const auto quoted = quoted_packet(key, frame);
    if (!quoted) return false;
    const flow::Tuple before = found.flow->tuple;
    const flow::Tuple after = flows.translated(*found.flow);
    const bool reply = found.direction == Direction::reply;
    rewrite_quoted(key, frame, *quoted,
                   reply ? difference(after, before) : difference(before.reversed(), after.reversed()));
    Translation outer = translation_of(flows, found);
    outer.parts &= Translation::source_address | Translation::destination_address;
    // Of another router than the flow's end, whose address is its own.
    const flow::Tuple seen = reply ? after.reversed() : before;
    if (key.source != seen.source && outside) outer.parts &= Translation::destination_address;
    return outer.parts == 0 || rewrite(key, frame, outer);
}

}  // namespace sluice::dataplane::nat
