#include "policy/scrub_template.hpp"

namespace sluice::policy {
namespace {

using enum model::AttackVector;
using model::AttackVector;
using model::Countermeasure;
using model::DnsVerification;
using model::GuardLevel;
using model::TcpMethod;
using model::UdpVerification;
using Vectors = std::vector<AttackVector>;

constexpr std::uint8_t tcp_protocol = 6;
constexpr std::uint8_t udp_protocol = 17;
constexpr std::uint8_t gre_protocol = 47;
constexpr std::uint8_t esp_protocol = 50;

// Services of inner networks: nobody on the internet is answered by them for a good reason.
const Vectors inner = {ssdp,    cldap, memcached, chargen, snmp, ws_discovery, bacnet,
                       rpcbind, mdns,  netbios,   coap,    qotd, dhcpdiscover};

Vectors with(Vectors list, std::initializer_list<AttackVector> more) {
    list.insert(list.end(), more);
    return list;
}

// The limits are backstops: far above what one honest source or target sends, far below a flood.
EffectiveProfile generic() {
    EffectiveProfile profile;
    profile.reflection = inner;
    profile.reflection_on_attack = {dns, ntp, isakmp, steam, fragment};
    profile.source_limit = {20'000, 200'000'000};
    profile.fragment_limit = {2'000, 0};
    profile.icmp_limit = {1'000, 0};
    profile.udp_limit = {20'000, 0};
    return profile;
}

// What strong adds wherever nothing speaks against it. A first datagram is asked for again by everything that
// speaks UDP for a living; well-known ports carry what they are known for.
EffectiveProfile strong_of(EffectiveProfile profile) {
    profile.verify_tcp = Countermeasure::always;
    profile.verify_udp = UdpVerification::first_drop;
    profile.protocol.dns = true;
    profile.protocol.ntp = true;
    profile.protocol.sip = true;
    profile.anomaly = {
        .heavy_sources = true, .odd_lengths = true, .repeated_payloads = true, .zombies = true};
    profile.source_limit.packets_per_s /= 4;
    profile.source_limit.bits_per_s /= 4;
    profile.fragment_limit.packets_per_s /= 4;
    profile.icmp_limit.packets_per_s /= 4;
    profile.udp_limit.packets_per_s /= 2;
    return profile;
}

EffectiveProfile web() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {isakmp, steam});
    profile.reflection_on_attack = {dns, ntp, fragment};
    profile.services = {{tcp_protocol, 80, 80}, {tcp_protocol, 443, 443}, {udp_protocol, 443, 443}};
    profile.source_limit = {5'000, 50'000'000};
    return profile;
}

// Many people share one address behind a provider's NAT: the limits a source are those of a crowd.
EffectiveProfile strong_web() {
    EffectiveProfile profile = strong_of(web());
    profile.protocol.http = true;
    profile.protocol.tls = true;
    profile.protocol.slow = true;
    profile.protocol.http_requests_per_s = 500;
    profile.protocol.connections = 2'000;
    return profile;
}

// A resolver lives on answers from port 53, some of them in fragments.
EffectiveProfile dns_server() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {isakmp, steam});
    profile.reflection_on_attack = {ntp};
    profile.services = {{tcp_protocol, 53, 53}, {udp_protocol, 53, 53}, {tcp_protocol, 853, 853}};
    profile.verify_dns = DnsVerification::truncate;
    profile.protocol.dns = true;
    profile.source_limit = {5'000, 20'000'000};
    profile.fragment_limit = {10'000, 0};
    profile.udp_limit = {200'000, 0};
    return profile;
}

// Answers to a resolver's own questions come from servers all over the world, one datagram each.
EffectiveProfile strong_dns_server() {
    EffectiveProfile profile = strong_of(dns_server());
    profile.verify_udp = UdpVerification::off;
    profile.protocol.dns_queries_per_s = 1'000;
    return profile;
}

EffectiveProfile mail() {
    EffectiveProfile profile = web();
    profile.services = {{tcp_protocol, 25, 25},   {tcp_protocol, 465, 465}, {tcp_protocol, 587, 587},
                        {tcp_protocol, 143, 143}, {tcp_protocol, 993, 993}, {tcp_protocol, 110, 110},
                        {tcp_protocol, 995, 995}};
    return profile;
}

// A mail server speaks first, and clients are silent for minutes: nothing is slow here.
EffectiveProfile strong_mail() {
    EffectiveProfile profile = strong_of(mail());
    profile.protocol.connections = 500;
    return profile;
}

EffectiveProfile game() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {isakmp});
    profile.reflection_on_attack = {dns, ntp, fragment};
    profile.verify_udp = UdpVerification::first_drop;
    profile.source_limit = {2'000, 10'000'000};
    profile.udp_limit = {500'000, 0};
    return profile;
}

// Its peers send much, in IKE and ESP, and in fragments.
EffectiveProfile vpn() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {steam});
    profile.reflection_on_attack = {dns, ntp};
    profile.services = {{udp_protocol, 500, 500},     {udp_protocol, 4500, 4500}, {udp_protocol, 1194, 1194},
                        {udp_protocol, 51820, 51820}, {tcp_protocol, 443, 443},   {esp_protocol, 0, 65535},
                        {gre_protocol, 0, 65535}};
    profile.source_limit = {200'000, 2'000'000'000};
    profile.fragment_limit = {50'000, 0};
    profile.udp_limit = {500'000, 0};
    return profile;
}

// Every packet of a tunnel begins with the same bytes, and a few peers are nearly all of the traffic.
EffectiveProfile strong_vpn() {
    EffectiveProfile profile = strong_of(vpn());
    profile.anomaly = {};
    return profile;
}

// A BGP session that was reset comes back only after its retry timer (RFC 4271, section 10: two minutes), so
// a first SYN is dropped and not answered.
EffectiveProfile router() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {isakmp, steam});
    profile.reflection_on_attack = {dns, ntp, fragment};
    profile.services = {{tcp_protocol, 22, 22},     {tcp_protocol, 179, 179},   {udp_protocol, 123, 123},
                        {udp_protocol, 3784, 3785}, {udp_protocol, 4784, 4784}, {gre_protocol, 0, 65535},
                        {esp_protocol, 0, 65535},   {udp_protocol, 500, 500},   {udp_protocol, 4500, 4500}};
    profile.tcp_method = TcpMethod::first_drop;
    profile.source_limit = {2'000, 20'000'000};
    profile.fragment_limit = {500, 0};
    profile.udp_limit = {5'000, 0};
    return profile;
}

// Players and calls send packets of one kind by nature: they would look like zombies.
EffectiveProfile strong_without_zombies(const EffectiveProfile& basic) {
    EffectiveProfile profile = strong_of(basic);
    profile.anomaly.zombies = false;
    return profile;
}

EffectiveProfile strong_router() {
    EffectiveProfile profile = strong_without_zombies(router());
    profile.anomaly.repeated_payloads = false;  // keepalives are all alike
    profile.protocol.connections = 32;
    return profile;
}

// Clients live behind it as well: they need answers from name servers, and their own attempts must not be
// disturbed by resets.
EffectiveProfile link() {
    EffectiveProfile profile = generic();
    profile.reflection_on_attack = {ntp, isakmp, steam};
    profile.tcp_method = TcpMethod::first_drop;
    profile.source_limit = {50'000, 500'000'000};
    profile.fragment_limit = {10'000, 0};
    profile.udp_limit = {100'000, 0};
    return profile;
}

template <class T>
void override_with(T& value, const std::optional<T>& own) {
    if (own) value = *own;
}

void override_with(model::ProtocolChecks& checks, const model::ProtocolOverrides& own) {
    override_with(checks.dns, own.dns);
    override_with(checks.http, own.http);
    override_with(checks.tls, own.tls);
    override_with(checks.ntp, own.ntp);
    override_with(checks.sip, own.sip);
    override_with(checks.slow, own.slow);
    override_with(checks.dns_queries_per_s, own.dns_queries_per_s);
    override_with(checks.http_requests_per_s, own.http_requests_per_s);
    override_with(checks.connections, own.connections);
}

void override_with(model::AnomalyChecks& checks, const model::AnomalyOverrides& own) {
    override_with(checks.heavy_sources, own.heavy_sources);
    override_with(checks.odd_lengths, own.odd_lengths);
    override_with(checks.repeated_payloads, own.repeated_payloads);
    override_with(checks.zombies, own.zombies);
    override_with(checks.filter_for_s, own.filter_for_s);
}

}  // namespace

std::span<const ScrubTemplate> scrub_templates() {
    static const ScrubTemplate templates[] = {
        {"generic", "Anything: nothing is known of what the target offers.", generic(), strong_of(generic())},
        {"web", "Web servers: HTTP, HTTPS and QUIC.", web(), strong_web()},
        {"dns", "Name servers and resolvers.", dns_server(), strong_dns_server()},
        {"mail", "Mail servers: SMTP, IMAP, POP3.", mail(), strong_mail()},
        {"game", "Game servers: much UDP, little of it from each source.", game(),
         strong_without_zombies(game())},
        {"vpn", "VPN concentrators: IPsec, OpenVPN, WireGuard.", vpn(), strong_vpn()},
        {"router", "The addresses of routers: BGP, BFD, tunnels.", router(), strong_router()},
        {"link", "A whole network behind a line: servers and clients.", link(),
         strong_without_zombies(link())},
    };
    return templates;
}

EffectiveProfile effective(const model::ProtectionProfile& own, GuardLevel level) {
    const ScrubTemplate* base = &scrub_templates().front();
    for (const auto& known : scrub_templates()) {
        if (known.name == own.base) base = &known;
    }
    EffectiveProfile profile = level == GuardLevel::strong ? base->strong : base->basic;
    if (level == GuardLevel::analysis) profile.watched = model::watchable_stages;
    profile.watched |= own.watch;
    override_with(profile.drop_invalid, own.drop_invalid);
    override_with(profile.verify_tcp, own.verify_tcp);
    override_with(profile.tcp_method, own.tcp_method);
    override_with(profile.verify_dns, own.verify_dns);
    override_with(profile.verify_udp, own.verify_udp);
    override_with(profile.verified_for_s, own.verified_for_s);
    override_with(profile.protocol, own.protocol);
    override_with(profile.anomaly, own.anomaly);
    override_with(profile.reflection, own.reflection);
    override_with(profile.reflection_on_attack, own.reflection_on_attack);
    override_with(profile.services, own.services);
    override_with(profile.source_limit, own.source_limit);
    override_with(profile.target_limit, own.target_limit);
    override_with(profile.fragment_limit, own.fragment_limit);
    override_with(profile.icmp_limit, own.icmp_limit);
    override_with(profile.udp_limit, own.udp_limit);
    override_with(profile.pair_limit, own.pair_limit);
    override_with(profile.service_limit, own.service_limit);
    return profile;
}

}  // namespace sluice::policy
