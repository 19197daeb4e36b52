// Runs testdata/*.cases (their language: testdata/README.md) through the engine, each with IPv4 and with
// IPv6, by one worker and by two that hand packets over.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "dataplane/attribute_case.hpp"
#include "dataplane/engine.hpp"
#include "dataplane/firewall_case.hpp"
#include "dataplane/scrub_case.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"
#include "packet/vxlan.hpp"

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
    {"gateway", "192.0.2.1", "2001:db8:99::ffff"},
    {"vtep", "192.0.2.50", "2001:db8:99::50"},
    {"vtep2", "192.0.2.51", "2001:db8:99::51"},
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
    Runner(bool ipv6, std::uint32_t workers)
        : ipv6_(ipv6), workers_(workers), random_(7), engine_(config(ipv6, workers), random_) {
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

    [[nodiscard]] std::uint64_t handed_over() const { return engine_.handed_over(); }

  private:
    static Engine::Config config(bool ipv6, std::uint32_t workers) {
        Engine::Config out{4096, 64, 64};
        out.addresses = {*net::Address::parse(with_address("gateway", ipv6))};
        out.workers = workers;
        return out;
    }
    [[nodiscard]] std::string resolve(const std::string& word) const { return with_address(word, ipv6_); }
    [[nodiscard]] net::Prefix prefix(const std::string& word) const {
        const auto parsed = net::Prefix::parse(resolve(word));
        EXPECT_TRUE(parsed.has_value()) << word;
        return parsed.value_or(net::Prefix{});
    }
    [[nodiscard]] std::string where() const {
        return line_->where() + (ipv6_ ? " (IPv6, " : " (IPv4, ") + std::to_string(workers_) + " workers)";
    }

    void step(const Words& words) {
        const std::string& verb = words[0];
        if (verb == "only") {
            skipped_ = words.at(1) != (ipv6_ ? "ipv6" : "ipv4");
        } else if (verb == "one-worker") {
            skipped_ = workers_ != 1;
        } else if (ScrubCase::is_about(verb)) {
            SCOPED_TRACE(where());
            auto& program = verb == "other-target" ? second_ : first_;
            ScrubCase::step(words, program, now_, [this](const std::string& word) { return prefix(word); });
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
            word = with_captured(word);
        }
        const auto quoted = about(words) - words.begin();
        if (quoted + 1 < std::ssize(words)) write_icmp(words, static_cast<std::size_t>(quoted) + 1);
        write_icmp(words, 0);
        return words;
    }

    // "$c", or a number beyond it: "$c+1", "$c-20".
    [[nodiscard]] std::string with_captured(const std::string& word) const {
        if (!word.starts_with('$')) return word;
        const std::size_t sign = word.find_first_of("+-");
        const auto known = captured_.find(word.substr(0, sign));
        if (known == captured_.end()) return word;
        if (sign == std::string::npos) return known->second;
        const long long number = std::stoll(known->second) + std::stoll(word.substr(sign));
        return std::to_string(static_cast<std::uint32_t>(number));
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
        const auto also = std::find(arrow, words.end(), "also");
        const Words expected(arrow + 1, also);
        const bool repeated = packet.size() > 2 && packet[1] == "×";
        const std::size_t times = repeated ? std::stoul(packet[0]) : 1;
        if (repeated) packet.erase(packet.begin(), packet.begin() + 2);
        const FirewallCase::Way from = way_in(packet);
        std::vector<std::vector<std::uint8_t>> different;
        for (std::size_t n = 0; n < (is_numbered(packet) ? times : 1); ++n)
            different.push_back(through_tunnel(from, frame_of(numbered(packet, n + 1))));
        std::vector<std::span<const std::uint8_t>> frames;
        for (std::size_t n = 0; n < times; ++n) frames.emplace_back(different[n % different.size()]);
        const auto outcomes = engine_.process(now_, frames, from.side);
        ASSERT_EQ(outcomes.size(), times) << where();
        if (repeated) return check_many(outcomes, expected);
        ASSERT_EQ(outcomes[0].also.empty(), also == words.end()) << where();
        if (also != words.end()) {
            Words second(also + 1, words.end());
            add_tags(second, from.tags);
            check_frame(out_of_tunnel(from, outcomes[0].also), second);
        }
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
        if (rest.empty()) return;
        const bool passed = rest[0].starts_with('@');
        // An answer goes back the way the question came.
        const FirewallCase::Way to = passed ? firewall_.way_of(rest[0].substr(1)) : from;
        const auto leaves =
            out_of_tunnel(passed || verdict == "answer" ? to : FirewallCase::Way{}, outcomes[0].frame);
        if (passed) {
            check_way(to, outcomes[0], leaves);
            rest.erase(rest.begin());
            if (!rest.empty()) add_tags(rest, to.tags);
        }
        if (!rest.empty()) check_frame(leaves, rest);
    }

    // "@inside tcp …" comes from that network of the tenant; without it a packet comes from the internet.
    FirewallCase::Way way_in(Words& packet) const {
        if (!packet[0].starts_with('@')) return {};
        FirewallCase::Way way = firewall_.way_of(packet[0].substr(1));
        packet.erase(packet.begin());
        add_tags(packet, way.tags);
        return way;
    }
    [[nodiscard]] std::vector<std::uint8_t> through_tunnel(const FirewallCase::Way& from,
                                                           std::vector<std::uint8_t> inner) const {
        if (!from.is_tunnel()) return inner;
        std::vector<std::uint8_t> room(packet::min_headroom);
        room.insert(room.end(), inner.begin(), inner.end());
        packet::Frame frame;
        frame.data = room.data() + packet::min_headroom;
        frame.length = frame.room = static_cast<std::uint32_t>(inner.size());
        packet::VxlanWay way;
        way.local = from.endpoint;
        way.remote = prefix("gateway").address();
        way.vni = from.vni;
        packet::wrap_vxlan(way, 7, frame);
        return {frame.bytes().begin(), frame.bytes().end()};
    }
    // The frame itself, or, where it left through a tunnel, what is in there.
    [[nodiscard]] std::vector<std::uint8_t> out_of_tunnel(const FirewallCase::Way& to,
                                                          std::span<const std::uint8_t> bytes) const {
        std::vector<std::uint8_t> outer(bytes.begin(), bytes.end());
        if (!to.is_tunnel()) return outer;
        packet::Frame frame;
        frame.data = outer.data();
        frame.length = frame.room = static_cast<std::uint32_t>(outer.size());
        packet::Key key = packet::parse(outer);
        EXPECT_EQ(key.source, prefix("gateway").address()) << where();
        EXPECT_EQ(key.destination, to.endpoint) << where();
        EXPECT_TRUE(packet::open_vxlan(key, frame)) << where() << "\n" << packet::describe_packet(outer);
        EXPECT_EQ(key.tunnel, packet::Key::vxlan | to.vni) << where();
        return {frame.bytes().begin(), frame.bytes().end()};
    }

    // Of TCP; other protocols' sums are the business of nat/rewrite_test.cpp.
    static bool has_right_sum(std::span<const std::uint8_t> frame) {
        const packet::Key key = packet::parse(frame);
        if (key.error != packet::ParseError::none || key.protocol != 6 || key.has(packet::key_fragment))
            return true;
        const auto segment = frame.subspan(key.l4_offset, key.l4_length());
        const auto pseudo = net::pseudo_header_sum(key.source, key.destination, 6, key.l4_length());
        return net::checksum_finish(net::checksum_add(pseudo, segment)) == 0;
    }

    // That the packet left towards the network, with its tags, through its tunnel.
    void check_way(const FirewallCase::Way& to, const Outcome& outcome,
                   std::span<const std::uint8_t> frame) const {
        EXPECT_EQ(outcome.to, to.side) << where();
        const packet::Key key = packet::parse(frame);
        Words tags;
        for (const std::uint16_t tag : {key.vlan, key.inner_vlan}) {
            if (tag != 0) tags.insert(tags.end(), {"vlan", std::to_string(tag)});
        }
        EXPECT_EQ(tags, to.tags) << where();
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
        EXPECT_TRUE(has_right_sum(frame)) << where() << "\nwent out: " << text;
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

    static std::uint64_t count_of(const model::TargetCounters& target, const Words& words) {
        const std::string& name = words[1];
        if (words.size() == 4) {
            const std::size_t number = ScrubCase::stage_named(name);
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
        if (name == "spliced") return target.spliced;
        return target.reasons[static_cast<std::size_t>(reason_named(name))].packets;
    }

    bool ipv6_;
    std::uint32_t workers_;
    base::SeededRandom random_;
    Engine engine_;
    model::TenantProgram first_;
    model::TenantProgram second_;
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    std::map<std::string, std::string> captured_;
    FirewallCase firewall_;
    AttributeCase attributes_;
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

class PacketCases : public ::testing::TestWithParam<std::tuple<bool, std::uint32_t>> {};

TEST_P(PacketCases, Hold) {
    const auto [ipv6, workers] = GetParam();
    const auto cases = read_cases();
    EXPECT_GE(cases.size(), 350U) << "the case files were not found";
    std::uint64_t handed_over = 0;
    for (const Case& it : cases) {
        SCOPED_TRACE(it.name);
        Runner runner(ipv6, workers);
        runner.run(it);
        handed_over += runner.handed_over();
    }
    EXPECT_EQ(handed_over > 300, workers > 1) << handed_over << " packets were handed over";
}

INSTANTIATE_TEST_SUITE_P(Families, PacketCases,
                         ::testing::Combine(::testing::Bool(), ::testing::Values(1U, 2U)),
                         [](const auto& run) {
                             return std::string(std::get<0>(run.param) ? "IPv6" : "IPv4") +
                                    (std::get<1>(run.param) == 1 ? "ByOneWorker" : "ByTwoWorkers");
                         });

}  // namespace
}  // namespace sluice::dataplane
