// Which element of NetFlow v9 and IPFIX goes to which field of a flow record. One table for both: v9's field
// types (RFC 3954 section 8) are the first elements of IPFIX's registry
// (https://www.iana.org/assignments/ipfix).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/flow_record.hpp"

namespace sluice::telemetry {

// How an element's bytes are read.
enum class FieldKind : std::uint8_t {
    number,        // unsigned, big-endian, any length (reduced-size encoding, RFC 7011 section 6.2)
    ipv4,          // 4 bytes
    ipv6,          // 16 bytes
    uptime_ms,     // milliseconds of the exporter's uptime, 4 bytes
    unix_s,        // seconds since 1970
    unix_ms,       // milliseconds since 1970
    ntp,           // RFC 5905 timestamp, 8 bytes (micro- and nanosecond elements alike)
    before_us,     // microseconds before the export time
    packet_bytes,  // a section of the packet itself; kept by place, not by value
};

// What a record says besides its own fields; consulted when the record is finished.
struct RecordExtras {
    std::uint64_t reverse_bytes;
    std::uint64_t reverse_packets;
    std::uint64_t sampler;   // 48
    std::uint64_t selector;  // 302
    std::uint64_t sampling_interval;
    std::uint64_t sampling_random_interval;
    std::uint64_t sampling_algorithm;  // 304: which of the following counts
    std::uint64_t sampling_packet_interval;
    std::uint64_t sampling_packet_space;
    std::uint64_t sampling_size;
    std::uint64_t sampling_population;
    std::uint64_t sampling_probability;
    std::uint64_t init_time_ms;  // 160: when the exporter's uptime began
    std::uint64_t duration_ms;
    std::uint64_t duration_us;
    std::uint64_t frame_length;      // of the sampled packet on the wire
    std::uint32_t mpls_stack_entry;  // label, traffic class and bottom bit: 24 bits
    std::uint16_t ethernet_section_at;
    std::uint16_t ethernet_section_length;
    std::uint16_t ip_section_at;
    std::uint16_t ip_section_length;
    std::uint8_t reverse_tcp_flags;
    // YAF reports the flags of a flow's first packet and of all others apart, for each direction.
    std::uint8_t first_tcp_flags;
    std::uint8_t later_tcp_flags;
    std::uint8_t reverse_first_tcp_flags;
    std::uint8_t reverse_later_tcp_flags;
    std::uint8_t icmp_type;
    std::uint8_t icmp_code;
    std::uint8_t dscp;
};

enum class FieldHome : std::uint8_t { record, extras };

struct FieldRule {
    std::uint32_t enterprise;
    std::uint16_t element;
    FieldKind kind;
    FieldHome home;
    std::uint8_t offset;  // in model::FlowRecord or RecordExtras
    std::uint8_t width;   // of the target, bytes
    // Of several elements for one target the lowest rank is read, the others in turn while the target is
    // still zero.
    std::uint8_t rank;
};
static_assert(sizeof(model::FlowRecord) <= 256 && sizeof(RecordExtras) <= 256);

// nullptr when Sluice models no such field.
[[nodiscard]] const FieldRule* find_field(std::uint32_t enterprise, std::uint16_t element);
// By enterprise and element.
[[nodiscard]] std::span<const FieldRule> field_rules();

// RFC 5103: the same elements, counted in the other direction.
inline constexpr std::uint32_t reverse_enterprise = 29305;
// CERT's elements; with this bit they are of the other direction.
inline constexpr std::uint32_t cert_enterprise = 6871;
inline constexpr std::uint16_t cert_reverse = 0x4000;

}  // namespace sluice::telemetry
