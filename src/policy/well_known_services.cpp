#include "policy/well_known_services.hpp"

#include "policy/firewall_text.hpp"

namespace sluice::policy {
namespace {

constexpr WellKnownService services[] = {
    {"any", "any"},
    {"tcp", "tcp"},
    {"udp", "udp"},
    {"icmp", "icmp"},
    {"icmpv6", "icmpv6"},
    {"sctp", "sctp"},
    {"gre", "gre"},
    {"esp", "esp"},
    {"ah", "ah"},
    {"ping", "icmp/8 icmpv6/128"},
    {"traceroute", "udp/33434-33534 icmp/8 icmpv6/128"},
    {"http", "tcp/80"},
    {"https", "tcp/443"},
    {"quic", "udp/443"},
    {"http-alt", "tcp/8080"},
    {"dns", "udp/53 tcp/53"},
    {"dns-over-tls", "tcp/853"},
    {"smtp", "tcp/25"},
    {"submission", "tcp/587"},
    {"smtps", "tcp/465"},
    {"pop3", "tcp/110"},
    {"pop3s", "tcp/995"},
    {"imap", "tcp/143"},
    {"imaps", "tcp/993"},
    {"ssh", "tcp/22"},
    {"telnet", "tcp/23"},
    {"ftp", "tcp/21"},
    {"ftps", "tcp/990"},
    {"tftp", "udp/69"},
    {"ntp", "udp/123"},
    {"dhcp", "udp/67-68"},
    {"dhcpv6", "udp/546-547"},
    {"snmp", "udp/161"},
    {"snmp-trap", "udp/162"},
    {"syslog", "udp/514"},
    {"syslog-tls", "tcp/6514"},
    {"ldap", "tcp/389 udp/389"},
    {"ldaps", "tcp/636"},
    {"kerberos", "tcp/88 udp/88"},
    {"radius", "udp/1812-1813"},
    {"tacacs", "tcp/49"},
    {"smb", "tcp/445"},
    {"netbios", "udp/137-138 tcp/139"},
    {"nfs", "tcp/2049 udp/2049"},
    {"rdp", "tcp/3389 udp/3389"},
    {"vnc", "tcp/5900-5999"},
    {"mysql", "tcp/3306"},
    {"postgresql", "tcp/5432"},
    {"mssql", "tcp/1433"},
    {"oracle", "tcp/1521"},
    {"redis", "tcp/6379"},
    {"mqtt", "tcp/1883"},
    {"mqtts", "tcp/8883"},
    {"modbus", "tcp/502"},
    {"sip", "udp/5060 tcp/5060"},
    {"sips", "tcp/5061"},
    {"rtsp", "tcp/554"},
    {"stun", "udp/3478 tcp/3478"},
    {"bgp", "tcp/179"},
    {"ike", "udp/500 udp/4500"},
    {"ipsec", "udp/500 udp/4500 esp ah"},
    {"openvpn", "udp/1194 tcp/1194"},
    {"wireguard", "udp/51820"},
    {"l2tp", "udp/1701"},
    {"pptp", "tcp/1723 gre"},
    {"whois", "tcp/43"},
};

}  // namespace

std::span<const WellKnownService> well_known_services() {
    return services;
}

std::vector<model::ServiceMatch> find_well_known_service(std::string_view name) {
    std::vector<model::ServiceMatch> matches;
    for (const auto& service : services) {
        if (service.name != name) continue;
        std::string_view rest = service.matches;
        while (!rest.empty()) {
            const std::string_view one = rest.substr(0, rest.find(' '));
            if (const auto match = detail::parse_service_match(one)) matches.push_back(*match);
            rest.remove_prefix(one.size() == rest.size() ? rest.size() : one.size() + 1);
        }
    }
    return matches;
}

}  // namespace sluice::policy
