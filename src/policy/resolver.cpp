#include "policy/resolver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "policy/firewall_resolver.hpp"
#include "policy/scrub_template.hpp"

namespace sluice::policy {
namespace {

using model::AttackVector;
using model::Countermeasure;
using model::CountScope;
using model::OfferedService;
using model::PacketFilter;
using model::TcpVerification;
using Vectors = std::vector<AttackVector>;

constexpr std::uint8_t udp_protocol = 17;

bool has(const Vectors& vectors, AttackVector vector) {
    return std::find(vectors.begin(), vectors.end(), vector) != vectors.end();
}

bool is_reflector(AttackVector vector) {
    return model::info(vector).source_port != 0;
}

// Nothing stands out: the attack may be anything.
bool is_unknown(const Vectors& vectors) {
    return std::all_of(vectors.begin(), vectors.end(),
                       [](AttackVector vector) { return vector == AttackVector::total; });
}

// More of TCP than SYNs. Resets beside SYNs are what the stacks of real attackers send to the target's
// answers: they end when the SYNs do not arrive any more.
bool is_segment_attack(const Vectors& vectors) {
    const bool resets = has(vectors, AttackVector::tcp_rst_fin) && !has(vectors, AttackVector::tcp_syn);
    return resets || has(vectors, AttackVector::tcp_syn_ack) || has(vectors, AttackVector::tcp_ack) ||
           has(vectors, AttackVector::tcp_null);
}

bool is_udp_attack(const Vectors& vectors) {
    return has(vectors, AttackVector::udp) || std::any_of(vectors.begin(), vectors.end(), is_reflector);
}

struct Ports {
    std::uint32_t first, last;
};

// What the given ranges leave of 0–65535.
std::vector<Ports> all_but(std::vector<Ports> taken) {
    std::sort(taken.begin(), taken.end(), [](const Ports& a, const Ports& b) { return a.first < b.first; });
    std::vector<Ports> rest;
    std::uint32_t next = 0;
    for (const auto& range : taken) {
        if (range.first > next) rest.push_back({next, range.first - 1});
        next = std::max(next, range.last + 1);
    }
    if (next <= 65535) rest.push_back({next, 65535});
    return rest;
}

PacketFilter drop_to(const net::Prefix& target, std::string name, std::uint8_t protocol) {
    PacketFilter filter;
    filter.name = std::move(name);
    filter.destination = target;
    filter.protocol = protocol;
    filter.dynamic = true;
    return filter;
}

// UDP to what the target does not offer. Answers to its own questions to name and time servers still pass,
// unless these are what attacks it.
void drop_unoffered_udp(const EffectiveProfile& profile, const model::ScrubTarget& target,
                        std::vector<PacketFilter>& filters) {
    std::vector<Ports> offered;
    for (const auto& service : profile.services) {
        if (service.protocol == udp_protocol) offered.push_back({service.port_first, service.port_last});
    }
    std::vector<Ports> answers;
    for (const AttackVector vector : {AttackVector::dns, AttackVector::ntp}) {
        const std::uint32_t port = model::info(vector).source_port;
        if (!has(target.profile.reflection, vector)) answers.push_back({port, port});
    }
    for (const auto& to : all_but(offered)) {
        for (const auto& from : all_but(answers)) {
            PacketFilter filter = drop_to(target.prefix, "unoffered-udp", udp_protocol);
            filter.destination_port_first = static_cast<std::uint16_t>(to.first);
            filter.destination_port_last = static_cast<std::uint16_t>(to.last);
            filter.source_port_first = static_cast<std::uint16_t>(from.first);
            filter.source_port_last = static_cast<std::uint16_t>(from.last);
            filters.push_back(filter);
        }
    }
}

void drop_unoffered_protocols(const EffectiveProfile& profile, const net::Prefix& target,
                              std::vector<PacketFilter>& filters) {
    // IGMP, IPIP, IPv6-in-IP, GRE, ESP, AH, SCTP: what floods of "other" protocols are made of.
    for (const std::uint8_t protocol : {2, 4, 41, 47, 50, 51, 132}) {
        const bool offered =
            std::any_of(profile.services.begin(), profile.services.end(),
                        [&](const OfferedService& service) { return service.protocol == protocol; });
        if (!offered) filters.push_back(drop_to(target, "unoffered-protocol", protocol));
    }
}

// Floods of segments that look like those of open connections cost these connections their flow until their
// senders have proved themselves; no other attack does.
TcpVerification tcp_verification(Countermeasure wanted, const Vectors& vectors) {
    if (wanted == Countermeasure::never) return TcpVerification::off;
    if (is_segment_attack(vectors) || is_unknown(vectors)) return TcpVerification::all;
    const bool needed = wanted == Countermeasure::always || has(vectors, AttackVector::tcp_syn);
    return needed ? TcpVerification::syn : TcpVerification::off;
}

model::ScrubProfile scrub_profile(const EffectiveProfile& profile, const Vectors& vectors) {
    model::ScrubProfile scrub;
    scrub.monitored = profile.watched;
    scrub.drop_invalid = profile.drop_invalid;
    scrub.tcp_method = profile.tcp_method;
    scrub.protocol = profile.protocol;
    scrub.anomaly = profile.anomaly;
    scrub.verified_for_s = profile.verified_for_s;
    scrub.verify_tcp = tcp_verification(profile.verify_tcp, vectors);
    scrub.reflection = profile.reflection;
    for (const AttackVector vector : profile.reflection_on_attack) {
        if (has(vectors, vector) && !has(scrub.reflection, vector)) scrub.reflection.push_back(vector);
    }
    scrub.source_limit = profile.source_limit;
    scrub.target_limit = profile.target_limit;
    scrub.fragment_limit = profile.fragment_limit;
    scrub.icmp_limit = profile.icmp_limit;
    scrub.pair_limit = profile.pair_limit;
    scrub.service_limit = profile.service_limit;
    if (is_udp_attack(vectors) || is_unknown(vectors)) {
        scrub.verify_dns = profile.verify_dns;
        scrub.verify_udp = profile.verify_udp;
        scrub.udp_limit = profile.udp_limit;
    }
    return scrub;
}

// A connection can be spliced only where both its directions pass the gateway.
model::TcpMethod tcp_method(model::TcpMethod wanted, bool both_ways) {
    using model::TcpMethod;
    return wanted == TcpMethod::splice && !both_ways ? TcpMethod::safe_reset : wanted;
}

std::uint64_t line_rate_of(const model::TenantState& state, model::SiteId id) {
    for (const auto& site : state.sites) {
        if (site.id == id) return site.line_rate_bps;
    }
    return 0;
}

struct DefaultThreshold {
    AttackVector vector;
    std::uint64_t host_packets_per_s;
    std::uint64_t host_bits_per_s;       // 0: none
    std::uint64_t prefix_packets_per_s;  // 0: none
};
// Above what a busy business line sees, below what hurts one. A reflector's answers are large, so they count
// in bits as well.
constexpr DefaultThreshold defaults[] = {
    {AttackVector::total, 200'000, 2'000'000'000, 400'000},
    {AttackVector::tcp_syn, 20'000, 0, 60'000},
    {AttackVector::tcp_syn_ack, 20'000, 0, 60'000},
    {AttackVector::tcp_ack, 150'000, 0, 0},
    {AttackVector::tcp_rst_fin, 20'000, 0, 0},
    {AttackVector::tcp_null, 5'000, 0, 0},
    {AttackVector::udp, 50'000, 500'000'000, 150'000},
    {AttackVector::icmp, 5'000, 0, 20'000},
    {AttackVector::fragment, 10'000, 100'000'000, 0},
    {AttackVector::other_protocol, 50'000, 500'000'000, 0},
};
constexpr std::uint64_t reflector_packets_per_s = 5'000;
constexpr std::uint64_t reflector_bits_per_s = 50'000'000;

}  // namespace

std::vector<model::Threshold> default_thresholds(bool line_rate_known) {
    std::vector<model::Threshold> thresholds;
    for (const auto& row : defaults) {
        model::Threshold threshold;
        threshold.name = std::string(model::to_string(row.vector));
        threshold.vector = row.vector;
        threshold.packets_per_s = row.host_packets_per_s;
        if (row.host_bits_per_s > 0) threshold.bits_per_s = row.host_bits_per_s;
        if (row.vector == AttackVector::total && line_rate_known) threshold.line_rate_fraction = 0.8;
        thresholds.push_back(threshold);
        if (row.prefix_packets_per_s == 0) continue;
        // Many hosts, each below its own threshold.
        threshold.name = "carpet-" + threshold.name;
        threshold.scope = CountScope::prefix;
        threshold.packets_per_s = row.prefix_packets_per_s;
        threshold.bits_per_s.reset();
        thresholds.push_back(threshold);
    }
    for (const auto& vector : model::attack_vectors()) {
        if (vector.source_port == 0) continue;
        model::Threshold threshold;
        threshold.name = std::string(vector.name);
        threshold.vector = vector.vector;
        threshold.packets_per_s = reflector_packets_per_s;
        threshold.bits_per_s = reflector_bits_per_s;
        thresholds.push_back(threshold);
    }
    return thresholds;
}

model::DetectionPolicy resolve_detection(const model::TenantState& state, std::uint64_t version) {
    model::DetectionPolicy policy;
    policy.tenant = state.tenant.id;
    policy.tenant_slug = state.tenant.slug;
    policy.version = version;
    policy.hold_down_ms = state.protection.hold_down_ms;
    bool line_rate_known = false;
    for (const auto& prefix : state.prefixes) {
        const std::uint64_t line_rate = line_rate_of(state, prefix.site);
        line_rate_known = line_rate_known || line_rate > 0;
        policy.targets.push_back({prefix.prefix, line_rate});
    }
    policy.thresholds = state.protection.thresholds.empty() ? default_thresholds(line_rate_known)
                                                            : state.protection.thresholds;
    return policy;
}

base::Result<model::TenantProgram> resolve_program(const model::TenantState& state,
                                                   std::span<const AttackedTarget> targets,
                                                   base::Timestamp at) {
    model::TenantProgram program;
    program.tenant = state.tenant.id;
    for (const auto& prefix : state.prefixes) program.prefixes.push_back(prefix.prefix);
    program.filters = state.protection.filters;
    for (const auto& attacked : targets) {
        const model::ProtectionProfile& own = state.protection.profile;
        const model::GuardLevel level = attacked.pinned.value_or(own.level.value_or(attacked.level));
        EffectiveProfile profile = effective(own, level);
        profile.tcp_method = tcp_method(profile.tcp_method, state.protection.firewall.has_value());
        model::ScrubTarget target{attacked.prefix, attacked.mitigation,
                                  scrub_profile(profile, attacked.vectors)};
        target.profile.level = level;
        target.profile.anomaly.usual = attacked.usual;
        target.profile.monitored |= attacked.watched & model::watchable_stages;
        if (!profile.services.empty() && level != model::GuardLevel::analysis) {
            if (is_udp_attack(attacked.vectors)) drop_unoffered_udp(profile, target, program.filters);
            if (has(attacked.vectors, AttackVector::other_protocol))
                drop_unoffered_protocols(profile, target.prefix, program.filters);
        }
        program.targets.push_back(std::move(target));
    }
    if (state.protection.firewall) {
        auto firewall = resolve_firewall(*state.protection.firewall, at);
        if (!firewall) return std::unexpected(firewall.error());
        program.firewall = std::move(*firewall);
    }
    return program;
}

model::TenantState state_of(model::TenantId id, const model::TenantPolicy& policy) {
    model::TenantState state;
    state.tenant.id = id;
    state.tenant.slug = policy.slug;
    state.tenant.name = policy.name;
    for (std::size_t i = 0; i < policy.sites.size(); ++i)
        state.sites.push_back(
            {model::SiteId(i + 1), id, policy.sites[i].name, policy.sites[i].line_rate_bps, 0});
    for (const auto& own : policy.prefixes) {
        model::TenantPrefix prefix{id, {}, own.prefix, own.consent.value_or(model::ConsentMode::ask), 0};
        for (const auto& site : state.sites) {
            if (site.name == own.site) prefix.site = site.id;
        }
        state.prefixes.push_back(prefix);
    }
    std::sort(state.prefixes.begin(), state.prefixes.end(),
              [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
    state.protection = policy.protection;
    return state;
}

}  // namespace sluice::policy
