// What a receiver thread counts for one host and direction between two ticks. Four cache lines, of which an
// ordinary record touches the first only:
//
//   line 0   address, target, circumstances | tcp_ack, udp, tcp_syn
//   line 1   the other TCP classes, ICMP, fragments, other, first reflectors
//   line 2–3 the other reflectors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "detection/traffic_class.hpp"
#include "net/address.hpp"

namespace sluice::detection {

struct SlotCount {
    std::uint32_t packets;
    std::uint32_t bytes;
};

struct alignas(64) HostSlot {
    static constexpr std::uint8_t in_use = 1;
    static constexpr std::uint8_t outbound = 2;
    static constexpr std::uint8_t watched = 4;  // keep the records: the host is suspect
    static constexpr std::uint8_t fresh = 8;    // not seen by the detector yet

    net::Address address;
    std::uint32_t target;          // index in the compiled policy
    ClassMask touched;             // classes counted since the last drain
    std::int32_t first_offset_ms;  // beginning of the first record since then, against Shard::time_base()
    float unseen_packets;          // Σ packets · (sampling − 1) since then
    float gathered_packet_ms;      // Σ packets · interval that their report covers, since then
    std::uint8_t flags;
    std::uint8_t reserved[3];
    std::array<SlotCount, 27> counts;  // by TrafficClass
};
static_assert(sizeof(HostSlot) == 256 && offsetof(HostSlot, counts) == 40);
static_assert(class_count <= 27);

// Classes by the cache line that holds them.
[[nodiscard]] constexpr ClassMask classes_of_line(unsigned line) {
    ClassMask mask = 0;
    for (unsigned i = 0; i < class_count; ++i) {
        if ((40 + i * sizeof(SlotCount)) / 64 == line) mask |= ClassMask{1} << i;
    }
    return mask;
}
static_assert(classes_of_line(0) == 0b111);

}  // namespace sluice::detection
