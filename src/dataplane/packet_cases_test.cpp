// Runs testdata/*.cases (their language: testdata/README.md) through the engine, each with IPv4 and with
// IPv6.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "dataplane/attribute_case.hpp"
#include "dataplane/engine.hpp"
#include "dataplane/firewall_case.hpp"
#include "net/protocol.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

using Words = std::vector<std::string>;

struct Line {
    std::string file;
    int number = 0;
    std::string text;

    [[nodiscard]] std::string where() const { return file + ":" + std::to_string(number) + ": " + text; }
};

struct Case {
    std::string name;
    std::vector<Line> lines;
};

struct Host {
    const char* name;
    const char* ipv4;
    const char* ipv6;
};
constexpr Host hosts[] = {
    {"client", "198.18.0.5", "2001:db8:f:1::5"},
    {"client2", "198.18.0.6", "2001:db8:f:1::6"},
    {"attacker", "198.19.0.7", "2001:db8:f:a::7"},
    {"server", "203.0.113.9", "2001:db8:3::9"},
    {"server2", "203.0.113.10", "2001:db8:3::10"},
    {"site", "203.0.113.0/24", "2001:db8:3::/48"},
    {"stranger", "192.0.2.200", "2001:db8:99::1"},
    {"other", "198.51.100.9", "2001:db8:2::9"},
    {"other-site", "198.51.100.0/24", "2001:db8:2::/48"},
    {"pc", "10.0.0.5", "2001:db8:3:a::5"},
    {"pc2", "10.0.0.6", "2001:db8:3:a::6"},
    {"inside-net", "10.0.0.0/16", "2001:db8:3:a::/64"},
    {"web", "10.1.0.80", "2001:db8:3:d::80"},
    {"dmz-net", "10.1.0.0/16", "2001:db8:3:d::/64"},
    {"www", "203.0.113.130", "2001:db8:3:e::130"},
    {"www2", "203.0.113.131", "2001:db8:3:e::131"},
    {"public-net", "203.0.113.128/26", "2001:db8:3:e::/64"},
    {"pool", "203.0.113.77", "2001:db8:3::77"},
    {"pool2", "203.0.113.78", "2001:db8:3::78"},
    {"till", "10.2.0.7", "2001:db8:3:b::7"},
    {"branch-net", "10.2.0.0/16", "2001:db8:3:b::/64"},
};

// ICMP messages that both families have.
struct IcmpWord {
    const char* name;
    const char *type4, *code4;
    const char *type6, *code6;
};
constexpr IcmpWord icmp_words[] = {
    {"echo", "8", "0", "128", "0"},      {"echo-reply", "0", "0", "129", "0"},
    {"unreachable", "3", "3", "1", "4"}, {"exceeded", "11", "0", "3", "0"},
    {"too-big", "3", "4", "2", "0"},     {"prohibited", "3", "13", "1", "1"},
};

Words split(const std::string& text) {
    std::istringstream in(text);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

std::string join(const Words& words, std::size_t from = 0) {
    std::string text;
    for (std::size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
    return text;
}

// "bytes NAME 12 34 …": all digits one behind the other.
std::string digits_of(const Words& words) {
    std::string digits;
    for (std::size_t i = 2; i < words.size(); ++i) digits += words[i];
    return digits;
}

// In hexadecimal digits; \\r and \\n stand for the ends of lines.
std::string hex_of(const std::string& text) {
    std::string out;
    const auto put = [&out](unsigned char byte) {
        constexpr const char* digits = "0123456789abcdef";
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 1 < text.size();
        put(static_cast<unsigned char>(!escape ? text[i] : text[++i] == 'r' ? '\r' : '\n'));
    }
    return out;
}

// "server:443" → "203.0.113.9:443" or "[2001:db8:3::9]:443"; other words stay.
std::string with_address(const std::string& word, bool ipv6) {
    const std::size_t colon = word.find(':');
    const std::string name = word.substr(0, colon);
    for (const Host& host : hosts) {
        if (name != host.name) continue;
        const std::string address = ipv6 ? host.ipv6 : host.ipv4;
        if (colon == std::string::npos) return address;
        return (ipv6 ? "[" + address + "]" : address) + word.substr(colon);
    }
    return word;
}

class Runner {
  public:
    explicit Runner(bool ipv6) : ipv6_(ipv6), random_(7), engine_({4096, 64, 64}, random_) {
        first_.tenant = model::TenantId(1);
        first_.prefixes = {prefix("site")};
        second_.tenant = model::TenantId(2);
        second_.prefixes = {prefix("other-site")};
    }

    void run(const Case& it) {
        // An earlier case's failure does not keep the later ones from being tried.
        const bool failed_before = ::testing::Test::HasFatalFailure();
        for (const Line& line : it.lines) {
            line_ = &line;
            step(split(line.text));
            if ((::testing::Test::HasFatalFailure() && !failed_before) || skipped_) return;
        }
    }

  private:
    [[nodiscard]] std::string resolve(const std::string& word) const { return with_address(word, ipv6_); }
    [[nodiscard]] net::Prefix prefix(const std::string& word) const {
        const auto parsed = net::Prefix::parse(resolve(word));
        EXPECT_TRUE(parsed.has_value()) << word;
        return parsed.value_or(net::Prefix{});
    }
    [[nodiscard]] std::string where() const { return line_->where() + (ipv6_ ? " (IPv6)" : " (IPv4)"); }

    void step(const Words& words) {
        const std::string& verb = words[0];
        if (verb == "only") {
            skipped_ = words.at(1) != (ipv6_ ? "ipv6" : "ipv4");
        } else if (verb == "target") {
            add_target(words, first_);
        } else if (verb == "other-target") {
            add_target(words, second_);
        } else if (verb == "filter") {
            add_filter(words);
        } else if (AttributeCase::is_about(verb)) {
            attributes_.add(verb, prefix(words.at(1)), words.at(2));
            engine_.set_attributes(attributes_.tables());
        } else if (FirewallCase::is_about(verb)) {
            auto& program = FirewallCase::is_other(verb) ? second_ : first_;
            firewall_.step(words, ipv6_, program, [this](const std::string& word) { return prefix(word); });
            loaded_ = false;
        } else if (verb == "reload") {
            load();
        } else if (verb == "untarget") {
            first_.targets.clear();
            load();
        } else if (verb == "after") {
            const auto value = std::chrono::milliseconds(std::stoul(words.at(1)));
            now_ += words.at(2) == "ms" ? value : value * 1000;
        } else if (verb == "bytes") {
            captured_[words.at(1)] = digits_of(words);
        } else if (verb == "text") {
            captured_[words.at(1)] = hex_of(join(Words(words.begin() + 2, words.end())));
        } else if (verb == "count") {
            check_count(words);
        } else if (verb == "named") {
            check_named(words);
        } else {
            packet(words);
        }
    }

    void load() {
        const std::vector<model::TenantProgram> programs{first_, second_};
        const auto status = engine_.load(programs, now_);
        ASSERT_TRUE(status.has_value()) << where() << "\n" << status.error().message();
        loaded_ = true;
    }

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

    void add_target(const Words& words, model::TenantProgram& program) {
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
                    ASSERT_TRUE(vector.has_value()) << where();
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

    void add_filter(const Words& words) {
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
                filter.expires_at = now_ + std::chrono::seconds(std::stoul(words.at(++i)));
                ++i;
            } else {
                FAIL() << where() << "\nunknown word " << word;
            }
        }
        first_.filters.push_back(filter);
    }

    std::vector<std::uint8_t> frame_of(const Words& words) {
        if (words[0] == "hex") {
            std::vector<std::uint8_t> bytes;
            const std::string digits = [&] {
                std::string all;
                for (std::size_t i = 1; i < words.size(); ++i) all += words[i];
                return all;
            }();
            for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
                bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
            }
            return bytes;
        }
        const auto frame = packet::parse_packet_text(join(in_family(words)));
        EXPECT_TRUE(frame.has_value()) << where() << "\n" << (frame ? "" : frame.error().message());
        return frame.value_or(std::vector<std::uint8_t>{});
    }

    // The words with addresses, ICMP and captured values of this run's family.
    [[nodiscard]] Words in_family(Words words) const {
        for (auto& word : words) {
            word = resolve(word);
            if (word.starts_with('$') && captured_.contains(word)) word = captured_.at(word);
        }
        const auto quoted = about(words) - words.begin();
        if (quoted + 1 < std::ssize(words)) write_icmp(words, static_cast<std::size_t>(quoted) + 1);
        write_icmp(words, 0);
        return words;
    }

    // The packet that begins there, when it is an ICMP message by name.
    void write_icmp(Words& words, std::size_t at) const {
        for (const IcmpWord& word : icmp_words) {
            if (words[at] != word.name) continue;
            words[at] = ipv6_ ? "icmpv6" : "icmp";
            const std::string type = ipv6_ ? word.type6 : word.type4;
            const std::string code = ipv6_ ? word.code6 : word.code4;
            Words numbers;
            if (type != "0") numbers = {"type", type};  // descriptions do not write zeros
            if (code != "0") numbers.insert(numbers.end(), {"code", code});
            words.insert(words.begin() + static_cast<std::ptrdiff_t>(at) + 4, numbers.begin(), numbers.end());
            return;
        }
    }

    // Where the quotation begins, or the end.
    static Words::const_iterator about(const Words& words) {
        return std::find(words.begin(), words.end(), "about");
    }
    // Tags belong to the outer packet.
    static void add_tags(Words& words, const Words& tags) {
        words.insert(about(words), tags.begin(), tags.end());
    }

    // "pass", "drop source-rate", "drop static-filter by no-telnet", "answer"
    static std::string said(const Outcome& outcome) {
        std::string text(model::to_string(outcome.verdict));
        if (outcome.verdict == model::Verdict::drop)
            text += " " + std::string(model::info(outcome.reason).name);
        if (outcome.verdict == model::Verdict::drop && !outcome.rule.empty())
            text += " by " + std::string(outcome.rule);
        return text;
    }

    // "tcp pc:1% > client:443 syn": each repetition has a number of its own.
    static bool is_numbered(const Words& words) {
        return std::ranges::any_of(words, [](const auto& word) { return word.find('%') != word.npos; });
    }
    static Words numbered(Words words, std::size_t number) {
        for (auto& word : words) {
            if (const auto at = word.find('%'); at != word.npos) word.replace(at, 1, std::to_string(number));
        }
        return words;
    }

    // "named pc tcp-flood limit", "named nobody"
    void check_named(const Words& words) {
        const auto report = engine_.report();
        if (words.at(1) == "nobody") {
            EXPECT_TRUE(report.attackers.empty()) << where();
            return;
        }
        const std::string address = resolve(words.at(1));
        const auto attacker = std::ranges::find_if(
            report.attackers, [&](const auto& one) { return one.address.to_string() == address; });
        ASSERT_NE(attacker, report.attackers.end()) << where() << "\nnot named";
        EXPECT_EQ(model::to_string(attacker->conduct), words.at(2)) << where();
        EXPECT_EQ(model::to_string(attacker->action), words.at(3)) << where();
    }

    void packet(const Words& words) {
        if (!loaded_ || !first_.filters.empty()) load();
        const auto arrow = std::find(words.begin(), words.end(), "=>");
        ASSERT_NE(arrow, words.end()) << where() << "\nno expectation";
        Words packet(words.begin(), arrow);
        const Words expected(arrow + 1, words.end());
        const bool repeated = packet.size() > 2 && packet[1] == "×";
        const std::size_t times = repeated ? std::stoul(packet[0]) : 1;
        if (repeated) packet.erase(packet.begin(), packet.begin() + 2);
        const Side side = side_of(packet);
        std::vector<std::vector<std::uint8_t>> different;
        for (std::size_t n = 0; n < (is_numbered(packet) ? times : 1); ++n)
            different.push_back(frame_of(numbered(packet, n + 1)));
        std::vector<std::span<const std::uint8_t>> frames;
        for (std::size_t n = 0; n < times; ++n) frames.emplace_back(different[n % different.size()]);
        const auto outcomes = engine_.process(now_, frames, side);
        ASSERT_EQ(outcomes.size(), times) << where();
        if (repeated) return check_many(outcomes, expected);
        const std::string verdict = said(outcomes[0]);
        if (expected[0] == "drop") {
            const auto sends = std::find(expected.begin(), expected.end(), "sends");
            EXPECT_EQ(verdict, join(in_family(Words(expected.begin(), sends)))) << where();
            ASSERT_EQ(outcomes[0].frame.empty(), sends == expected.end()) << where();
            if (sends != expected.end()) check_frame(outcomes[0].frame, Words(sends + 1, expected.end()));
            return;
        }
        ASSERT_EQ(verdict, expected[0]) << where();
        Words rest(expected.begin() + 1, expected.end());
        if (!rest.empty() && rest[0].starts_with('@')) {
            check_way(outcomes[0], rest[0].substr(1));
            rest.erase(rest.begin());
            if (!rest.empty()) add_tags(rest, way_tags_);
        }
        if (!rest.empty()) check_frame(outcomes[0].frame, rest);
    }

    // "@inside tcp …" comes from that network of the tenant; without it a packet comes from the internet.
    Side side_of(Words& packet) const {
        if (!packet[0].starts_with('@')) return Side::internet;
        const Words tags = firewall_.tags_of(packet[0].substr(1));
        packet.erase(packet.begin());
        add_tags(packet, tags);
        return Side::customers;
    }

    // That the packet left towards the network, with its tags.
    void check_way(const Outcome& outcome, const std::string& network) {
        way_tags_ = network == "internet" ? Words{} : firewall_.tags_of(network);
        EXPECT_EQ(outcome.to, network == "internet" ? Side::internet : Side::customers) << where();
        const packet::Key key = packet::parse(outcome.frame);
        Words tags;
        for (const std::uint16_t tag : {key.vlan, key.inner_vlan}) {
            if (tag != 0) tags.insert(tags.end(), {"vlan", std::to_string(tag)});
        }
        EXPECT_EQ(tags, way_tags_) << where();
    }

    void check_many(std::span<const Outcome> outcomes, const Words& expected) {
        std::map<std::string, std::size_t> seen;
        for (const Outcome& outcome : outcomes) ++seen[said(outcome)];
        std::map<std::string, std::size_t> wanted;
        std::istringstream parts(join(in_family(expected)));
        for (std::string part; std::getline(parts, part, ',');) {
            const Words words = split(part);
            wanted[join(words, 1)] = std::stoul(words.at(0));
        }
        EXPECT_EQ(seen, wanted) << where();
    }

    void check_frame(std::span<const std::uint8_t> frame, const Words& expected) {
        const std::string text = packet::describe_packet(frame);
        const Words actual = split(text);
        const Words wanted = in_family(expected);
        ASSERT_EQ(actual.size(), wanted.size()) << where() << "\nwent out: " << text;
        for (std::size_t i = 0; i < actual.size(); ++i) {
            if (wanted[i].starts_with('$')) {
                captured_[wanted[i]] = actual[i];
            } else {
                EXPECT_EQ(actual[i], wanted[i]) << where() << "\nwent out: " << text;
            }
        }
    }

    static model::DropReason reason_named(const std::string& name) {
        for (const auto& row : model::drop_reasons()) {
            if (row.name == name) return row.reason;
        }
        ADD_FAILURE() << "no such reason: " << name;
        return model::DropReason::none;
    }

    void check_count(const Words& words) {
        if (!loaded_) load();
        const auto report = engine_.report();
        const std::uint64_t wanted = std::stoull(words.back());
        if (words[1] == "unattributed") {
            const auto reason = reason_named(words.at(2));
            EXPECT_EQ(report.unattributed[static_cast<std::size_t>(reason)].packets, wanted) << where();
            return;
        }
        // Of the first tenant, all its targets together.
        std::uint64_t sum = 0;
        for (const auto& target : report.targets) {
            if (target.tenant == first_.tenant) sum += count_of(target, words);
        }
        EXPECT_EQ(sum, wanted) << where();
    }

    static std::size_t stage_named(const std::string& name) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(model::Stage::count_); ++i) {
            if (model::to_string(static_cast<model::Stage>(i)) == name) return i;
        }
        ADD_FAILURE() << "no such stage: " << name;
        return 0;
    }

    static std::uint64_t count_of(const model::TargetCounters& target, const Words& words) {
        const std::string& name = words[1];
        if (words.size() == 4) {
            const std::size_t number = stage_named(name);
            const model::StageCount& stage = target.stages[number];
            return (words[2] == "in"        ? stage.in
                    : words[2] == "passed"  ? stage.passed
                    : words[2] == "watched" ? target.monitored[number]
                                            : stage.dropped)
                .packets;
        }
        if (name == "verified-in") return target.verified_in.packets;
        if (name == "verified-dropped") return target.verified_dropped.packets;
        if (name == "in") return target.in.packets;
        if (name == "passed") return target.passed.packets;
        if (name == "dropped") return target.dropped.packets;
        if (name == "answered") return target.answered.packets;
        if (name == "verified") return target.verified_sources;
        return target.reasons[static_cast<std::size_t>(reason_named(name))].packets;
    }

    bool ipv6_;
    base::SeededRandom random_;
    Engine engine_;
    model::TenantProgram first_;
    model::TenantProgram second_;
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    std::map<std::string, std::string> captured_;
    FirewallCase firewall_;
    AttributeCase attributes_;
    Words way_tags_;
    const Line* line_ = nullptr;
    bool loaded_ = false;
    bool skipped_ = false;
};

std::vector<Case> read_cases() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator("testdata")) {
        if (entry.path().extension() == ".cases") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<Case> cases;
    for (const auto& path : files) {
        std::ifstream in(path);
        int number = 0;
        std::vector<Line> common;  // before the file's first case: of all its cases
        bool any = false;
        for (std::string text; std::getline(in, text);) {
            ++number;
            text = text.substr(0, text.find(" #"));
            if (text.empty() || text.starts_with('#')) continue;
            if (text.starts_with("case ")) {
                cases.push_back({path.stem().string() + ": " + text.substr(5), common});
                any = true;
            } else if (!split(text).empty()) {
                (any ? cases.back().lines : common).push_back({path.filename().string(), number, text});
            }
        }
    }
    return cases;
}

class PacketCases : public ::testing::TestWithParam<bool> {};

TEST_P(PacketCases, Hold) {
    const auto cases = read_cases();
    EXPECT_GE(cases.size(), 250U) << "the case files were not found";
    for (const Case& it : cases) {
        SCOPED_TRACE(it.name);
        Runner(GetParam()).run(it);
    }
}

INSTANTIATE_TEST_SUITE_P(Families, PacketCases, ::testing::Values(false, true),
                         [](const auto& family) { return family.param ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace sluice::dataplane
