// Programs and packets that a stream of bytes chooses: few addresses, tags and ports, so that they meet;
// numbers at the edges of what a field holds. For the fuzz target of programs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "model/attack_vector.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"

namespace sluice::apps::gateway {

// When the bytes are at their end every choice is the first.
class Draw {
  public:
    explicit Draw(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool done() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const std::uint8_t value = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return value;
    }
    std::uint8_t below(unsigned n) { return static_cast<std::uint8_t>(byte() % n); }
    bool one_in(unsigned n) { return byte() % n == n - 1; }
    template <class T, std::size_t N>
    const T& of(const T (&all)[N]) {
        return all[below(N)];
    }
    template <class Enum>
    Enum up_to(Enum last) {
        return static_cast<Enum>(below(static_cast<unsigned>(last) + 1));
    }
    std::uint64_t number() {
        static constexpr std::uint64_t edges[] = {0,
                                                  1,
                                                  2,
                                                  5,
                                                  60,
                                                  1'000,
                                                  65'535,
                                                  4'294'967'295,
                                                  1U << 31U,
                                                  ~std::uint64_t{0},
                                                  std::uint64_t{1} << 63U,
                                                  86'400};
        return of(edges);
    }
    std::uint32_t small() { return static_cast<std::uint32_t>(number()); }
    std::uint16_t port() {
        static constexpr std::uint16_t ports[] = {0, 53, 80, 443, 21, 123, 5060, 4242, 1024, 65535};
        return of(ports);
    }
    std::uint8_t protocol() {
        static constexpr std::uint8_t protocols[] = {0, 6, 17, 6, 17, 1, 58, 47, 255};
        return of(protocols);
    }
    net::Prefix prefix(std::uint64_t tenant) {
        switch (below(10)) {
            case 0:
                return parse(fmt::format("203.0.{}.0/24", tenant));
            case 1:
                return parse(fmt::format("203.0.{}.9/32", tenant));
            case 2:
                return parse(fmt::format("203.0.{}.16/30", tenant));
            case 3:
                return parse(fmt::format("2001:db8:{}::/48", tenant));
            case 4:
                return parse(fmt::format("2001:db8:{}::9/128", tenant));
            case 5:
                return parse("10.1.0.0/16");
            case 6:
                return parse("10.1.0.7/32");
            case 7:
                return parse("fd00:1::/64");
            case 8:
                return parse("198.18.0.0/24");
            default:
                return parse(one_in(2) ? "0.0.0.0/0" : "::/0");
        }
    }
    std::vector<net::Prefix> prefixes(std::uint64_t tenant, unsigned most) {
        std::vector<net::Prefix> out;
        for (unsigned n = below(most + 1); n-- > 0;) out.push_back(prefix(tenant));
        return out;
    }
    static net::Prefix parse(const std::string& text) { return net::Prefix::parse(text).value(); }

  private:
    std::span<const std::uint8_t> bytes_;
};

inline model::RateLimit drawn_limit(Draw& draw) {
    if (draw.one_in(2)) return {};
    return {draw.number(), draw.number()};
}

inline model::ScrubProfile drawn_profile(Draw& draw) {
    model::ScrubProfile out;
    out.drop_invalid = !draw.one_in(4);
    out.monitored = draw.one_in(4) ? model::watchable_stages : 0;
    static constexpr model::AttackVector vectors[] = {model::AttackVector::dns, model::AttackVector::ntp,
                                                      model::AttackVector::fragment};
    if (draw.one_in(2)) out.reflection = {draw.of(vectors)};
    out.verify_tcp = draw.up_to(model::TcpVerification::all);
    out.tcp_method = draw.up_to(model::TcpMethod::splice);
    out.verify_dns = draw.up_to(model::DnsVerification::first_drop);
    out.verify_udp = draw.up_to(model::UdpVerification::first_drop);
    out.verified_for_s = draw.one_in(2) ? 300 : draw.small();
    out.anomaly = {draw.one_in(2), draw.one_in(2), draw.one_in(2),
                   draw.small(),   draw.one_in(2), {draw.number(), draw.number(), draw.number()}};
    out.protocol = {draw.one_in(2), draw.one_in(2), draw.one_in(2), draw.one_in(2), draw.one_in(2),
                    draw.one_in(2), draw.small(),   draw.small(),   draw.small()};
    for (model::RateLimit* limit : {&out.source_limit, &out.pair_limit, &out.target_limit,
                                    &out.fragment_limit, &out.icmp_limit, &out.udp_limit, &out.service_limit})
        *limit = drawn_limit(draw);
    return out;
}

inline model::PacketFilter drawn_filter(Draw& draw, std::uint64_t tenant, base::Timestamp now) {
    model::PacketFilter out;
    out.name = "filter";
    out.action = draw.up_to(model::FilterAction::pass);
    if (draw.one_in(3)) out.source = draw.prefix(tenant);
    if (draw.one_in(3)) out.destination = draw.prefix(tenant);
    out.protocol = draw.protocol();
    if (draw.one_in(3)) out.destination_port_first = draw.port();
    if (draw.one_in(3)) out.source_port_last = draw.port();
    if (draw.one_in(3)) out.tcp_flags_mask = 0x12, out.tcp_flags_value = 0x02;
    if (draw.one_in(4)) out.length_first = draw.port();
    out.fragments_only = draw.one_in(6);
    if (draw.one_in(3)) {
        static constexpr std::uint16_t offsets[] = {0, 4, 40, model::PayloadMatch::last_offset};
        out.payload.push_back({draw.of(offsets), {draw.byte(), draw.byte()}, {}});
    }
    if (draw.one_in(3)) out.source_is = {{draw.one_in(2) ? "DE" : "ZZ"}, draw.one_in(2), {}};
    if (draw.one_in(4)) out.source_is.reputations = {draw.one_in(2) ? "botnet" : "tor-exit"};
    out.dynamic = draw.one_in(2);
    if (draw.one_in(3)) out.expires_at = now + std::chrono::seconds(draw.byte());
    return out;
}

inline model::Attachment drawn_attachment(Draw& draw, std::uint64_t tenant, unsigned number) {
    model::Attachment out;
    out.name = fmt::format("network-{}", number);
    out.zone = static_cast<model::ZoneIndex>(1 + draw.below(2));
    out.kind = draw.up_to(model::AttachmentKind::vxlan);
    using enum model::AttachmentKind;
    const auto tag = static_cast<std::uint16_t>(100 + 10 * tenant + number);
    if (out.kind == vlan || out.kind == qinq) out.vlan = tag;
    if (out.kind == qinq) out.inner_vlan = 7;
    if (out.kind == vxlan) {
        out.vni = tag;
        out.tunnel_endpoint = net::Address::parse("192.0.2.9").value();
    }
    if (draw.one_in(2)) out.gateway4 = net::Address::parse("10.1.0.1").value();
    if (draw.one_in(2)) out.gateway6 = net::Address::parse("fd00:1::1").value();
    if (draw.one_in(2)) out.next_hop_mac = {2, 0, 0, 0, 0, 9};
    out.prefixes = draw.prefixes(tenant, 2);
    if (draw.one_in(2)) out.prefixes.push_back(Draw::parse("10.1.0.0/16"));
    return out;
}

inline std::vector<model::ZoneIndex> drawn_zones(Draw& draw) {
    if (draw.one_in(2)) return {};
    return {static_cast<model::ZoneIndex>(draw.one_in(64) ? 3 : draw.below(3))};
}

inline model::ServiceMatch drawn_service(Draw& draw) {
    model::ServiceMatch out;
    out.protocol = draw.protocol();
    if (draw.one_in(2)) out.destination_port.first = out.destination_port.last = draw.port();
    if (draw.one_in(3)) out.destination_port.last = draw.port();
    if (out.protocol == 1 && draw.one_in(2)) out.icmp_type = draw.below(20);
    return out;
}

inline model::FirewallRule drawn_rule(Draw& draw, std::uint64_t tenant, unsigned number) {
    model::FirewallRule out;
    out.name = fmt::format("rule-{}", number);
    out.from = drawn_zones(draw);
    out.to = drawn_zones(draw);
    out.sources = draw.prefixes(tenant, 1);
    out.destinations = draw.prefixes(tenant, 1);
    if (draw.one_in(3)) out.services = {drawn_service(draw)};
    if (draw.one_in(4)) out.users = {draw.one_in(2) ? "staff" : "anna"};
    static constexpr model::WeekWindow windows[] = {{0, 1}, {60, 120}, {5'000, 10'080}, {10'079, 10'080}};
    if (draw.one_in(5)) out.windows = {draw.of(windows)};
    static constexpr model::RuleAction actions[] = {model::RuleAction::allow, model::RuleAction::allow,
                                                    model::RuleAction::drop, model::RuleAction::reject};
    out.action = draw.of(actions);
    out.log = draw.one_in(2);
    return out;
}

inline model::NatRule drawn_nat(Draw& draw, std::uint64_t tenant, unsigned number) {
    model::NatRule out;
    out.name = fmt::format("nat-{}", number);
    out.kind = draw.up_to(model::NatKind::exempt);
    out.from = drawn_zones(draw);
    out.to = out.kind == model::NatKind::source ? std::vector<model::ZoneIndex>{0} : drawn_zones(draw);
    const auto own = fmt::format("203.0.{}", tenant);
    using enum model::NatKind;
    if (draw.one_in(4)) {
        out.match = draw.prefixes(tenant, 2);
        out.translated = draw.prefixes(tenant, 1);
    } else if (out.kind == source) {
        out.translated = {Draw::parse(own + (draw.one_in(2) ? ".1/32" : ".20/31"))};
    } else if (out.kind == destination) {
        out.match = {Draw::parse(own + ".9/32")};
        out.service = drawn_service(draw);
        out.service.protocol = draw.one_in(8) ? out.service.protocol : draw.one_in(2) ? 6 : 17;
        out.service.icmp_type = model::ServiceMatch::any_icmp;
        out.translated = {Draw::parse("10.1.0.7/32")};
        if (draw.one_in(2)) out.translated_port = draw.port();
    } else if (out.kind == one_to_one) {
        out.match = {Draw::parse(own + ".16/30")};
        out.translated = {Draw::parse("10.1.0.4/30")};
    }
    out.hairpin = !draw.one_in(3);
    return out;
}

inline model::FirewallProgram drawn_firewall(Draw& draw, std::uint64_t tenant) {
    model::FirewallProgram out;
    out.enabled = !draw.one_in(4);
    out.zones = {"internet", "inside", "dmz"};
    for (unsigned n = 0, all = 1 + draw.below(3); n < all; ++n)
        out.attachments.push_back(drawn_attachment(draw, tenant, n));
    for (unsigned n = 0, all = 1 + draw.below(4); n < all; ++n)
        out.rules.push_back(drawn_rule(draw, tenant, n));
    for (unsigned n = draw.below(4); n-- > 0;) out.nat.push_back(drawn_nat(draw, tenant, n));
    if (draw.one_in(3))
        out.timeouts = {draw.small(), draw.small(), draw.small(), draw.small(),
                        draw.small(), draw.small(), draw.small()};
    if (draw.one_in(3)) out.limits = {draw.small(), draw.small(), draw.small(), draw.small()};
    out.inbound = drawn_limit(draw);
    out.outbound = drawn_limit(draw);
    if (draw.one_in(2))
        out.attacks = {draw.up_to(model::OutboundAction::block),
                       draw.small(),
                       draw.small(),
                       draw.small(),
                       draw.small(),
                       draw.small()};
    out.strict_tcp = !draw.one_in(3);
    return out;
}

inline std::vector<model::TenantProgram> drawn_programs(Draw& draw, base::Timestamp now) {
    std::vector<model::TenantProgram> out;
    for (std::uint64_t tenant = 1, all = 1 + draw.below(3); tenant <= all; ++tenant) {
        model::TenantProgram& program = out.emplace_back();
        program.tenant = model::TenantId(tenant);
        program.generation = 1;
        program.prefixes = {Draw::parse(fmt::format("203.0.{}.0/24", tenant)),
                            Draw::parse(fmt::format("2001:db8:{}::/48", tenant))};
        for (unsigned n = draw.below(3); n-- > 0;) {
            const std::string own =
                n == 0 ? fmt::format("203.0.{}.9", tenant) : fmt::format("2001:db8:{}::/64", tenant);
            program.targets.push_back({draw.one_in(64) ? draw.prefix(tenant) : Draw::parse(own),
                                       model::MitigationId(10 * tenant + n + 1), drawn_profile(draw)});
        }
        for (unsigned n = draw.below(3); n-- > 0;) program.filters.push_back(drawn_filter(draw, tenant, now));
        if (!draw.one_in(4)) program.firewall = drawn_firewall(draw, tenant);
    }
    return out;
}

inline model::UserBindingUpdate drawn_bindings(Draw& draw, base::Timestamp now) {
    model::UserBindingUpdate out;
    out.full = draw.one_in(2);
    out.generation = 1;
    for (unsigned n = draw.below(3); n-- > 0;) {
        const std::uint64_t tenant = 1 + draw.below(3);
        out.bindings.push_back({model::TenantId(tenant),
                                draw.prefix(tenant),
                                "anna",
                                {"staff"},
                                now,
                                now + std::chrono::seconds(draw.byte())});
    }
    return out;
}

// As parse_packet_text() reads it; from one of the customers' networks where `inside`.
inline std::string drawn_packet(Draw& draw, bool inside) {
    const bool ipv6 = draw.one_in(4);
    const unsigned tenant = draw.one_in(4) ? 2 + draw.below(2) : 1;
    const std::string outside = ipv6 ? "2600::7" : draw.one_in(2) ? "198.18.0.7" : "45.1.1.1";
    const std::string own = ipv6 ? (draw.one_in(2) ? "fd00:1::7" : fmt::format("2001:db8:{}::9", tenant))
                            : draw.one_in(2) ? fmt::format("10.1.0.{}", 4 + draw.below(5))
                                             : fmt::format("203.0.{}.9", tenant);
    static constexpr unsigned hosts[] = {9, 1, 2, 17, 20};
    const std::string published =
        ipv6 ? fmt::format("2001:db8:{}::9", tenant) : fmt::format("203.0.{}.{}", tenant, draw.of(hosts));
    const std::string from = inside ? own : outside;
    const std::string to = !inside ? published : draw.one_in(3) ? published : draw.one_in(3) ? own : outside;
    static constexpr const char* kinds[] = {"tcp", "tcp", "udp", "icmp", "protocol 47"};
    const std::string kind = draw.of(kinds);
    const auto end = [&](const std::string& address, std::uint16_t port) {
        return ipv6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
    };
    // The two ends' ports are often exchanged: the answer of an earlier packet.
    std::string text = kind == "icmp" && ipv6 ? "icmpv6" : kind;
    const bool has_ports = kind == "tcp" || kind == "udp";
    text += has_ports ? fmt::format(" {} > {}", end(from, draw.port()), end(to, draw.port()))
                      : fmt::format(" {} > {}", from, to);
    static constexpr const char* flags[] = {" syn",     " ack", " syn ack", " psh ack",
                                            " fin ack", " rst", " none"};
    if (kind == "tcp")
        text += draw.of(flags) + fmt::format(" seq {} ack-number {}", draw.byte(), draw.byte());
    static constexpr unsigned types[] = {8, 0, 128, 129, 135, 13};
    if (kind == "icmp") text += fmt::format(" type {} identifier {}", draw.of(types), draw.below(2));
    text += fmt::format(" payload {}", 8 * draw.below(20));
    if (draw.one_in(6)) text += fmt::format(" more id {}", draw.below(2));
    if (draw.one_in(6)) text += fmt::format(" fragment {} id {}", 8 * draw.below(20), draw.below(2));
    if (draw.one_in(8)) text += fmt::format(" ttl {}", draw.below(3));
    if (inside && !draw.one_in(4)) {
        text += fmt::format(" vlan {}", 100 + 10 * tenant + draw.below(3));
        if (draw.one_in(4)) text += " vlan 7";
    }
    return text;
}

}  // namespace sluice::apps::gateway
