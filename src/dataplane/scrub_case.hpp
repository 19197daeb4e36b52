// The lines of a packet case that make a tenant's scrubbing (testdata/README.md): targets and filters.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "dataplane/attribute_case.hpp"
#include "model/tenant_program.hpp"
#include "model/verdict.hpp"

namespace sluice::dataplane {

class ScrubCase {
  public:
    using Words = std::vector<std::string>;

    [[nodiscard]] static bool is_about(const std::string& verb) {
        return verb == "target" || verb == "other-target" || verb == "filter";
    }

    // Adds the line's object to the tenant's program; `prefix` reads one, `now` is when filters begin.
    template <class ToPrefix>
    static void step(const Words& words, model::TenantProgram& program, base::Timestamp now,
                     const ToPrefix& prefix) {
        if (words[0] == "filter") {
            add_filter(words, program, now, prefix);
        } else {
            add_target(words, program, prefix);
        }
    }

    [[nodiscard]] static std::size_t stage_named(const std::string& name) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(model::Stage::count_); ++i) {
            if (model::to_string(static_cast<model::Stage>(i)) == name) return i;
        }
        ADD_FAILURE() << "no such stage: " << name;
        return 0;
    }

  private:
    static model::RateLimit& limit_of(model::ScrubProfile& profile, const std::string& name) {
        if (name == "source") return profile.source_limit;
        if (name == "total") return profile.target_limit;
        if (name == "fragments") return profile.fragment_limit;
        if (name == "icmp") return profile.icmp_limit;
        if (name == "pair") return profile.pair_limit;
        if (name == "service") return profile.service_limit;
        EXPECT_EQ(name, "udp") << "no such limit";
        return profile.udp_limit;
    }

    // "dns,ntp": the payloads that are checked.
    static void add_checks(const std::string& names, model::ProtocolChecks& checks) {
        std::istringstream in(names);
        for (std::string name; std::getline(in, name, ',');) {
            bool* check = name == "dns"    ? &checks.dns
                          : name == "http" ? &checks.http
                          : name == "tls"  ? &checks.tls
                          : name == "ntp"  ? &checks.ntp
                          : name == "sip"  ? &checks.sip
                          : name == "slow" ? &checks.slow
                                           : nullptr;
            ASSERT_NE(check, nullptr) << "no such check: " << name;
            *check = true;
        }
    }

    // "heavy,lengths,payloads": what becomes a filter, for 10 seconds.
    static void add_anomalies(const std::string& names, model::AnomalyChecks& checks) {
        checks.filter_for_s = 10;
        std::istringstream in(names);
        for (std::string name; std::getline(in, name, ',');) {
            ASSERT_TRUE(name == "heavy" || name == "lengths" || name == "payloads" || name == "zombies")
                << name;
            (name == "heavy"     ? checks.heavy_sources
             : name == "lengths" ? checks.odd_lengths
             : name == "zombies" ? checks.zombies
                                 : checks.repeated_payloads) = true;
        }
    }

    // target HOST|PREFIX …
    template <class ToPrefix>
    static void add_target(const Words& words, model::TenantProgram& program, const ToPrefix& prefix) {
        model::ScrubTarget target;
        target.prefix = prefix(words.at(1));
        target.mitigation = model::MitigationId(10 + program.targets.size());
        for (std::size_t i = 2; i < words.size(); ++i) {
            if (words[i] == "verify-tcp" || words[i] == "verify-syn") {
                target.profile.verify_tcp =
                    words[i] == "verify-syn" ? model::TcpVerification::syn : model::TcpVerification::all;
                if (i + 1 < words.size() && std::isdigit(words[i + 1][0]) != 0) {
                    target.profile.verified_for_s = static_cast<std::uint32_t>(std::stoul(words[++i]));
                }
            } else if (words[i] == "check") {
                add_checks(words.at(++i), target.profile.protocol);
            } else if (words[i] == "dns-queries") {
                target.profile.protocol.dns_queries_per_s =
                    static_cast<std::uint32_t>(std::stoul(words.at(++i)));
            } else if (words[i] == "tcp-first-drop") {
                target.profile.tcp_method = model::TcpMethod::first_drop;
            } else if (words[i] == "tcp-splice") {
                target.profile.tcp_method = model::TcpMethod::splice;
            } else if (words[i] == "verify-dns") {
                target.profile.verify_dns = words.at(++i) == "truncate" ? model::DnsVerification::truncate
                                                                        : model::DnsVerification::first_drop;
            } else if (words[i] == "verify-udp") {
                target.profile.verify_udp = model::UdpVerification::first_drop;
            } else if (words[i] == "watch") {
                target.profile.monitored |= static_cast<std::uint16_t>(1U << stage_named(words.at(++i)));
            } else if (words[i] == "unusual") {
                add_anomalies(words.at(++i), target.profile.anomaly);
            } else if (words[i] == "usually") {
                target.profile.anomaly.usual.packets_per_s = std::stoul(words.at(++i));
                target.profile.anomaly.usual.udp_packets_per_s = std::stoul(words.at(++i));
            } else if (words[i] == "http-requests") {
                target.profile.protocol.http_requests_per_s =
                    static_cast<std::uint32_t>(std::stoul(words.at(++i)));
            } else if (words[i] == "connections") {
                target.profile.protocol.connections = static_cast<std::uint32_t>(std::stoul(words.at(++i)));
            } else if (words[i] == "keep-invalid") {
                target.profile.drop_invalid = false;
            } else if (words[i] == "reflection") {
                std::istringstream names(words.at(++i));
                for (std::string name; std::getline(names, name, ',');) {
                    const auto vector = model::parse_attack_vector(name);
                    ASSERT_TRUE(vector.has_value()) << "no such vector: " << name;
                    target.profile.reflection.push_back(*vector);
                }
            } else {
                auto& limit = limit_of(target.profile, words[i]);
                const std::uint64_t value = std::stoull(words.at(i + 1));
                (words.at(i + 2) == "pps" ? limit.packets_per_s : limit.bits_per_s) = value;
                i += 2;
            }
        }
        const auto known = std::ranges::find(program.targets, target.prefix, &model::ScrubTarget::prefix);
        if (known == program.targets.end()) {
            program.targets.push_back(target);
        } else {
            known->profile = target.profile;
        }
    }

    static std::pair<std::uint16_t, std::uint16_t> range(const std::string& text) {
        const std::size_t dash = text.find('-');
        const auto first = static_cast<std::uint16_t>(std::stoul(text));
        if (dash == std::string::npos) return {first, first};
        return {first, static_cast<std::uint16_t>(std::stoul(text.substr(dash + 1)))};
    }

    static std::uint8_t protocol(const std::string& name) {
        if (name == "tcp") return 6;
        if (name == "udp") return 17;
        if (name == "icmp") return 1;
        return static_cast<std::uint8_t>(std::stoul(name));
    }

    // filter NAME drop|pass …
    template <class ToPrefix>
    static void add_filter(const Words& words, model::TenantProgram& program, base::Timestamp now,
                           const ToPrefix& prefix) {
        model::PacketFilter filter;
        filter.name = words.at(1);
        filter.action = words.at(2) == "pass" ? model::FilterAction::pass : model::FilterAction::drop;
        for (std::size_t i = 3; i < words.size(); ++i) {
            const std::string& word = words[i];
            if (word == "fragments") {
                filter.fragments_only = true;
            } else if (AttributeCase::is_filter_word(word)) {
                AttributeCase::add_filter_word(word, words.at(++i), filter);
            } else if (word == "protocol") {
                filter.protocol = protocol(words.at(++i));
            } else if (word == "from") {
                filter.source = prefix(words.at(++i));
            } else if (word == "to") {
                filter.destination = prefix(words.at(++i));
            } else if (word == "port") {
                std::tie(filter.destination_port_first, filter.destination_port_last) = range(words.at(++i));
            } else if (word == "source-port") {
                std::tie(filter.source_port_first, filter.source_port_last) = range(words.at(++i));
            } else if (word == "length") {
                std::tie(filter.length_first, filter.length_last) = range(words.at(++i));
            } else if (word == "flags") {
                const std::string& value = words.at(++i);
                filter.tcp_flags_value = static_cast<std::uint8_t>(std::stoul(value, nullptr, 0));
                filter.tcp_flags_mask =
                    static_cast<std::uint8_t>(std::stoul(value.substr(value.find('/') + 1), nullptr, 0));
            } else if (word == "for") {
                filter.dynamic = true;
                filter.expires_at = now + std::chrono::seconds(std::stoul(words.at(++i)));
                ++i;
            } else {
                FAIL() << "unknown word " << word;
            }
        }
        program.filters.push_back(filter);
    }
};

}  // namespace sluice::dataplane
