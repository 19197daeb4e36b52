#include "rpc/convert_profile.hpp"

#include <utility>

#include "model/guard.hpp"
#include "rpc/convert_basic.hpp"

namespace sluice::rpc {
namespace {

using rpc::to_message;

void to_message(const model::AnomalyChecks& checks, link::v1::AnomalyChecks& out) {
    out.set_heavy_sources(checks.heavy_sources);
    out.set_odd_lengths(checks.odd_lengths);
    out.set_repeated_payloads(checks.repeated_payloads);
    out.set_filter_for_s(checks.filter_for_s);
    out.set_zombies(checks.zombies);
    to_message(checks.usual, *out.mutable_usual());
}

model::AnomalyChecks to_anomaly(const link::v1::AnomalyChecks& in) {
    return {in.heavy_sources(), in.odd_lengths(), in.repeated_payloads(),
            in.filter_for_s(),  in.zombies(),     to_usual(in.usual())};
}

void to_message(const model::ProtocolChecks& checks, link::v1::ProtocolChecks& out) {
    out.set_dns(checks.dns);
    out.set_http(checks.http);
    out.set_tls(checks.tls);
    out.set_ntp(checks.ntp);
    out.set_sip(checks.sip);
    out.set_slow(checks.slow);
    out.set_dns_queries_per_s(checks.dns_queries_per_s);
    out.set_http_requests_per_s(checks.http_requests_per_s);
    out.set_connections(checks.connections);
}

model::ProtocolChecks to_protocol(const link::v1::ProtocolChecks& in) {
    model::ProtocolChecks checks;
    checks.dns = in.dns();
    checks.http = in.http();
    checks.tls = in.tls();
    checks.ntp = in.ntp();
    checks.sip = in.sip();
    checks.slow = in.slow();
    checks.dns_queries_per_s = in.dns_queries_per_s();
    checks.http_requests_per_s = in.http_requests_per_s();
    checks.connections = in.connections();
    return checks;
}

void read_reflection(FieldReader& read, const link::v1::ScrubProfile& in, model::ScrubProfile& profile) {
    constexpr std::string_view field = "targets.profile.reflection";
    if (!read.size(in.reflection_size(), static_cast<std::size_t>(model::AttackVector::count_), field))
        return;
    for (const auto& name : in.reflection()) {
        const auto vector = model::parse_attack_vector(name);
        if (!vector) read.fail(field, "is no attack vector that this release knows");
        profile.reflection.push_back(vector.value_or(model::AttackVector::total));
    }
}

// A stage that this release does not have is refused: it would drop what is only to be watched.
model::StageSet read_monitored(FieldReader& read, const link::v1::ScrubProfile& in) {
    constexpr std::string_view field = "targets.profile.monitored";
    if (!read.size(in.monitored_size(), static_cast<std::size_t>(model::Stage::count_), field)) return 0;
    model::StageSet set = 0;
    for (const auto& name : in.monitored()) {
        const auto stage = model::parse_stage(name);
        if (!stage) {
            read.fail(field, "is no stage that this release knows");
            return 0;
        }
        set |= model::stage_bit(*stage);
    }
    return set;
}

}  // namespace

void to_message(const model::ScrubProfile& profile, link::v1::ScrubProfile& out) {
    out.set_level(name_of(profile.level, guard_levels));
    for (auto& name : model::names_of(profile.monitored)) out.add_monitored(std::move(name));
    out.set_drop_invalid(profile.drop_invalid);
    for (const auto vector : profile.reflection) out.add_reflection(std::string(model::to_string(vector)));
    out.set_verify_tcp(name_of(profile.verify_tcp, tcp_verifications));
    out.set_tcp_method(name_of(profile.tcp_method, tcp_methods));
    out.set_verify_dns(name_of(profile.verify_dns, dns_verifications));
    out.set_verify_udp(name_of(profile.verify_udp, udp_verifications));
    out.set_verified_for_s(profile.verified_for_s);
    to_message(profile.anomaly, *out.mutable_anomaly());
    to_message(profile.protocol, *out.mutable_protocol());
    to_message(profile.source_limit, *out.mutable_source_limit());
    to_message(profile.target_limit, *out.mutable_target_limit());
    to_message(profile.fragment_limit, *out.mutable_fragment_limit());
    to_message(profile.icmp_limit, *out.mutable_icmp_limit());
    to_message(profile.udp_limit, *out.mutable_udp_limit());
    to_message(profile.pair_limit, *out.mutable_pair_limit());
    to_message(profile.service_limit, *out.mutable_service_limit());
}

model::ScrubProfile to_profile(FieldReader& read, const link::v1::ScrubProfile& in) {
    model::ScrubProfile profile;
    profile.level = read.named(in.level(), guard_levels, "targets.profile.level");
    profile.monitored = read_monitored(read, in);
    profile.drop_invalid = in.drop_invalid();
    read_reflection(read, in, profile);
    profile.verify_tcp = read.named(in.verify_tcp(), tcp_verifications, "targets.profile.verify_tcp");
    profile.tcp_method = read.named(in.tcp_method(), tcp_methods, "targets.profile.tcp_method");
    profile.verify_dns = read.named(in.verify_dns(), dns_verifications, "targets.profile.verify_dns");
    profile.verify_udp = read.named(in.verify_udp(), udp_verifications, "targets.profile.verify_udp");
    profile.verified_for_s = in.verified_for_s();
    profile.anomaly = to_anomaly(in.anomaly());
    profile.protocol = to_protocol(in.protocol());
    profile.source_limit = to_limit(in.source_limit());
    profile.target_limit = to_limit(in.target_limit());
    profile.fragment_limit = to_limit(in.fragment_limit());
    profile.icmp_limit = to_limit(in.icmp_limit());
    profile.udp_limit = to_limit(in.udp_limit());
    profile.pair_limit = to_limit(in.pair_limit());
    profile.service_limit = to_limit(in.service_limit());
    return profile;
}

}  // namespace sluice::rpc
