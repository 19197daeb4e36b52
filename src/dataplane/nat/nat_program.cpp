#include "dataplane/nat/nat_program.hpp"

#include <algorithm>
#include <array>

#include "dataplane/firewall/rule_rows.hpp"
#include "dataplane/nat/nat_compiler.hpp"

namespace sluice::dataplane::nat {
namespace {

using model::NatKind;
using model::ServiceMatch;

// The host's part of `address` behind the prefix of `to`, which is as long as the one that it comes from.
net::Address moved(const net::Address& address, const net::Prefix& to) {
    std::array<std::uint8_t, 16> bytes = to.address().bytes();
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned first = i * 8;
        const unsigned kept = to.bits() <= first ? 0 : std::min(to.bits() - first, 8U);
        const auto host = static_cast<std::uint8_t>(0xffU >> kept);
        bytes[i] = static_cast<std::uint8_t>((bytes[i] & ~host) | (address.bytes()[i] & host));
    }
    return net::Address::v6_from(bytes.data());
}

bool within(const net::Prefix& prefix, const net::Address& address) {
    return prefix.is_v4() == address.is_v4() && prefix.contains(address);
}
bool lists(const std::vector<net::Prefix>& prefixes, const net::Address& address) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const net::Prefix& prefix) { return within(prefix, address); });
}
bool lists(const std::vector<model::ZoneIndex>& zones, model::ZoneIndex zone) {
    return zones.empty() || std::any_of(zones.begin(), zones.end(), [&](model::ZoneIndex one) {
               return one == zone || one == model::any_zone;
           });
}
bool within(const model::PortRange& range, std::uint16_t port) {
    return port >= range.first && port <= range.last;
}

bool matches(const ServiceMatch& service, const firewall::Question& question) {
    if (service.protocol == 0) return true;
    if (service.protocol != question.protocol) return false;
    if (firewall::is_any(service.source_port) && firewall::is_any(service.destination_port)) return true;
    return question.has_transport && within(service.source_port, question.source_port) &&
           within(service.destination_port, question.destination_port);
}

}  // namespace

base::Result<NatProgram> NatProgram::compile(model::TenantId tenant, const model::FirewallProgram& program,
                                             PortRegister& ports, const Limits& limits) {
    return NatCompiler(tenant, program, ports, limits).compile();
}

// Whether a rule's public addresses are public in this zone: the internet, or the zones that it names.
bool NatProgram::is_public(const Rule& rule, model::ZoneIndex zone) {
    return rule.from.empty() ? zone == model::internet_zone : lists(rule.from, zone);
}

// Whether they can be called from there.
bool NatProgram::is_seen(const Rule& rule, model::ZoneIndex zone) {
    return is_public(rule, zone) || (rule.hairpin && zone != model::internet_zone);
}

std::optional<DestinationChange> NatProgram::find_destination(const firewall::Question& question) const {
    for (const Rule& rule : rules_) {
        if (rule.kind == NatKind::one_to_one) {
            if (!is_seen(rule, question.from)) continue;
            for (const Pair& pair : rule.pairs) {
                if (!within(pair.outside, question.destination)) continue;
                return DestinationChange{moved(question.destination, pair.inside), question.destination_port,
                                         rule.number};
            }
        } else if (rule.kind == NatKind::destination) {
            if (!lists(rule.match, question.destination) || !matches(rule.service, question) ||
                !is_seen(rule, question.from)) {
                continue;
            }
            const std::uint16_t port =
                rule.server_port == 0
                    ? question.destination_port
                    : static_cast<std::uint16_t>(rule.server_port + question.destination_port -
                                                 rule.service.destination_port.first);
            return DestinationChange{rule.server, port, rule.number};
        }
    }
    return std::nullopt;
}

SourceChange NatProgram::find_source(const net::Address& source, model::ZoneIndex from, model::ZoneIndex to,
                                     bool hairpin) const {
    if (hairpin) to = model::internet_zone;
    for (const Rule& rule : rules_) {
        if (rule.kind == NatKind::destination) continue;
        if (rule.kind == NatKind::one_to_one) {
            if (!is_public(rule, to)) continue;
            for (const Pair& pair : rule.pairs) {
                if (!within(pair.inside, source)) continue;
                return {SourceChange::Kind::fixed, rule.number, moved(source, pair.outside), nullptr};
            }
            continue;
        }
        if (!lists(rule.from, from) || !lists(rule.to, to)) continue;
        if (!rule.match.empty() && !lists(rule.match, source)) continue;
        if (rule.kind == NatKind::exempt) return {SourceChange::Kind::stays, rule.number, {}, nullptr};
        const std::uint32_t pool = source.is_v4() ? rule.pool4 : rule.pool6;
        if (pool == no_pool) continue;  // no translation between the families
        return {SourceChange::Kind::pool, rule.number, {}, pools_[pool].get()};
    }
    return {};
}

std::optional<std::uint8_t> NatProgram::owner_of(const net::Address& outside, std::uint16_t port) const {
    const std::shared_ptr<PortSpace>* space = outside_.find(outside);
    return space == nullptr ? std::nullopt : (*space)->owner_of(port);
}

std::size_t NatProgram::bytes() const {
    std::size_t sum =
        sizeof *this + rules_.capacity() * sizeof(Rule) + bindings_.capacity() * sizeof(model::NatBinding);
    for (const Rule& rule : rules_) {
        sum += rule.from.capacity() + rule.to.capacity() + rule.match.capacity() * sizeof(net::Prefix) +
               rule.pairs.capacity() * sizeof(Pair);
    }
    for (const auto& pool : pools_) sum += sizeof *pool + pool->spaces.capacity() * sizeof pool->spaces[0];
    sum += outside_.spaces.capacity() * sizeof outside_.spaces[0];
    for (const auto& space : outside_.spaces) sum += space->bytes();
    return sum;
}

}  // namespace sluice::dataplane::nat
