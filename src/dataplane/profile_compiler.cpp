#include "dataplane/profile_compiler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/coarse_time.hpp"
#include "model/attack_vector.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane {
namespace {

using base::ErrorCode;
using base::fail;

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

static_assert(static_cast<unsigned>(model::AttackVector::count_) <= 32, "a profile's vectors are 32 bits");

}  // namespace

base::Status check_target(const model::TenantProgram& program, const model::ScrubTarget& target) {
    const std::string at =
        fmt::format("{}, target {}", program.tenant.to_string(), target.prefix.to_string());
    const bool inside = std::ranges::any_of(
        program.prefixes, [&](const net::Prefix& own) { return own.contains(target.prefix); });
    if (!inside) {
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
bool checks_payloads(const model::TenantProgram& program) {
    return std::ranges::any_of(program.targets, [](const model::ScrubTarget& target) {
        return compile_protocol(target.profile.protocol).any();
    });
}

}  // namespace sluice::dataplane
