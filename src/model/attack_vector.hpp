// The kinds of attack that Sluice tells apart, by the names that operators use.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::model {

enum class AttackVector : std::uint8_t {
    total,  // many packets or bits, no kind stands out
    tcp_syn,
    tcp_syn_ack,  // SYN-ACK reflection
    tcp_ack,      // ACK and data floods
    tcp_rst_fin,
    tcp_null,  // no flags, or flags that no stack sends
    udp,
    icmp,
    fragment,
    other_protocol,
    // Reflection and amplification over UDP, by the service's source port.
    dns,
    ntp,
    ssdp,
    cldap,
    memcached,
    chargen,
    snmp,
    ws_discovery,
    isakmp,
    bacnet,
    rpcbind,
    mdns,
    netbios,
    coap,
    qotd,
    steam,
    dhcpdiscover,  // DVR/IoT discovery, UDP 37810
    port_scan,
    count_,
};

struct AttackVectorInfo {
    AttackVector vector;
    std::string_view name;      // stable, in APIs and configuration
    std::string_view title;     // for people
    std::uint16_t source_port;  // of a reflector; 0 where the vector is none
    std::uint16_t other_port;   // a second port of the same service (IKE over NAT: 4500); 0: none
    std::uint8_t protocol;      // 0: any
};

[[nodiscard]] const std::array<AttackVectorInfo, static_cast<std::size_t>(AttackVector::count_)>&
attack_vectors();
[[nodiscard]] inline const AttackVectorInfo& info(AttackVector vector) {
    return attack_vectors()[static_cast<std::size_t>(vector)];
}
[[nodiscard]] inline std::string_view to_string(AttackVector vector) {
    return info(vector).name;
}
[[nodiscard]] std::optional<AttackVector> parse_attack_vector(std::string_view name);
// The reflection vector of a UDP source port, if there is one.
[[nodiscard]] std::optional<AttackVector> reflection_vector(std::uint16_t source_port);

}  // namespace sluice::model
