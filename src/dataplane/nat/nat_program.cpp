#include "dataplane/nat/nat_program.hpp"

#include <algorithm>
#include <array>

#include "dataplane/nat/nat_compiler.hpp"

namespace sluice::dataplane::nat {
namespace {

using model::NatKind;

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

}  // namespace

base::Result<NatProgram> NatProgram::compile(model::TenantId tenant, const model::FirewallProgram& program,
                                             PortRegister& ports, const Limits& limits) {
    return NatCompiler(tenant, program, ports, limits).compile();
}

std::optional<DestinationChange> NatProgram::find_destination(const firewall::Question& question) const {
    const firewall::Match match = destinations_.classify(question);
    if (match.rule == firewall::no_rule_matched) return std::nullopt;
    const std::uint32_t number = destination_rules_[match.rule];
    const Rule& rule = rules_[number];
    DestinationChange change{rule.server, question.destination_port, number};
    if (rule.kind == NatKind::one_to_one) {
        const auto pair = std::find_if(rule.pairs.begin(), rule.pairs.end(), [&](const Pair& one) {
            return within(one.outside, question.destination);
        });
        change.address = moved(question.destination, pair->inside);
    } else if (rule.server_port != 0) {
        change.port =
            static_cast<std::uint16_t>(rule.server_port + question.destination_port - rule.first_port);
    }
    return change;
}

SourceChange NatProgram::find_source(const net::Address& source, model::ZoneIndex from, model::ZoneIndex to,
                                     bool hairpin) const {
    firewall::Question question;
    question.source = question.destination = source;  // rules ask for no destination; its family is the same
    question.from = from;
    question.to = hairpin ? model::internet_zone : to;
    const firewall::Match match = sources_.classify(question);
    if (match.rule == firewall::no_rule_matched) return {};
    const std::uint32_t number = source_rules_[match.rule];
    const Rule& rule = rules_[number];
    if (rule.kind == NatKind::exempt) return {SourceChange::Kind::stays, number, {}, nullptr};
    if (rule.kind == NatKind::source) {
        const std::uint32_t pool = source.is_v4() ? rule.pool4 : rule.pool6;
        return {SourceChange::Kind::pool, number, {}, pools_[pool].get()};
    }
    const auto pair = std::find_if(rule.pairs.begin(), rule.pairs.end(),
                                   [&](const Pair& one) { return within(one.inside, source); });
    return {SourceChange::Kind::fixed, number, moved(source, pair->outside), nullptr};
}

std::optional<std::uint8_t> NatProgram::owner_of(const net::Address& outside, std::uint16_t port) const {
    const std::shared_ptr<PortSpace>* space = outside_.find(outside);
    return space == nullptr ? std::nullopt : (*space)->owner_of(port);
}

std::uint64_t NatProgram::ports_taken() const {
    std::uint64_t sum = 0;
    for (const auto& space : outside_.spaces) sum += std::uint64_t{space->taken()} * space->ports_a_block();
    return sum;
}

std::size_t NatProgram::bytes() const {
    std::size_t sum = sizeof *this + rules_.capacity() * sizeof(Rule) +
                      bindings_.capacity() * sizeof(model::NatBinding) + destinations_.bytes() +
                      sources_.bytes() + (destination_rules_.capacity() + source_rules_.capacity()) * 4;
    for (const Rule& rule : rules_) sum += rule.pairs.capacity() * sizeof(Pair);
    for (const auto& pool : pools_) sum += sizeof *pool + pool->spaces.capacity() * sizeof pool->spaces[0];
    sum += outside_.spaces.capacity() * sizeof outside_.spaces[0];
    for (const auto& space : outside_.spaces) sum += space->bytes();
    return sum;
}

}  // namespace sluice::dataplane::nat
