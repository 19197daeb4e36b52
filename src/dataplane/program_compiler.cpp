#include "dataplane/program_compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "dataplane/coarse_time.hpp"
#include "model/attack_vector.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane {
namespace {

using base::ErrorCode;
using base::fail;

std::string where(const model::TenantProgram& program, const std::string& object) {
    return fmt::format("{}, {}", program.tenant.to_string(), object);
}

bool inside(const model::TenantProgram& program, const net::Prefix& prefix) {
    return std::any_of(program.prefixes.begin(), program.prefixes.end(),
                       [&](const net::Prefix& own) { return own.contains(prefix); });
}

base::Status check_target(const model::TenantProgram& program, const model::ScrubTarget& target) {
    const std::string at = where(program, fmt::format("target {}", target.prefix.to_string()));
    if (!inside(program, target.prefix)) {
        return fail(ErrorCode::invalid_argument, "the target is none of the tenant's addresses", at,
                    "a target lies within one of the tenant's prefixes");
    }
    for (const model::AttackVector vector : target.profile.reflection) {
        if (vector == model::AttackVector::fragment || model::info(vector).source_port != 0) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("'{}' is no reflection over UDP", model::to_string(vector)), at,
                    "name a vector with a source port (dns, ntp, …) or 'fragment'");
    }
    const bool verified = target.profile.verify_tcp != model::TcpVerification::off ||
                          target.profile.verify_dns != model::DnsVerification::off ||
                          target.profile.verify_udp != model::UdpVerification::off;
    if (verified && target.profile.verified_for_s == 0) {
        return fail(ErrorCode::invalid_argument, "a proof that lives 0 seconds never lets anybody in", at,
                    "set verified_for_s to at least 1");
    }
    return {};
}

base::Status check_conditions(const model::PacketFilter& filter, const std::string& at) {
    using model::PayloadMatch;
    if (filter.payload.size() > model::most_payload_matches) {
        return fail(ErrorCode::invalid_argument, "more than four places of the payload", at);
    }
    for (const PayloadMatch& match : filter.payload) {
        if (match.bytes.empty() || match.bytes.size() > PayloadMatch::most_bytes ||
            (!match.mask.empty() && match.mask.size() != match.bytes.size()) ||
            match.offset > PayloadMatch::last_offset) {
            return fail(ErrorCode::invalid_argument, "bytes of the payload that can not be looked for", at,
                        "1 to 16 bytes, a mask as long or none, an offset of at most 1400");
        }
    }
    const auto& wanted = filter.source_is;
    if (!std::ranges::all_of(wanted.countries, model::is_country_code)) {
        return fail(ErrorCode::invalid_argument, "a country that is no code of two capital letters", at);
    }
    if (!std::ranges::all_of(wanted.reputations, model::is_reputation_tag)) {
        return fail(ErrorCode::invalid_argument, "a reputation that is no tag", at,
                    "small letters, digits and hyphens");
    }
    return {};
}

base::Status check_filter(const model::TenantProgram& program, const model::PacketFilter& filter) {
    const std::string at = where(program, fmt::format("filter '{}'", filter.name));
    if (filter.name.empty()) return fail(ErrorCode::invalid_argument, "a filter has no name", at);
    if (filter.destination.bits() != 0 && !inside(program, filter.destination)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the destination {} is none of the tenant's addresses",
                                filter.destination.to_string()),
                    at, "leave it out, or name a prefix of the tenant");
    }
    if (filter.source.bits() != 0 && !filter.source.is_v4() && filter.source.contains(net::Address::v4(0))) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("the source {} covers all of IPv4 and a part of IPv6", filter.source.to_string()), at,
            "leave it out for both families, or name a longer prefix");
    }
    if (filter.source_port_first > filter.source_port_last ||
        filter.destination_port_first > filter.destination_port_last ||
        filter.length_first > filter.length_last) {
        return fail(ErrorCode::invalid_argument, "a range ends before it begins", at);
    }
    if ((filter.tcp_flags_value & ~filter.tcp_flags_mask) != 0) {
        return fail(ErrorCode::invalid_argument, "a TCP flag is asked for that the mask leaves out", at,
                    "set the flag in the mask, too");
    }
    return check_conditions(filter, at);
}

// Two networks that look alike on the wire would mix two customers.
base::Status check_tags(const std::vector<attach::IngressTable::Item>& tags) {
    std::vector<std::uint64_t> words;
    for (const auto& item : tags) words.push_back(item.tag.word());
    std::sort(words.begin(), words.end());
    if (std::adjacent_find(words.begin(), words.end()) == words.end()) return {};
    return fail(ErrorCode::conflict, "two attachments have the same port and tags", "attachments",
                "each network needs a tag, a tunnel or a port of its own");
}

// What the tenant's filters and rules ask for and the tables do not have.
void find_gaps(const model::TenantProgram& program, Program& out) {
    bool countries = false;
    bool reputations = false;
    const auto find = [&](const model::AttributeMatch& match) {
        if (match.any()) out.attribute_gaps.add(match, out.attributes, countries, reputations);
    };
    for (const auto& filter : program.filters) find(filter.source_is);
    if (!program.firewall.enabled) return;
    for (const auto& rule : program.firewall.rules) {
        std::ranges::for_each(rule.source_is, find);
        std::ranges::for_each(rule.destination_is, find);
    }
}

// Of the tables those that the rules ask.
attributes::Tables asked_by(const model::FirewallProgram& program, const attributes::Tables& tables) {
    attributes::Tables out;
    const auto ask = [&](const model::AttributeMatch& match) {
        if (!match.countries.empty()) out.countries = tables.countries;
        if (!match.reputations.empty()) out.reputations = tables.reputations;
    };
    for (const auto& rule : program.rules) {
        std::ranges::for_each(rule.source_is, ask);
        std::ranges::for_each(rule.destination_is, ask);
    }
    return out;
}

// The number of the tenant's lists.
base::Result<std::uint16_t> compile_filters(const model::TenantProgram& program, TimePair now, Program& out) {
    const auto first_rule = static_cast<std::uint32_t>(out.rules.size());
    for (const model::PacketFilter& filter : program.filters) out.rules.push_back(filter.name);
    return out.filters.add(program, now, out.attributes, first_rule);
}

scrub::protocol::Rules compile_protocol(const model::ProtocolChecks& checks) {
    scrub::protocol::Rules out;
    out.dns = checks.dns;
    out.ntp = checks.ntp;
    out.sip = checks.sip;
    out.http = checks.http;
    out.tls = checks.tls;
    out.slow = checks.slow;
    out.connections = static_cast<std::uint16_t>(std::min<std::uint32_t>(checks.connections, 0xffff));
    out.http_requests = meter::RateLimit::from({.packets_per_s = checks.http_requests_per_s});
    out.dns_queries = meter::RateLimit::from({.packets_per_s = checks.dns_queries_per_s});
    return out;
}

// Stages whose judgement may be only watched: the guard's.
constexpr std::uint16_t watchable = [] {
    std::uint16_t bits = 0;
    for (auto stage = static_cast<unsigned>(model::Stage::invalid);
         stage <= static_cast<unsigned>(model::Stage::rate); ++stage) {
        bits |= static_cast<std::uint16_t>(1U << stage);
    }
    return bits;
}();

// `both_ways`: the answers of the targets pass the gateway, too.
void compile_verification(const model::ScrubProfile& from, bool both_ways, Profile& out) {
    using model::DnsVerification;
    using model::TcpVerification;
    using model::UdpVerification;
    const auto bit = [](auto number) { return 1U << static_cast<unsigned>(number); };
    out.verify_tcp = from.verify_tcp;
    // Without the answers a sender can only be reset.
    out.tcp_method = from.tcp_method == model::TcpMethod::splice && !both_ways ? model::TcpMethod::safe_reset
                                                                               : from.tcp_method;
    out.verify_dns = from.verify_dns;
    out.verify_udp = from.verify_udp;
    // Who is sent from UDP to TCP shows himself there.
    if (out.verify_dns == DnsVerification::truncate && out.verify_tcp == TcpVerification::off)
        out.verify_tcp = TcpVerification::syn;
    const bool tcp = out.verify_tcp != TcpVerification::off;
    const bool udp = out.verify_udp != UdpVerification::off;
    const bool dns = out.verify_dns != DnsVerification::off;
    if (!tcp && !udp && !dns) return;
    out.verified_for = std::min<CoarseTime>(coarse_duration(from.verified_for_s), 1U << 28U);
    if (tcp) out.verified_protocols |= static_cast<std::uint8_t>(bit(ProtocolClass::tcp));
    if (udp || dns) out.verified_protocols |= static_cast<std::uint8_t>(bit(ProtocolClass::udp));
    const Proof by_tcp = out.tcp_method == model::TcpMethod::first_drop ? Proof::connection : Proof::address;
    const bool truncates = out.verify_dns == DnsVerification::truncate;
    out.needed = {by_tcp, udp ? Proof::datagram : Proof::unasked,
                  truncates    ? by_tcp
                  : udp || dns ? Proof::datagram
                               : Proof::unasked};
    const bool watched = (from.monitored & bit(model::Stage::verify)) != 0;
    out.answer_syns = tcp && out.tcp_method != model::TcpMethod::first_drop && !watched;
    out.splices = tcp && out.tcp_method == model::TcpMethod::splice;
}

// To an eighth, so that targets of about the same size share their profile.
std::uint32_t roughly(std::uint64_t pps) {
    std::uint64_t step = 1;
    while (pps / step >= 16) step *= 2;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(pps / step * step, 0xffff'ffffU));
}

Profile compile_profile(const model::ScrubTarget& target, bool both_ways, std::uint32_t workers) {
    const model::ScrubProfile& from = target.profile;
    Profile out;
    out.drop_invalid = from.drop_invalid;
    out.monitored = from.monitored & watchable;
    compile_verification(from, both_ways, out);
    for (const model::AttackVector vector : from.reflection) {
        if (vector == model::AttackVector::fragment) {
            out.drop_fragments = true;
        } else {
            out.reflection |= 1U << static_cast<unsigned>(vector);
        }
    }
    // All of one source's packets to a target meet on one worker; those to a target are spread over all.
    out.source = meter::RateLimit::from(from.source_limit);
    out.target = meter::RateLimit::from(from.target_limit, workers);
    out.fragment = meter::RateLimit::from(from.fragment_limit, workers);
    out.icmp = meter::RateLimit::from(from.icmp_limit, workers);
    out.udp = meter::RateLimit::from(from.udp_limit, workers);
    out.meter_source = out.source.any();
    out.pair = meter::RateLimit::from(from.pair_limit);
    out.service = meter::RateLimit::from(from.service_limit, workers);
    out.meter_destination = out.target.any() || out.fragment.any() || out.icmp.any() || out.udp.any();
    out.wide = out.meter_destination && !target.prefix.is_host();
    out.meter_parts = out.pair.any() || out.service.any();
    out.meter_destination = out.meter_destination || out.meter_parts;
    out.anomaly = {from.anomaly.heavy_sources,
                   from.anomaly.odd_lengths,
                   from.anomaly.repeated_payloads,
                   coarse_duration(from.anomaly.filter_for_s),
                   from.anomaly.zombies,
                   roughly(from.anomaly.usual.packets_per_s),
                   roughly(from.anomaly.usual.tcp_packets_per_s),
                   roughly(from.anomaly.usual.udp_packets_per_s)};
    out.checks_anomaly = out.anomaly.any();
    if (!out.checks_anomaly) out.anomaly = {};  // targets without it share their profiles
    out.protocol = compile_protocol(from.protocol);
    out.checks_protocol = out.protocol.any();
    return out;
}
static_assert(static_cast<unsigned>(model::AttackVector::count_) <= 32, "a profile's vectors are 32 bits");

}  // namespace

base::Status validate(const model::TenantProgram& program, const CompilerLimits& limits) {
    if (program.tenant.is_none()) {
        return fail(ErrorCode::invalid_argument, "a program without a tenant", "program");
    }
    if (program.filters.size() > limits.filters_a_tenant) {
        return fail(ErrorCode::exhausted, fmt::format("{} filters", program.filters.size()),
                    program.tenant.to_string(), fmt::format("a tenant may have {}", limits.filters_a_tenant));
    }
    for (const auto& target : program.targets) {
        if (auto status = check_target(program, target); !status) return status;
    }
    for (const auto& filter : program.filters) {
        if (auto status = check_filter(program, filter); !status) return status;
    }
    return {};
}

// What a compilation makes; taken over only when all of it has succeeded.
struct ProgramCompiler::Draft {
    std::unique_ptr<Program> program = std::make_unique<Program>();
    std::vector<TargetTable::Item> items;
    std::map<Profile, std::uint16_t> profiles;
    std::map<Owner, Given> given;
    std::vector<std::uint32_t> free;
    std::uint32_t never_used = 0;
    std::uint32_t next_serial = 1;
    std::map<model::TenantId, Firewall> firewalls;
    std::vector<attach::IngressTable::Item> tags;
    std::deque<flow::TenantIndex> free_indexes;
    flow::TenantIndex never_used_index = 0;
    std::uint32_t generation = 0;  // of firewalls
};

ProgramCompiler::ProgramCompiler(CompilerLimits limits, base::Random& random, Topology topology)
    : limits_(limits),
      random_(random),
      topology_(std::move(topology)),
      neighbours_(base::SipKey::from(random)),
      users_(std::make_unique<firewall::UserBindings>(random)) {}

base::Result<ProgramCompiler::Given> ProgramCompiler::slot_for(const Owner& owner, Draft& draft) const {
    if (const auto old = given_.find(owner); old != given_.end()) {
        return draft.given.emplace(owner, old->second).first->second;
    }
    if (const auto here = draft.given.find(owner); here != draft.given.end()) return here->second;
    Given given;
    given.serial = draft.next_serial++;
    given.since = sequence_ + 1;
    if (!draft.free.empty()) {
        given.slot = draft.free.back();
        draft.free.pop_back();
    } else if (draft.never_used < limits_.slots) {
        given.slot = draft.never_used++;
    } else {
        return fail(ErrorCode::exhausted, fmt::format("more than {} targets and tenants", limits_.slots),
                    std::get<0>(owner).to_string(), "raise max_targets, or spread the tenants over gateways");
    }
    draft.program->fresh_slots.push_back(given.slot);
    draft.given.emplace(owner, given);
    return given;
}

base::Result<FirewallOwner> ProgramCompiler::firewall_owner(const model::TenantProgram& program,
                                                            Draft& draft) const {
    const auto given = slot_for({program.tenant, model::MitigationId{}, net::Prefix{}}, draft);
    if (!given) return std::unexpected(given.error());
    FirewallOwner owner;
    draft.generation += generation_step;
    owner.generation = draft.generation;
    owner.workers = limits_.workers;
    owner.neighbours = neighbours_;
    if (std::ranges::any_of(program.firewall.rules, [](const auto& rule) { return !rule.users.empty(); }))
        owner.users = users_->of(program.tenant);
    owner.attributes = asked_by(program.firewall, attributes_);
    owner.outbound = {given->slot, given->serial, 0, 0, 0};
    if (const auto earlier = firewalls_.find(program.tenant); earlier != firewalls_.end()) {
        owner.index = earlier->second.compiled->index;
        owner.first_generation = earlier->second.compiled->first_generation;
        return owner;
    }
    owner.first_generation = owner.generation;
    if (draft.never_used_index < limits_.tenants) {
        owner.index = draft.never_used_index++;
    } else if (!draft.free_indexes.empty()) {
        owner.index = draft.free_indexes.front();
        draft.free_indexes.pop_front();
    } else {
        return fail(ErrorCode::exhausted,
                    fmt::format("more than {} tenants with a firewall", limits_.tenants),
                    program.tenant.to_string(), "raise max_firewalls, or spread the tenants over gateways");
    }
    return owner;
}

base::Result<std::uint16_t> ProgramCompiler::add_firewall(const model::TenantProgram& program,
                                                          Draft& draft) const {
    if (!program.firewall.enabled) return std::uint16_t{0};
    const auto earlier = firewalls_.find(program.tenant);
    Firewall made;
    const auto same_tables = [&](const TenantFirewall& firewall) {
        return (!firewall.rules.asks_source() && !firewall.rules.asks_destination()) ||
               firewall.attributes.same_as(asked_by(program.firewall, attributes_));
    };
    if (earlier != firewalls_.end() && earlier->second.source == program.firewall &&
        same_tables(*earlier->second.compiled)) {
        const auto slot = slot_for({program.tenant, model::MitigationId{}, net::Prefix{}}, draft);
        if (!slot) return std::unexpected(slot.error());
        made = earlier->second;
    } else {
        const auto owner = firewall_owner(program, draft);
        if (!owner) return std::unexpected(owner.error());
        made.source = program.firewall;
        auto compiled =
            compile_firewall(program.tenant, program.firewall, topology_, *owner, ports_, made.tags);
        if (!compiled) return std::unexpected(compiled.error());
        if (earlier != firewalls_.end()) take_over(*earlier->second.compiled, **compiled);
        made.compiled = std::move(*compiled);
    }
    std::vector<std::shared_ptr<const TenantFirewall>>& all = draft.program->firewalls;
    const std::size_t number = all.size();
    if (number > std::numeric_limits<std::uint16_t>::max()) {
        return fail(ErrorCode::exhausted, "more than 65,534 tenants with a firewall",
                    program.tenant.to_string(), "spread the tenants over gateways");
    }
    all.push_back(made.compiled);
    const bool checks_inbound = std::any_of(
        program.targets.begin(), program.targets.end(),
        [](const model::ScrubTarget& target) { return compile_protocol(target.profile.protocol).any(); });
    draft.program->paths.add(*made.compiled, checks_inbound);
    for (const auto& [tag, ingress] : made.tags) {
        const TenantPaths& paths = draft.program->paths;
        draft.tags.push_back({tag,
                              {.way = paths.number_of(paths.way(paths[number], ingress.network)),
                               .firewall = static_cast<std::uint16_t>(number),
                               .network = ingress.network}});
    }
    draft.firewalls.emplace(program.tenant, std::move(made));
    return static_cast<std::uint16_t>(number);
}

base::Status ProgramCompiler::add(const model::TenantProgram& program, TimePair now, Draft& draft) const {
    Program& out = *draft.program;
    find_gaps(program, out);
    const auto filters = compile_filters(program, now, out);
    if (!filters) return std::unexpected(filters.error());
    const auto firewall = add_firewall(program, draft);
    if (!firewall) return std::unexpected(firewall.error());
    const auto place = [&](const net::Prefix& prefix, model::MitigationId mitigation,
                           const net::Prefix& owner_prefix, const Profile& profile) -> base::Status {
        const auto given = slot_for({program.tenant, mitigation, owner_prefix}, draft);
        if (!given) return std::unexpected(given.error());
        const auto index = draft.profiles.emplace(profile, static_cast<std::uint16_t>(draft.profiles.size()));
        if (index.second) {
            if (draft.profiles.size() > std::numeric_limits<std::uint16_t>::max()) {
                return fail(ErrorCode::exhausted, "more than 65,535 different scrubbing profiles",
                            program.tenant.to_string());
            }
            out.profiles.push_back(profile);
        }
        draft.items.push_back(
            {prefix, {given->slot, given->serial, *filters, index.first->second, *firewall}});
        return {};
    };
    for (const auto& target : program.targets) {
        const Profile profile = compile_profile(target, program.firewall.enabled, limits_.workers);
        if (auto status = place(target.prefix, target.mitigation, target.prefix, profile); !status)
            return status;
    }
    for (const auto& prefix : program.prefixes) {
        const bool diverted =
            std::any_of(program.targets.begin(), program.targets.end(),
                        [&](const model::ScrubTarget& target) { return target.prefix == prefix; });
        if (diverted) continue;
        const auto status = place(prefix, model::MitigationId{}, program.prefixes.front(), Profile{});
        if (!status) return status;
    }
    return {};
}

base::Result<ProgramCompiler::Draft> ProgramCompiler::draft(std::span<const model::TenantProgram> programs,
                                                            TimePair now) const {
    Draft draft;
    draft.free = free_;
    draft.never_used = never_used_;
    draft.next_serial = next_serial_;
    draft.free_indexes = free_indexes_;
    draft.never_used_index = never_used_index_;
    draft.generation = firewall_generation_;
    // 0: what has no target is treated so: what tenants with a firewall send themselves.
    draft.profiles.emplace(Profile{}, std::uint16_t{0});
    draft.program->profiles.push_back({});
    draft.program->firewalls.push_back(nullptr);
    draft.program->made = now;
    draft.program->attributes = attributes_;
    for (const auto& program : programs) {
        if (auto status = validate(program, limits_); !status) return std::unexpected(status.error());
        if (auto status = add(program, now, draft); !status) return std::unexpected(status.error());
        draft.program->generation = std::max(draft.program->generation, program.generation);
    }
    draft.program->paths.finish();
    auto table = TargetTable::build(draft.items, random_);
    if (!table) {
        table.error().hint = "a prefix belongs to one tenant and to one mitigation";
        return std::unexpected(table.error());
    }
    draft.program->table = std::move(*table);
    if (auto status = check_tags(draft.tags); !status) return std::unexpected(status.error());
    draft.program->networks = attach::IngressTable::build(draft.tags);
    for (const auto& [owner, given] : draft.given) {
        draft.program->owners.push_back({given.slot, given.serial, std::get<0>(owner), given.since,
                                         std::get<1>(owner), std::get<2>(owner),
                                         std::get<2>(owner) == net::Prefix{}});
    }
    std::sort(draft.program->owners.begin(), draft.program->owners.end(),
              [](const SlotOwner& a, const SlotOwner& b) { return a.slot < b.slot; });
    return draft;
}

base::Status ProgramCompiler::check(std::span<const model::TenantProgram> programs) const {
    const auto made = draft(programs, {});
    if (!made) return std::unexpected(made.error());
    return {};
}

base::Result<std::unique_ptr<Program>> ProgramCompiler::compile(
    std::span<const model::TenantProgram> programs, TimePair now) {
    auto made = draft(programs, now);
    if (!made) return std::unexpected(made.error());
    Draft& done = *made;
    // Slots of owners that are gone may be given out by the next compilation: until then the workers may
    // still run the program that uses them.
    for (const auto& [owner, given] : given_) {
        if (!done.given.contains(owner)) done.free.push_back(given.slot);
    }
    for (const auto& [tenant, firewall] : firewalls_) {
        if (!done.firewalls.contains(tenant)) done.free_indexes.push_back(firewall.compiled->index);
    }
    firewalls_ = std::move(done.firewalls);
    free_indexes_ = std::move(done.free_indexes);
    never_used_index_ = done.never_used_index;
    firewall_generation_ = done.generation;
    given_ = std::move(done.given);
    free_ = std::move(done.free);
    never_used_ = done.never_used;
    next_serial_ = done.next_serial;
    done.program->sequence = ++sequence_;
    return std::move(done.program);
}

}  // namespace sluice::dataplane
