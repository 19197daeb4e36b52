#include "api/firewall/rule_example.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "net/protocol.hpp"

namespace sluice::api::firewall {
namespace {

using model::FirewallProgram;
using model::ServiceMatch;
using model::ZoneIndex;
using net::Address;
using net::Family;
using net::Prefix;

// What is looked at for one example. Whoever has more is told nothing, or less; asking stays cheap.
constexpr std::size_t most_prefixes = 256;  // of all networks together
constexpr std::size_t most_objects = 16;    // of a rule's end
constexpr std::size_t most_ends = 8;
constexpr std::size_t most_forwards = 64;

constexpr std::uint8_t tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);
constexpr std::uint8_t udp = static_cast<std::uint8_t>(net::IpProtocol::udp);
constexpr std::uint8_t icmp = static_cast<std::uint8_t>(net::IpProtocol::icmp);
constexpr std::uint8_t icmp6 = static_cast<std::uint8_t>(net::IpProtocol::icmpv6);

// For documentation (RFC 5737, RFC 3849): the first that is none of the customer's own is somebody out there.
constexpr std::array strangers{"198.51.100.7", "203.0.113.7", "192.0.2.7", "2001:db8:ffff::7",
                               "2001:db8:fffe::7"};

Address some_host(const Prefix& prefix) {
    const unsigned room = 128 - prefix.bits();
    if (room < 4) return prefix.address();
    if (prefix.is_v4()) return Address::v4(prefix.address().v4_value() + 10);
    auto bytes = prefix.address().bytes();
    bytes[15] = static_cast<std::uint8_t>(bytes[15] + 0x10);
    return Address::v6_from(bytes.data());
}

bool is_private(const Address& address) {
    static const std::array space{Prefix::of(Address::v4(0x0a000000), 8),
                                  Prefix::of(Address::v4(0xac100000), 12),
                                  Prefix::of(Address::v4(0xc0a80000), 16)};
    return std::any_of(space.begin(), space.end(), [&](const Prefix& one) { return one.contains(address); });
}

// One end of a connection, and the service of the port forward that leads there.
struct End {
    Address address;
    ZoneIndex zone = model::internet_zone;
    const ServiceMatch* service = nullptr;
};

class Search {
  public:
    Search(const FirewallProgram& program, std::span<const Prefix> own, const model::FirewallRule& rule,
           Family family, bool reachable_only)
        : program_(program), own_(own), rule_(rule), family_(family), reachable_only_(reachable_only) {}

    std::string run() const {
        for (const End& source : ends(rule_.from, rule_.sources)) {
            for (const End& destination : destinations(source)) {
                if (source.address == destination.address) continue;
                if (auto text = packet(source, destination); !text.empty()) return text;
            }
        }
        return {};
    }

  private:
    [[nodiscard]] bool fits(const Prefix& prefix) const { return prefix.address().family() == family_; }

    [[nodiscard]] ZoneIndex zone_of(const Address& address) const {
        const Prefix* best = nullptr;
        ZoneIndex zone = model::internet_zone;
        for (const auto& network : program_.attachments) {
            for (const auto& prefix : network.prefixes) {
                if (!prefix.contains(address) || (best != nullptr && best->bits() >= prefix.bits())) continue;
                best = &prefix;
                zone = network.zone;
            }
        }
        return zone;
    }

    static bool has(const std::vector<ZoneIndex>& zones, ZoneIndex zone) {
        return zones.empty() || std::find(zones.begin(), zones.end(), zone) != zones.end();
    }

    static std::span<const Prefix> first(const std::vector<Prefix>& objects) {
        return std::span(objects).first(std::min(objects.size(), most_objects));
    }

    // Networks first: who is inside asks about his own.
    [[nodiscard]] std::vector<End> ends(const std::vector<ZoneIndex>& zones,
                                        const std::vector<Prefix>& objects) const {
        std::vector<End> found;
        const auto add = [&](const Address& address) {
            if (found.size() == most_ends) return;
            const ZoneIndex zone = zone_of(address);
            if (has(zones, zone)) found.push_back({address, zone, nullptr});
        };
        for (const auto& network : program_.attachments) {
            for (const auto& prefix : network.prefixes) {
                if (!fits(prefix)) continue;
                if (objects.empty()) add(some_host(prefix));
                for (const auto& object : first(objects)) {
                    if (fits(object) && object.overlaps(prefix))
                        add(some_host(object.bits() > prefix.bits() ? object : prefix));
                }
            }
        }
        for (const auto& object : first(objects)) {
            if (fits(object)) add(some_host(object));
        }
        if (objects.empty()) {
            for (const char* text : strangers) {
                const auto address = Address::parse(text);
                const bool strange =
                    address && std::none_of(own_.begin(), own_.end(),
                                            [&](const Prefix& one) { return one.contains(*address); });
                if (strange && address->family() == family_) add(*address);
            }
        }
        return found;
    }

    // From inside by the address inside, from elsewhere as it is called there.
    [[nodiscard]] std::vector<End> destinations(const End& source) const {
        auto direct = ends(rule_.to, rule_.destinations);
        auto forwarded = forwards(source);
        if (source.zone != model::internet_zone) {
            direct.insert(direct.end(), forwarded.begin(), forwarded.end());
            return direct;
        }
        std::erase_if(direct, [&](const End& end) {
            return end.zone == model::internet_zone || (reachable_only_ && is_private(end.address));
        });
        forwarded.insert(forwarded.end(), direct.begin(), direct.end());
        return forwarded;
    }

    // Rules name destinations as packets arrive; what NAT makes of them decides the zone.
    [[nodiscard]] std::vector<End> forwards(const End& source) const {
        std::vector<End> found;
        for (const auto& nat : std::span(program_.nat).first(std::min(program_.nat.size(), most_forwards))) {
            const bool inward =
                nat.kind == model::NatKind::destination || nat.kind == model::NatKind::one_to_one;
            if (!inward || !has(nat.from, source.zone)) continue;
            const Address outside = some_host(nat.match.front());
            const ZoneIndex zone = zone_of(some_host(nat.translated.front()));
            const auto holds = [&](const Prefix& one) { return one.contains(outside); };
            const bool named = rule_.destinations.empty() ||
                               std::any_of(rule_.destinations.begin(), rule_.destinations.end(), holds);
            if (outside.family() != family_ || !has(rule_.to, zone) || !named) continue;
            found.push_back(
                {outside, zone, nat.kind == model::NatKind::destination ? &nat.service : nullptr});
        }
        return found;
    }

    [[nodiscard]] std::string packet(const End& source, const End& destination) const {
        static const ServiceMatch web{.protocol = tcp, .destination_port = {443, 443}};
        if (rule_.services.empty()) {
            const bool forwarded = destination.service != nullptr && destination.service->protocol != 0;
            return text(source, destination, forwarded ? *destination.service : web);
        }
        for (const auto& service : rule_.services) {
            if (service.protocol == (family_ == Family::ipv4 ? icmp6 : icmp)) continue;
            if (destination.service != nullptr && !meet(*destination.service, service)) continue;
            return text(source, destination, service);
        }
        return {};
    }

    static bool meet(const ServiceMatch& forward, const ServiceMatch& service) {
        return forward.protocol == service.protocol &&
               forward.destination_port.first <= service.destination_port.first &&
               service.destination_port.first <= forward.destination_port.last;
    }

    static std::uint16_t port_of(const model::PortRange& range, std::uint16_t usual) {
        return range == model::PortRange{} ? usual : std::max<std::uint16_t>(range.first, 1);
    }

    [[nodiscard]] std::string end_text(const Address& address, std::uint16_t port) const {
        return fmt::format(fmt::runtime(family_ == Family::ipv4 ? "{}:{}" : "[{}]:{}"), address.to_string(),
                           port);
    }

    [[nodiscard]] std::string text(const End& source, const End& destination,
                                   const ServiceMatch& service) const {
        const std::uint8_t protocol = service.protocol == 0 ? tcp : service.protocol;
        if (protocol == tcp || protocol == udp) {
            return fmt::format("{} {} > {}{}", protocol == tcp ? "tcp" : "udp",
                               end_text(source.address, port_of(service.source_port, 40'000)),
                               end_text(destination.address, port_of(service.destination_port, 443)),
                               protocol == tcp ? " syn" : "");
        }
        const std::string ends =
            fmt::format("{} > {}", source.address.to_string(), destination.address.to_string());
        if (protocol != icmp && protocol != icmp6) return fmt::format("protocol {} {}", protocol, ends);
        const unsigned echo = protocol == icmp ? 8 : 128;
        const unsigned type = service.icmp_type == ServiceMatch::any_icmp ? echo : service.icmp_type;
        return fmt::format("{} {} type {}", protocol == icmp ? "icmp" : "icmpv6", ends, type);
    }

    const FirewallProgram& program_;
    std::span<const Prefix> own_;
    const model::FirewallRule& rule_;
    Family family_;
    bool reachable_only_;
};

}  // namespace

RuleExamples::RuleExamples(const FirewallProgram& program, std::span<const net::Prefix> own)
    : program_(program), own_(own) {
    std::size_t prefixes = 0;
    for (const auto& network : program.attachments) prefixes += network.prefixes.size();
    too_many_ = prefixes > most_prefixes;
}

std::string RuleExamples::of(const model::FirewallRule& rule) const {
    // Which addresses a country has is the gateways' to know.
    const bool asks_source = rule.sources.empty() && !rule.source_is.empty();
    const bool asks_destination = rule.destinations.empty() && !rule.destination_is.empty();
    if (too_many_ || asks_source || asks_destination) return {};
    // From the internet nobody reaches private addresses: tried last.
    for (const auto& [family, reachable_only] :
         {std::pair{Family::ipv4, true}, std::pair{Family::ipv6, true}, std::pair{Family::ipv4, false}}) {
        if (auto text = Search(program_, own_, rule, family, reachable_only).run(); !text.empty())
            return text;
    }
    return {};
}

}  // namespace sluice::api::firewall
