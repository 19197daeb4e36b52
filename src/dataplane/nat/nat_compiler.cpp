#include "dataplane/nat/nat_compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "dataplane/firewall/rule_rows.hpp"

namespace sluice::dataplane::nat {
namespace {

using base::ErrorCode;
using model::NatKind;

std::unexpected<base::Error> refuse(const model::NatRule& rule, std::string what, std::string hint) {
    return base::fail(ErrorCode::invalid_argument, std::move(what), fmt::format("NAT rule '{}'", rule.name),
                      std::move(hint));
}

// The address `step` behind the first one of a prefix.
net::Address nth(const net::Prefix& prefix, std::uint32_t step) {
    std::array<std::uint8_t, 16> bytes = prefix.address().bytes();
    std::uint32_t carry = step;
    for (std::size_t i = 16; i-- > 0 && carry != 0;) {
        carry += bytes[i];
        bytes[i] = static_cast<std::uint8_t>(carry);
        carry >>= 8U;
    }
    return net::Address::v6_from(bytes.data());
}

}  // namespace

base::Result<NatProgram> NatCompiler::compile() {
    if (source_.nat.size() > limits_.rules) {
        return base::fail(
            ErrorCode::exhausted,
            fmt::format("{} NAT rules; a tenant may have {}", source_.nat.size(), limits_.rules), "nat");
    }
    destinations_.zones = sources_.zones = source_.zones;
    for (std::uint32_t i = 0; i < source_.nat.size(); ++i) {
        if (auto good = add(source_.nat[i], i); !good) return std::unexpected(good.error());
    }
    for (const auto& [address, space] : addresses_) program_.outside_.spaces.push_back(space);
    reserve();
    firewall::RuleSet::Limits limits;
    limits.rules = limits.rules + limits_.rules;
    for (auto [from, to] :
         {std::pair(&destinations_, &program_.destinations_), std::pair(&sources_, &program_.sources_)}) {
        auto set = firewall::RuleSet::compile(*from, limits);
        if (!set) return std::unexpected(set.error());
        *to = std::move(*set);
    }
    program_.rules_.shrink_to_fit();
    return std::move(program_);
}

base::Status NatCompiler::add(const model::NatRule& rule, std::uint32_t number) {
    for (const auto* zones : {&rule.from, &rule.to}) {
        for (const model::ZoneIndex zone : *zones) {
            if (zone != model::any_zone && zone >= source_.zones.size()) {
                return refuse(rule, fmt::format("zone number {} does not exist", zone),
                              fmt::format("the program has {} zones", source_.zones.size()));
            }
        }
    }
    Rule out;
    out.kind = rule.kind;
    base::Status done;
    if (rule.kind == NatKind::destination) done = add_destination(rule, out);
    if (rule.kind == NatKind::one_to_one) done = add_one_to_one(rule, out);
    if (rule.kind == NatKind::source) done = add_source(rule, out);
    if (!done) return done;
    if (rule.kind == NatKind::destination || rule.kind == NatKind::one_to_one)
        match_destination(rule, number);
    if (rule.kind != NatKind::destination) match_source(rule, out, number);
    program_.rules_.push_back(std::move(out));
    return done;
}

// The zones to which a rule's addresses are public: the internet, or those that it names. `callable`: also
// those inside from which they can be called.
std::vector<model::ZoneIndex> NatCompiler::zones_where(const model::NatRule& rule, bool callable) const {
    std::vector<model::ZoneIndex> zones;
    for (std::size_t i = 0; i < source_.zones.size(); ++i) {
        const auto zone = static_cast<model::ZoneIndex>(i);
        const bool named = std::any_of(rule.from.begin(), rule.from.end(),
                                       [&](auto one) { return one == zone || one == model::any_zone; });
        const bool is_public = rule.from.empty() ? zone == model::internet_zone : named;
        if (is_public || (callable && rule.hairpin && zone != model::internet_zone)) zones.push_back(zone);
    }
    return zones;
}

void NatCompiler::match_destination(const model::NatRule& rule, std::uint32_t number) {
    model::FirewallRule match{.name = rule.name, .from = zones_where(rule, true)};
    if (match.from.empty()) return;  // a list that names no zone would mean any
    match.destinations = rule.match;
    if (rule.kind == NatKind::destination && rule.service != model::ServiceMatch{}) {
        match.services = {rule.service};
    }
    destinations_.rules.push_back(std::move(match));
    program_.destination_rules_.push_back(number);
}

void NatCompiler::match_source(const model::NatRule& rule, const Rule& out, std::uint32_t number) {
    model::FirewallRule match{.name = rule.name, .from = rule.from, .to = rule.to};
    match.sources = rule.match;
    if (rule.kind == NatKind::one_to_one) {
        match.from.clear();
        match.to = zones_where(rule, false);
        match.sources = rule.translated;
        if (match.to.empty()) return;
    } else if (rule.kind == NatKind::source) {
        // Without a pool of its family an address stays as it is; later rules may have one.
        const auto has_pool = [&](bool ipv6) {
            return (ipv6 ? out.pool6 : out.pool4) != NatProgram::no_pool;
        };
        if (match.sources.empty()) {
            match.sources = {net::Prefix::of(net::Address::v4(0), 0), net::Prefix{}};
        }
        std::erase_if(match.sources, [&](const net::Prefix& prefix) { return !has_pool(!prefix.is_v4()); });
        if (match.sources.empty()) return;
    }
    sources_.rules.push_back(std::move(match));
    program_.source_rules_.push_back(number);
}

base::Status NatCompiler::add_destination(const model::NatRule& rule, Rule& out) {
    if (rule.match.empty()) return refuse(rule, "no public address", "name the address that is forwarded");
    if (rule.translated.size() != 1 || !rule.translated[0].is_host()) {
        return refuse(rule, "not one server", "name one address; a rule for each further server");
    }
    const net::Prefix& server = rule.translated[0];
    if (std::any_of(rule.match.begin(), rule.match.end(),
                    [&](const net::Prefix& prefix) { return prefix.is_v4() != server.is_v4(); })) {
        return refuse(rule, "public address and server are of different families",
                      "a rule for IPv4 and one for IPv6");
    }
    const model::PortRange& ports = rule.service.destination_port;
    const bool any_ports = firewall::is_any(ports) && firewall::is_any(rule.service.source_port);
    if (ports.first > ports.last || rule.service.source_port.first > rule.service.source_port.last) {
        return refuse(rule, "a range of ports ends before it begins", "write the lower port first");
    }
    if (!firewall::has_ports(rule.service.protocol) && (!any_ports || rule.translated_port != 0)) {
        return refuse(rule, "ports of a protocol without ports", "name TCP (6) or UDP (17)");
    }
    if (rule.translated_port + (ports.last - ports.first) > 65'535 && rule.translated_port != 0) {
        return refuse(rule, "the server's ports would end behind 65535", "begin at a lower port");
    }
    out.server = server.address();
    out.server_port = rule.translated_port;
    out.first_port = ports.first;
    for (const net::Prefix& outside : rule.match) {
        program_.bindings_.push_back({.tenant = tenant_,
                                      .kind = model::NatBindingKind::static_added,
                                      .protocol = rule.service.protocol,
                                      .inside = server,
                                      .outside = outside,
                                      .first_port = ports.first,
                                      .last_port = ports.last,
                                      .inside_port = rule.translated_port});
    }
    return {};
}

base::Status NatCompiler::add_one_to_one(const model::NatRule& rule, Rule& out) {
    if (rule.match.empty() || rule.match.size() != rule.translated.size()) {
        return refuse(rule, "not as many public prefixes as inside ones", "name them in pairs");
    }
    for (std::size_t i = 0; i < rule.match.size(); ++i) {
        const net::Prefix& outside = rule.match[i];
        const net::Prefix& inside = rule.translated[i];
        if (outside.is_v4() != inside.is_v4() || outside.length() != inside.length()) {
            return refuse(
                rule, fmt::format("{} and {} are not of one length", outside.to_string(), inside.to_string()),
                "one-to-one keeps the host's part of an address");
        }
        out.pairs.push_back({outside, inside});
        program_.bindings_.push_back({.tenant = tenant_,
                                      .kind = model::NatBindingKind::static_added,
                                      .inside = inside,
                                      .outside = outside});
    }
    return {};
}

base::Status NatCompiler::add_source(const model::NatRule& rule, Rule& out) {
    if (rule.translated.empty()) return refuse(rule, "no pool", "name the public addresses to use");
    for (const bool ipv6 : {false, true}) {
        const bool any = std::any_of(rule.translated.begin(), rule.translated.end(),
                                     [&](const net::Prefix& prefix) { return prefix.is_v4() != ipv6; });
        if (!any) continue;
        auto pool = pool_of(rule, ipv6);
        if (!pool) return std::unexpected(pool.error());
        (ipv6 ? out.pool6 : out.pool4) = *pool;
    }
    return {};
}

base::Result<std::uint32_t> NatCompiler::pool_of(const model::NatRule& rule, bool ipv6) {
    SourcePool pool;
    for (const net::Prefix& prefix : rule.translated) {
        if (prefix.is_v4() == ipv6) continue;
        const unsigned host_bits = 128 - prefix.bits();
        if (host_bits > 16 || addresses_.size() + (1U << host_bits) > limits_.pool_addresses) {
            return base::fail(ErrorCode::exhausted,
                              fmt::format("the pools have more than {} addresses", limits_.pool_addresses),
                              fmt::format("NAT rule '{}'", rule.name),
                              "an address serves some thousand inside hosts");
        }
        for (std::uint32_t i = 0; i < 1U << host_bits; ++i) {
            const net::Address address = nth(prefix, i);
            auto& space = addresses_[address];
            if (space == nullptr) space = ports_.space(tenant_, address);
            pool.spaces.push_back(space);
        }
    }
    const auto before = [](const auto& a, const auto& b) { return a->address() < b->address(); };
    std::sort(pool.spaces.begin(), pool.spaces.end(), before);
    pool.spaces.erase(std::unique(pool.spaces.begin(), pool.spaces.end()), pool.spaces.end());
    program_.pools_.push_back(std::make_unique<const SourcePool>(std::move(pool)));
    return static_cast<std::uint32_t>(program_.pools_.size() - 1);
}

// What a rule fixes is given to nobody else.
void NatCompiler::reserve() {
    for (const auto& [address, space] : addresses_) {
        std::vector<PortSpace::Reserved> ranges;
        for (const model::NatBinding& binding : program_.bindings_) {
            // ICMP has no ports; its identifiers only share their numbers.
            if (binding.protocol != 0 && !firewall::has_ports(binding.protocol)) continue;
            if (binding.outside.is_v4() == address.is_v4() && binding.outside.contains(address)) {
                ranges.push_back({binding.first_port, binding.last_port});
            }
        }
        space->reserve(ranges);
    }
}

}  // namespace sluice::dataplane::nat
