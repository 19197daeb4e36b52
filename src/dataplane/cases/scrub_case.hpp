// The lines of a packet case that make a tenant's scrubbing (testdata/README.md): targets and filters.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <tuple>

#include "base/clock.hpp"
#include "dataplane/cases/attribute_case.hpp"
#include "dataplane/cases/case_family.hpp"
#include "dataplane/cases/case_words.hpp"
#include "model/attack_vector.hpp"
#include "model/tenant_program.hpp"
#include "model/verdict.hpp"

namespace sluice::dataplane::cases {

class ScrubCase {
  public:
    [[nodiscard]] static bool is_about(const std::string& verb) {
        return verb == "target" || verb == "filter";
    }

    // Adds the line's object to the tenant's program; `now` is when filters begin.
    static void add(const Words& words, const Family& family, base::Timestamp now,
                    model::TenantProgram& program) {
        WordReader line(words);
        if (line.take("word") == "filter") {
            add_filter(line, family, now, program);
        } else {
            add_target(line, family, program);
        }
    }

    [[nodiscard]] static std::size_t stage_named(const std::string& name) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(model::Stage::count_); ++i) {
            if (model::to_string(static_cast<model::Stage>(i)) == name) return i;
        }
        throw CaseError("no stage or counter '" + name + "'");
    }

  private:
    // target HOST|PREFIX …
    static void add_target(WordReader& line, const Family& family, model::TenantProgram& program) {
        model::ScrubTarget target;
        target.prefix = family.prefix(line.take("host or prefix"));
        target.mitigation = model::MitigationId(10 + program.targets.size());
        while (!line.done()) {
            const std::string& word = line.take("word");
            if (!verification(word, line, target.profile) && !check(word, line, target.profile))
                limit(word, line, target.profile);
        }
        const auto known = std::ranges::find(program.targets, target.prefix, &model::ScrubTarget::prefix);
        if (known == program.targets.end()) {
            program.targets.push_back(target);
        } else {
            known->profile = target.profile;
        }
    }

    static bool verification(const std::string& word, WordReader& line, model::ScrubProfile& profile) {
        if (word == "verify-tcp" || word == "verify-syn") {
            profile.verify_tcp =
                word == "verify-syn" ? model::TcpVerification::syn : model::TcpVerification::all;
            if (line.number_follows()) profile.verified_for_s = line.number("seconds");
        } else if (word == "tcp-first-drop") {
            profile.tcp_method = model::TcpMethod::first_drop;
        } else if (word == "tcp-splice") {
            profile.tcp_method = model::TcpMethod::splice;
        } else if (word == "verify-dns") {
            profile.verify_dns = line.choice<model::DnsVerification>(
                "way to verify DNS", {{"truncate", model::DnsVerification::truncate},
                                      {"first-drop", model::DnsVerification::first_drop}});
        } else if (word == "verify-udp") {
            profile.verify_udp = model::UdpVerification::first_drop;
        } else {
            return false;
        }
        return true;
    }

    static bool check(const std::string& word, WordReader& line, model::ScrubProfile& profile) {
        if (word == "check") {
            switch_on("check", line.take("checks"), profile.protocol,
                      {{"dns", &model::ProtocolChecks::dns},
                       {"http", &model::ProtocolChecks::http},
                       {"tls", &model::ProtocolChecks::tls},
                       {"ntp", &model::ProtocolChecks::ntp},
                       {"sip", &model::ProtocolChecks::sip},
                       {"slow", &model::ProtocolChecks::slow}});
        } else if (word == "unusual") {
            profile.anomaly.filter_for_s = 10;
            switch_on("anomaly", line.take("anomalies"), profile.anomaly,
                      {{"heavy", &model::AnomalyChecks::heavy_sources},
                       {"lengths", &model::AnomalyChecks::odd_lengths},
                       {"zombies", &model::AnomalyChecks::zombies},
                       {"payloads", &model::AnomalyChecks::repeated_payloads}});
        } else if (word == "usually") {
            profile.anomaly.usual.packets_per_s = line.number<std::uint64_t>("packets a second");
            profile.anomaly.usual.udp_packets_per_s = line.number<std::uint64_t>("UDP packets a second");
        } else if (word == "dns-queries") {
            profile.protocol.dns_queries_per_s = line.number("queries a second");
        } else if (word == "http-requests") {
            profile.protocol.http_requests_per_s = line.number("requests a second");
        } else if (word == "connections") {
            profile.protocol.connections = line.number("connections");
        } else if (word == "watch") {
            profile.monitored |= static_cast<std::uint16_t>(1U << stage_named(line.take("stage")));
        } else if (word == "keep-invalid") {
            profile.drop_invalid = false;
        } else if (word == "reflection") {
            for (const std::string& name : split(line.take("vectors"), ',')) {
                const auto vector = model::parse_attack_vector(name);
                if (!vector) throw CaseError("no attack vector '" + name + "'");
                profile.reflection.push_back(*vector);
            }
        } else {
            return false;
        }
        return true;
    }
    // "dns,ntp": each of the names is the member's that is switched on.
    template <class Checks>
    static void switch_on(std::string_view what, const std::string& names, Checks& checks,
                          std::initializer_list<std::pair<std::string_view, bool Checks::*>> table) {
        for (const std::string& name : split(names, ',')) checks.*choose(what, name, table) = true;
    }

    // LIMIT NUMBER pps|bps
    static void limit(const std::string& word, WordReader& line, model::ScrubProfile& profile) {
        using Profile = model::ScrubProfile;
        model::RateLimit& limit =
            profile.*choose<model::RateLimit Profile::*>("word", word,
                                                         {{"source", &Profile::source_limit},
                                                          {"total", &Profile::target_limit},
                                                          {"fragments", &Profile::fragment_limit},
                                                          {"icmp", &Profile::icmp_limit},
                                                          {"pair", &Profile::pair_limit},
                                                          {"service", &Profile::service_limit},
                                                          {"udp", &Profile::udp_limit}});
        const auto number = line.number<std::uint64_t>("rate");
        limit.*line.choice<std::uint64_t model::RateLimit::*>(
                   "unit", {{"pps", &model::RateLimit::packets_per_s},
                            {"bps", &model::RateLimit::bits_per_s}}) = number;
    }

    // filter NAME drop|pass …
    static void add_filter(WordReader& line, const Family& family, base::Timestamp now,
                           model::TenantProgram& program) {
        model::PacketFilter filter;
        filter.name = line.take("name");
        filter.action = line.choice<model::FilterAction>(
            "action", {{"pass", model::FilterAction::pass}, {"drop", model::FilterAction::drop}});
        while (!line.done()) {
            const std::string& word = line.take("word");
            if (word == "fragments") {
                filter.fragments_only = true;
            } else if (AttributeCase::is_filter_word(word)) {
                AttributeCase::add_filter_word(word, line.take("value"), filter);
            } else if (word == "protocol") {
                filter.protocol = protocol(line.take("protocol"));
            } else if (word == "from") {
                filter.source = family.prefix(line.take("source"));
            } else if (word == "to") {
                filter.destination = family.prefix(line.take("destination"));
            } else if (word == "port") {
                std::tie(filter.destination_port_first, filter.destination_port_last) = line.range("ports");
            } else if (word == "source-port") {
                std::tie(filter.source_port_first, filter.source_port_last) = line.range("ports");
            } else if (word == "length") {
                std::tie(filter.length_first, filter.length_last) = line.range("lengths");
            } else if (word == "flags") {
                const Words parts = split(line.take("flags"), '/');
                filter.tcp_flags_value = WordReader::number_in<std::uint8_t>(parts.front(), "flags");
                filter.tcp_flags_mask = WordReader::number_in<std::uint8_t>(parts.back(), "mask");
            } else if (word == "for") {
                filter.dynamic = true;
                filter.expires_at = now + std::chrono::seconds(line.number("seconds"));
                (void)line.choice<int>("unit", {{"s", 1}});
            } else {
                throw CaseError("no word '" + word + "' of a filter");
            }
        }
        program.filters.push_back(filter);
    }

    static std::uint8_t protocol(const std::string& name) {
        if (name == "tcp") return 6;
        if (name == "udp") return 17;
        if (name == "icmp") return 1;
        return WordReader::number_in<std::uint8_t>(name, "protocol");
    }
};

}  // namespace sluice::dataplane::cases
