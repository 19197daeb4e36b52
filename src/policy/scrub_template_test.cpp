// The table of docs/how-to/guard-levels.md is what the templates say.
#include "policy/scrub_template.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/rate.hpp"

namespace sluice::policy {
namespace {

using base::RateUnit;

std::string joined(const std::vector<std::string>& parts) {
    return parts.empty() ? "–" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string verification(const EffectiveProfile& profile) {
    std::vector<std::string> parts;
    if (profile.verify_tcp != model::Countermeasure::never) {
        const bool always = profile.verify_tcp == model::Countermeasure::always;
        const bool reset = profile.tcp_method == model::TcpMethod::safe_reset;
        parts.push_back(
            fmt::format("TCP {} by {}", always ? "always" : "on attack", reset ? "reset" : "first drop"));
    }
    if (profile.verify_dns == model::DnsVerification::truncate) parts.emplace_back("DNS over TCP");
    if (profile.verify_udp == model::UdpVerification::first_drop) parts.emplace_back("UDP by first drop");
    return joined(parts);
}

std::string protocol(const model::ProtocolChecks& checks) {
    std::vector<std::string> parts;
    if (checks.dns) parts.emplace_back("DNS");
    if (checks.http) parts.emplace_back("HTTP");
    if (checks.tls) parts.emplace_back("TLS");
    if (checks.ntp) parts.emplace_back("NTP");
    if (checks.sip) parts.emplace_back("SIP");
    if (checks.slow) parts.emplace_back("slow connections");
    if (checks.dns_queries_per_s > 0) parts.push_back(fmt::format("{} queries/s", checks.dns_queries_per_s));
    if (checks.http_requests_per_s > 0)
        parts.push_back(fmt::format("{} requests/s", checks.http_requests_per_s));
    if (checks.connections > 0) parts.push_back(fmt::format("{} connections", checks.connections));
    return joined(parts);
}

std::string anomaly(const model::AnomalyChecks& checks) {
    std::vector<std::string> parts;
    if (checks.heavy_sources) parts.emplace_back("heavy sources");
    if (checks.odd_lengths) parts.emplace_back("odd lengths");
    if (checks.repeated_payloads) parts.emplace_back("repeated payloads");
    if (checks.zombies) parts.emplace_back("zombies");
    return joined(parts);
}

std::string limits(const EffectiveProfile& profile) {
    const auto packets = [](const model::RateLimit& limit) {
        return base::format_rate(limit.packets_per_s, RateUnit::packets_per_s);
    };
    return fmt::format("{} or {}, {}, {}, {}", packets(profile.source_limit),
                       base::format_rate(profile.source_limit.bits_per_s, RateUnit::bits_per_s),
                       packets(profile.udp_limit), packets(profile.fragment_limit),
                       packets(profile.icmp_limit));
}

TEST(GuardLevelsPage, ShowsEveryTemplateAsItIs) {
    const char* source = std::getenv("SLUICE_SOURCE");
    if (source == nullptr) GTEST_SKIP() << "SLUICE_SOURCE is not set; ctest sets it";
    std::ifstream file(std::string(source) + "/docs/how-to/guard-levels.md");
    ASSERT_TRUE(file);
    std::ostringstream page;
    page << file.rdbuf();
    std::string table;
    for (const auto& known : scrub_templates()) {
        for (const bool strong : {false, true}) {
            const auto& profile = strong ? known.strong : known.basic;
            table += fmt::format("| {} | {} | {} | {} | {} | {} |\n",
                                 strong ? "" : fmt::format("`{}`", known.name), strong ? "strong" : "basic",
                                 verification(profile), protocol(profile.protocol), anomaly(profile.anomaly),
                                 limits(profile));
        }
    }
    EXPECT_NE(page.str().find(table), std::string::npos) << "the page must say:\n" << table;
    for (const auto& known : scrub_templates())
        EXPECT_NE(page.str().find(fmt::format("`{}`: {}", known.name, known.sentence)), std::string::npos)
            << known.name;
}

}  // namespace
}  // namespace sluice::policy
