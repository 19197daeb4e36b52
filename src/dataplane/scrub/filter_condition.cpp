#include "dataplane/scrub/filter_condition.hpp"

#include <algorithm>

#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {
namespace {

bool matches(const FilterCondition::Payload& wanted, const std::uint8_t* begin, std::size_t length) {
    if (wanted.offset + std::size_t{wanted.length} > length) return false;
    const std::uint8_t* const bytes = begin + wanted.offset;
    for (std::size_t at = 0; at < wanted.length; ++at) {
        if ((bytes[at] & wanted.mask[at]) != wanted.value[at]) return false;
    }
    return true;
}

}  // namespace

std::size_t payload_begin(const packet::Key& key, const packet::Frame& frame) {
    using net::IpProtocol;
    constexpr std::size_t datagram_header = 8;  // of UDP, ICMP and ICMPv6
    const std::size_t end = static_cast<std::size_t>(key.l3_offset) + key.l3_length;
    if (key.has(packet::key_later_fragment)) return end;
    std::size_t header = 0;
    switch (static_cast<IpProtocol>(key.protocol)) {
        case IpProtocol::tcp:
            if (!key.has(packet::key_transport)) return end;
            header = static_cast<std::size_t>(frame.data[key.l4_offset + 12] >> 4U) * 4;
            break;
        case IpProtocol::udp:
        case IpProtocol::icmp:
        case IpProtocol::icmpv6:
            if (!key.has(packet::key_transport)) return end;
            header = datagram_header;
            break;
        default:
            break;
    }
    return std::min(key.l4_offset + header, end);
}

bool meets(const Program& program, const FilterCondition& condition, const packet::Key& key,
           const packet::Frame& frame) {
    if (condition.payloads != 0) {
        const std::size_t begin = payload_begin(key, frame);
        const std::size_t end = static_cast<std::size_t>(key.l3_offset) + key.l3_length;
        for (std::size_t n = 0; n < condition.payloads; ++n) {
            if (!matches(condition.payload[n], frame.data + begin, end - begin)) return false;
        }
    }
    return condition.source.holds_for(key.source, program.attributes);
}

}  // namespace sluice::dataplane::scrub
