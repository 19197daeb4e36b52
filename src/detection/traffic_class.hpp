// Which kind of packets a record reports: each record belongs to exactly one class, and the vectors of
// thresholds and findings are sums of classes.
//
// TCP by flags. A record of one packet is judged by its flags; a record of many has the flags of all of them
// or'ed (RFC 3954, IPFIX element 6), so a whole connection shows SYN, ACK and FIN at once: it counts as
// ordinary traffic (tcp_ack), and only flag sums that no connection leaves behind count as SYN, RST or
// SYN-ACK.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/attack_vector.hpp"
#include "model/flow_record.hpp"

namespace sluice::detection {

// The first three are the commonest: their counters share a host's first cache line (host_slot.hpp).
enum class TrafficClass : std::uint8_t {
    tcp_ack,
    udp,
    tcp_syn,
    tcp_syn_ack,
    tcp_rst_fin,
    tcp_null,
    icmp,
    fragment,
    other_protocol,
    first_reflection,  // the reflection vectors follow, in the order of model::AttackVector
    count_ = first_reflection + static_cast<int>(model::AttackVector::dhcpdiscover) -
             static_cast<int>(model::AttackVector::dns) + 1,
};

inline constexpr std::size_t class_count = static_cast<std::size_t>(TrafficClass::count_);
using ClassMask = std::uint32_t;  // a bit a class
static_assert(class_count <= 32);

inline constexpr ClassMask all_classes = (ClassMask{1} << class_count) - 1;

[[nodiscard]] constexpr ClassMask mask_of(TrafficClass traffic_class) {
    return ClassMask{1} << static_cast<unsigned>(traffic_class);
}
[[nodiscard]] constexpr bool is_reflection(TrafficClass traffic_class) {
    return traffic_class >= TrafficClass::first_reflection && traffic_class < TrafficClass::count_;
}
[[nodiscard]] model::AttackVector vector_of(TrafficClass traffic_class);
// What a threshold on this vector counts: `total` everything, `udp` every UDP packet with its ports
// (reflection included), any other vector its own class. Zero for vectors that counters cannot show
// (port_scan).
[[nodiscard]] ClassMask classes_of(model::AttackVector vector);

// Classifies without touching more than a kilobyte of tables.
class Classifier {
  public:
    Classifier();
    [[nodiscard]] TrafficClass classify(const model::FlowRecord& record) const;

  private:
    struct PortEntry {
        std::uint16_t port = 0;
        TrafficClass traffic_class = TrafficClass::udp;
    };
    [[nodiscard]] TrafficClass classify_udp(const model::FlowRecord& record) const;

    std::array<PortEntry, 256> ports_{};  // open addressing by a fold of the port
};

}  // namespace sluice::detection
