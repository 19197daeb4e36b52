#include "net/protocol.hpp"

#include <array>
#include <utility>

namespace sluice::net {
namespace {

constexpr std::array<std::pair<IpProtocol, std::string_view>, 12> names{{
    {IpProtocol::icmp, "icmp"},
    {IpProtocol::igmp, "igmp"},
    {IpProtocol::ipv4, "ipip"},
    {IpProtocol::tcp, "tcp"},
    {IpProtocol::udp, "udp"},
    {IpProtocol::ipv6, "ipv6"},
    {IpProtocol::ipv6_fragment, "ipv6-frag"},
    {IpProtocol::gre, "gre"},
    {IpProtocol::esp, "esp"},
    {IpProtocol::ah, "ah"},
    {IpProtocol::icmpv6, "icmpv6"},
    {IpProtocol::sctp, "sctp"},
}};

}  // namespace

std::string protocol_name(std::uint8_t protocol) {
    for (const auto& [number, name] : names) {
        if (static_cast<std::uint8_t>(number) == protocol) return std::string(name);
    }
    return std::to_string(protocol);
}

}  // namespace sluice::net
