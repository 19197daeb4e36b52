#include "policy/scrub_template.hpp"

namespace sluice::policy {
namespace {

using enum model::AttackVector;
using model::AttackVector;
using model::Countermeasure;
using model::OfferedService;
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

EffectiveProfile web() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {isakmp, steam});
    profile.reflection_on_attack = {dns, ntp, fragment};
    profile.services = {{tcp_protocol, 80, 80}, {tcp_protocol, 443, 443}, {udp_protocol, 443, 443}};
    profile.source_limit = {5'000, 50'000'000};
    return profile;
}

// A resolver lives on answers from port 53, some of them in fragments.
EffectiveProfile dns_server() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {isakmp, steam});
    profile.reflection_on_attack = {ntp};
    profile.services = {{tcp_protocol, 53, 53}, {udp_protocol, 53, 53}, {tcp_protocol, 853, 853}};
    profile.source_limit = {5'000, 20'000'000};
    profile.fragment_limit = {10'000, 0};
    profile.udp_limit = {200'000, 0};
    return profile;
}

EffectiveProfile mail() {
    EffectiveProfile profile = web();
    profile.services = {{tcp_protocol, 25, 25},   {tcp_protocol, 465, 465}, {tcp_protocol, 587, 587},
                        {tcp_protocol, 143, 143}, {tcp_protocol, 993, 993}, {tcp_protocol, 110, 110},
                        {tcp_protocol, 995, 995}};
    return profile;
}

EffectiveProfile game() {
    EffectiveProfile profile = generic();
    profile.reflection = with(inner, {isakmp});
    profile.reflection_on_attack = {dns, ntp, fragment};
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

template <class T>
void override_with(T& value, const std::optional<T>& own) {
    if (own) value = *own;
}

}  // namespace

std::span<const ScrubTemplate> scrub_templates() {
    static const ScrubTemplate templates[] = {
        {"generic", "Anything: nothing is known of what the target offers.", generic()},
        {"web", "Web servers: HTTP, HTTPS and QUIC.", web()},
        {"dns", "Name servers and resolvers.", dns_server()},
        {"mail", "Mail servers: SMTP, IMAP, POP3.", mail()},
        {"game", "Game servers: much UDP, little of it from each source.", game()},
        {"vpn", "VPN concentrators: IPsec, OpenVPN, WireGuard.", vpn()},
    };
    return templates;
}

EffectiveProfile effective(const model::ProtectionProfile& own) {
    EffectiveProfile profile = scrub_templates().front().profile;
    for (const auto& known : scrub_templates()) {
        if (known.name == own.base) profile = known.profile;
    }
    override_with(profile.drop_invalid, own.drop_invalid);
    override_with(profile.verify_tcp, own.verify_tcp);
    override_with(profile.verified_for_s, own.verified_for_s);
    override_with(profile.reflection, own.reflection);
    override_with(profile.reflection_on_attack, own.reflection_on_attack);
    override_with(profile.services, own.services);
    override_with(profile.source_limit, own.source_limit);
    override_with(profile.target_limit, own.target_limit);
    override_with(profile.fragment_limit, own.fragment_limit);
    override_with(profile.icmp_limit, own.icmp_limit);
    override_with(profile.udp_limit, own.udp_limit);
    return profile;
}

}  // namespace sluice::policy
