#include "model/attack_vector.hpp"

#include "net/protocol.hpp"

namespace sluice::model {
namespace {

using enum AttackVector;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp_protocol = 17;

constexpr std::array<AttackVectorInfo, static_cast<std::size_t>(count_)> table{{
    {total, "total", "total traffic", 0, 0, 0},
    {tcp_syn, "tcp-syn", "TCP SYN flood", 0, 0, tcp},
    {tcp_syn_ack, "tcp-syn-ack", "TCP SYN-ACK reflection", 0, 0, tcp},
    {tcp_ack, "tcp-ack", "TCP ACK flood", 0, 0, tcp},
    {tcp_rst_fin, "tcp-rst-fin", "TCP RST/FIN flood", 0, 0, tcp},
    {tcp_null, "tcp-null", "TCP flood with impossible flags", 0, 0, tcp},
    {udp, "udp", "UDP flood", 0, 0, udp_protocol},
    {icmp, "icmp", "ICMP flood", 0, 0, 0},
    {fragment, "fragment", "IP fragment flood", 0, 0, 0},
    {other_protocol, "other-protocol", "flood of another IP protocol", 0, 0, 0},
    {dns, "dns", "DNS reflection", 53, 0, udp_protocol},
    {ntp, "ntp", "NTP reflection", 123, 0, udp_protocol},
    {ssdp, "ssdp", "SSDP reflection", 1900, 0, udp_protocol},
    {cldap, "cldap", "CLDAP reflection", 389, 0, udp_protocol},
    {memcached, "memcached", "memcached reflection", 11211, 0, udp_protocol},
    {chargen, "chargen", "CHARGEN reflection", 19, 0, udp_protocol},
    {snmp, "snmp", "SNMP reflection", 161, 0, udp_protocol},
    {ws_discovery, "ws-discovery", "WS-Discovery reflection", 3702, 0, udp_protocol},
    {isakmp, "isakmp", "ISAKMP reflection", 500, 4500, udp_protocol},
    {bacnet, "bacnet", "BACnet reflection", 47808, 0, udp_protocol},
    {rpcbind, "rpcbind", "rpcbind reflection", 111, 0, udp_protocol},
    {mdns, "mdns", "mDNS reflection", 5353, 0, udp_protocol},
    {netbios, "netbios", "NetBIOS reflection", 137, 0, udp_protocol},
    {coap, "coap", "CoAP reflection", 5683, 0, udp_protocol},
    {qotd, "qotd", "QOTD reflection", 17, 0, udp_protocol},
    {steam, "steam", "Steam/Source reflection", 27015, 0, udp_protocol},
    {dhcpdiscover, "dhcpdiscover", "DVR discovery (UDP 37810) reflection", 37810, 0, udp_protocol},
    {port_scan, "port-scan", "port scan", 0, 0, 0},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].vector) != i) return false;
    }
    return true;
}
static_assert(in_order(), "the table is indexed by the enum");

}  // namespace

const std::array<AttackVectorInfo, static_cast<std::size_t>(count_)>& attack_vectors() {
    return table;
}

std::optional<AttackVector> parse_attack_vector(std::string_view name) {
    for (const auto& row : table) {
        if (row.name == name) return row.vector;
    }
    return std::nullopt;
}

std::optional<AttackVector> reflection_vector(std::uint16_t source_port) {
    if (source_port == 0) return std::nullopt;
    for (const auto& row : table) {
        if (row.source_port == source_port || row.other_port == source_port) return row.vector;
    }
    return std::nullopt;
}

}  // namespace sluice::model
