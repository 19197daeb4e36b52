// The engine against a plain, slow judge (reference_judge.hpp) on random programs and packets. Only what
// differs by design is left out: cookies are taken from the engine's own answers, and rates are such that no
// cost has to be rounded.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "dataplane/engine.hpp"
#include "dataplane/reference_judge.hpp"
#include "model/attack_vector.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

using namespace reference;  // the judge and its vocabulary
using model::DropReason;

// Random programs and packets over few addresses and ports, so that they meet.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <class T, std::size_t N>
    const T& one_of(const T (&all)[N]) {
        return all[below(N)];
    }

    std::vector<model::TenantProgram> programs(base::Timestamp now) {
        std::vector<model::TenantProgram> all(2);
        const char* prefixes[2][3] = {{"203.0.113.0/24", "45.1.0.0/16", "2001:db8:3::/48"},
                                      {"203.0.112.0/24", "45.1.2.0/24", "2001:db8:3:4::/64"}};
        const char* targets[2][6] = {{"203.0.113.9/32", "203.0.113.8/29", "45.1.0.0/16", "2001:db8:3::9/128",
                                      "2001:db8:3::/64", "45.1.1.1/32"},
                                     {"203.0.112.9/32", "203.0.112.0/24", "45.1.2.2/32",
                                      "2001:db8:3:4::9/128", "2001:db8:3:4::/64", "45.1.2.128/25"}};
        std::uint64_t mitigation = 0;
        for (std::size_t t = 0; t < 2; ++t) {
            all[t].tenant = model::TenantId(t + 1);
            all[t].generation = 1;
            for (const char* text : prefixes[t]) all[t].prefixes.push_back(net::Prefix::parse(text).value());
            for (const char* text : targets[t]) {
                if (one_in(4)) continue;
                all[t].targets.push_back(
                    {net::Prefix::parse(text).value(), model::MitigationId(++mitigation), profile()});
            }
            for (std::uint64_t i = below(12); i-- > 0;) all[t].filters.push_back(filter(all[t], i, now));
        }
        return all;
    }

    std::string packet() {
        static constexpr const char* sources[2][8] = {{"198.18.0.5", "198.18.0.6", "198.51.100.7", "10.1.1.1",
                                                       "203.0.113.9", "61.2.3.4", "127.0.0.1", "45.1.1.1"},
                                                      {"2001:db8:f::5", "2001:db8:f::6", "2600::7", "fe80::1",
                                                       "2001:db8:3::9", "2a00::4", "3ffe::1", "2600::8"}};
        static constexpr const char* destinations[2][8] = {
            {"203.0.113.9", "203.0.113.10", "203.0.113.200", "45.1.1.1", "45.1.2.2", "45.1.2.200",
             "203.0.112.9", "8.8.8.8"},
            {"2001:db8:3::9", "2001:db8:3::a", "2001:db8:3:1::1", "2001:db8:3:4::9", "2001:db8:3:4::a",
             "2001:db8:3:5::1", "2001:db8:3::9", "2600::1"}};
        const std::size_t family = below(2);
        const std::string source = sources[family][one_in(2) ? 0 : below(8)];
        const std::string destination = destinations[family][one_in(2) ? 0 : below(8)];
        const auto end = [&](const std::string& address) {
            static constexpr const char* ports[] = {"53", "123", "443", "4242", "80", "0", "11211"};
            const std::string port = one_of(ports);
            return family == 0 ? address + ":" + port : "[" + address + "]:" + port;
        };
        std::string text;
        const std::uint64_t kind = below(10);
        if (kind < 5) {
            text = "tcp " + end(source) + " > " + end(destination) + tcp_flags();
        } else if (kind < 8) {
            text = "udp " + end(source) + " > " + end(destination);
        } else if (kind < 9) {
            text = (family == 0 ? "icmp " : "icmpv6 ") + source + " > " + destination + " type 8";
        } else {
            text = "protocol 47 " + source + " > " + destination;
        }
        return text + trimmings(family == 1);
    }

    base::SeededRandom& random() { return random_; }

  private:
    model::RateLimit limit() {
        static constexpr model::RateLimit limits[] = {
            {}, {}, {100, 0}, {500, 0}, {1000, 0}, {0, 12'500'000}, {1000, 12'500'000}};
        return one_of(limits);
    }
    model::ScrubProfile profile() {
        model::ScrubProfile out;
        out.drop_invalid = !one_in(3);
        static constexpr model::TcpVerification modes[] = {
            model::TcpVerification::off, model::TcpVerification::syn, model::TcpVerification::all};
        out.verify_tcp = one_of(modes);
        static constexpr std::uint32_t times[] = {1, 5, 60};
        out.verified_for_s = one_of(times);
        if (one_in(2)) out.tcp_method = model::TcpMethod::first_drop;
        static constexpr model::DnsVerification dns[] = {model::DnsVerification::off,
                                                         model::DnsVerification::truncate,
                                                         model::DnsVerification::first_drop};
        out.verify_dns = one_of(dns);
        if (one_in(3)) out.verify_udp = model::UdpVerification::first_drop;
        if (one_in(5)) out.monitored = static_cast<std::uint16_t>(below(0x10000));
        if (one_in(2)) out.reflection.push_back(model::AttackVector::dns);
        if (one_in(2)) out.reflection.push_back(model::AttackVector::memcached);
        if (one_in(4)) out.reflection.push_back(model::AttackVector::fragment);
        out.source_limit = limit();
        out.target_limit = limit();
        // There are few of these.
        if (one_in(2)) out.fragment_limit.packets_per_s = 1;
        if (one_in(2)) out.icmp_limit.packets_per_s = 1;
        out.udp_limit = limit();
        return out;
    }
    model::PacketFilter filter(const model::TenantProgram& program, std::uint64_t number,
                               base::Timestamp now) {
        model::PacketFilter out;
        out.name = "filter-" + std::to_string(number);
        if (one_in(3)) out.action = model::FilterAction::pass;
        if (one_in(3))
            out.source = net::Prefix::parse(one_in(2) ? "198.18.0.0/24" : "2001:db8:f::5/128").value();
        if (one_in(3)) out.destination = program.prefixes[below(3)];
        static constexpr std::uint8_t protocols[] = {0, 6, 17, 1, 58, 47};
        out.protocol = one_of(protocols);
        if (one_in(2)) out.destination_port_last = static_cast<std::uint16_t>(below(500));
        if (one_in(4)) out.source_port_first = static_cast<std::uint16_t>(below(5000));
        if (one_in(4)) {
            out.tcp_flags_mask = static_cast<std::uint8_t>(below(64));
            out.tcp_flags_value = static_cast<std::uint8_t>(below(64)) & out.tcp_flags_mask;
        }
        if (one_in(3)) out.length_first = static_cast<std::uint16_t>(below(200));
        if (one_in(4)) out.length_last = static_cast<std::uint16_t>(out.length_first + below(900));
        out.fragments_only = one_in(6);
        out.dynamic = one_in(2);
        if (one_in(3)) out.expires_at = now + std::chrono::milliseconds(below(60'000));
        return out;
    }
    std::string tcp_flags() {
        static constexpr const char* usual[] = {" syn", " syn",     " ack",    " psh ack",
                                                " rst", " fin ack", " syn ack"};
        if (!one_in(6)) return one_of(usual) + std::string(" seq ") + std::to_string(below(1000));
        std::string text;
        for (const char* flag : {" syn", " ack", " fin", " rst", " psh", " urg", " ece", " cwr"}) {
            if (one_in(3)) text += flag;
        }
        return text.empty() ? " none" : text;
    }
    std::string trimmings(bool ipv6) {
        std::string text = " payload " + std::to_string(one_in(3) ? below(1400) : 8 * below(20));
        if (one_in(20)) text += " ttl " + std::to_string(below(3));
        if (one_in(10)) text += " vlan 12";
        if (one_in(10)) text += " more id 7";
        if (one_in(10)) text += " fragment " + std::to_string(8 * below(8191)) + " id 9";
        if (one_in(20)) text += " claim " + std::to_string(below(20));
        if (one_in(20)) text += ipv6 ? " extension routing" : " options 2";
        if (one_in(40) && !ipv6) text += " bad-checksum";
        return text;
    }

    base::SeededRandom random_;
};

// Ends in front of its sender, whole, with a right checksum.
void check_answer(std::span<const std::uint8_t> frame, const packet::Key& question) {
    const packet::Key key = packet::parse_stepwise(frame);
    ASSERT_EQ(key.error, packet::ParseError::none);
    EXPECT_EQ(key.source, question.destination);
    EXPECT_EQ(key.destination, question.source);
    EXPECT_EQ(key.source_port, question.destination_port);
    EXPECT_EQ(key.destination_port, question.source_port);
    if (is(key, net::IpProtocol::tcp)) {
        EXPECT_EQ(key.tcp_flags, net::tcp_flag::ack);
    }
    const auto sum = net::pseudo_header_sum(key.source, key.destination, key.protocol, key.l4_length());
    EXPECT_EQ(net::checksum_finish(net::checksum_add(sum, frame.subspan(key.l4_offset, key.l4_length()))), 0);
}

class Comparison {
  public:
    explicit Comparison(std::uint64_t seed)
        : dice_(seed), programs_(dice_.programs(start)), reference_(programs_), engine_({}, dice_.random()) {}

    void run(std::size_t packets, std::map<std::string, std::size_t>& seen) {
        const auto loaded = engine_.load(programs_, start);
        ASSERT_TRUE(loaded) << loaded.error().message();
        while (packets > 0 && !::testing::Test::HasFatalFailure()) {
            now_ += static_cast<Ns>(dice_.one_in(30) ? 250 * dice_.below(80) : dice_.below(8)) * 1'000'000;
            const std::size_t burst = std::min<std::size_t>(packets, 1 + dice_.below(50));
            step(burst, seen);
            packets -= burst;
        }
        std::uint64_t watched = 0;
        const auto report = engine_.report();
        for (const auto& target : report.targets) {
            for (const auto& stage : target.monitored) watched += stage.packets;
        }
        EXPECT_EQ(watched, reference_.watched());
        seen["watched"] += watched;
    }

  private:
    std::vector<std::uint8_t> frame() {
        if (!proofs_.empty() && dice_.one_in(8)) {
            return packet::parse_packet_text(proofs_[dice_.below(proofs_.size())]).value();
        }
        auto bytes = packet::parse_packet_text(dice_.packet()).value();
        if (dice_.one_in(2)) ask(bytes);
        if (dice_.one_in(12)) bytes[dice_.below(bytes.size())] = static_cast<std::uint8_t>(dice_.below(256));
        if (dice_.one_in(60)) bytes.resize(dice_.below(bytes.size()));
        return bytes;
    }

    // Where there is room, the payload becomes a DNS query.
    static void ask(std::vector<std::uint8_t>& frame) {
        static constexpr std::uint8_t query[] = {0xbe, 0xef, 1,   0,   0, 1,   0,   0, 0, 0, 0, 0,
                                                 3,    'w',  'w', 'w', 2, 'd', 'e', 0, 0, 1, 0, 1};
        const packet::Key key = packet::parse_stepwise(frame);
        if (key.error != packet::ParseError::none || !key.has(packet::key_transport) ||
            !is(key, net::IpProtocol::udp) || key.l4_length() < 8 + sizeof query) {
            return;
        }
        std::copy(std::begin(query), std::end(query), frame.begin() + key.l4_offset + 8);
    }

    void step(std::size_t burst, std::map<std::string, std::size_t>& seen) {
        std::vector<std::vector<std::uint8_t>> frames;
        std::vector<std::span<const std::uint8_t>> spans;
        for (std::size_t i = 0; i < burst; ++i) frames.push_back(frame());
        for (const auto& bytes : frames) spans.emplace_back(bytes);
        const base::Timestamp wall = start + base::Duration(now_);
        const auto outcomes = engine_.process(wall, spans);
        for (std::size_t i = 0; i < burst; ++i) {
            const packet::Key key = packet::parse_stepwise(spans[i]);
            const Judgement right = reference_.judge(key, spans[i], now_, wall);
            compare(outcomes[i], right, spans[i], key);
            if (::testing::Test::HasFatalFailure()) return;
            const bool dropped = right.verdict == model::Verdict::drop;
            ++seen[dropped                                   ? std::string(model::info(right.reason).name)
                   : right.verdict == model::Verdict::answer ? "answer"
                                                             : "pass"];
            const bool truncated = right.verdict == model::Verdict::answer && is(key, net::IpProtocol::udp);
            seen["truncated-answer"] += truncated ? 1 : 0;
        }
    }

    void compare(const Outcome& outcome, const Judgement& right, std::span<const std::uint8_t> frame,
                 const packet::Key& key) {
        const std::string what = packet::describe_packet(frame) + " at " + std::to_string(now_) + " ns";
        ASSERT_EQ(static_cast<int>(outcome.verdict), static_cast<int>(right.verdict))
            << what << ": " << model::info(outcome.reason).name << " instead of "
            << model::info(right.reason).name;
        ASSERT_EQ(model::info(outcome.reason).name, model::info(right.reason).name) << what;
        ASSERT_EQ(outcome.rule, right.rule) << what;
        ASSERT_EQ(outcome.tenant, right.program == nullptr ? model::TenantId{} : right.program->tenant)
            << what;
        ASSERT_EQ(outcome.mitigation,
                  right.target == nullptr ? model::MitigationId{} : right.target->mitigation)
            << what;
        if (outcome.verdict == model::Verdict::answer && is(key, net::IpProtocol::udp)) {
            ASSERT_LE(outcome.frame.size(), frame.size()) << what;
            check_answer(outcome.frame, key);
        } else if (outcome.verdict == model::Verdict::answer) {
            check_answer(outcome.frame, key);
            const packet::Key answer = packet::parse_stepwise(outcome.frame);
            const std::uint32_t cookie = number_at(outcome.frame, answer, 8);
            reference_.note_cookie(key, cookie, now_);
            note_proof(key, cookie);
        } else if (outcome.verdict == model::Verdict::pass) {
            const packet::Key after = packet::parse_stepwise(outcome.frame);
            ASSERT_EQ(after.error, packet::ParseError::none) << what;  // its checksum, too
            ASSERT_EQ(after.hop_limit + 1, key.hop_limit) << what;
            ASSERT_EQ(outcome.frame.size(), frame.size()) << what;
        }
    }

    void note_proof(const packet::Key& key, std::uint32_t cookie) {
        const auto end = [](const net::Address& address, std::uint16_t port) {
            const std::string text = address.to_string();
            return address.is_v4() ? text + ":" + std::to_string(port)
                                   : "[" + text + "]:" + std::to_string(port);
        };
        const std::string text = "tcp " + end(key.source, key.source_port) + " > " +
                                 end(key.destination, key.destination_port) + " rst seq " +
                                 std::to_string(cookie);
        if (proofs_.size() < 8) {
            proofs_.push_back(text);
        } else {
            proofs_[dice_.below(8)] = text;
        }
    }

    static constexpr base::Timestamp start{std::chrono::hours(24 * 365 * 50)};
    Dice dice_;
    std::vector<model::TenantProgram> programs_;
    Judge reference_;
    Engine engine_;
    Ns now_ = 0;
    std::vector<std::string> proofs_;
};

}  // namespace

TEST(Reference, TheEngineJudgesLikeAPlainJudge) {
    const char* given = std::getenv("SLUICE_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261121;
    std::printf("seed %llu (SLUICE_SEED)\n", static_cast<unsigned long long>(seed));
    constexpr std::size_t rounds = 60;
    constexpr std::size_t packets = 2000;
    std::map<std::string, std::size_t> seen;
    for (std::size_t round = 0; round < rounds; ++round) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
        Comparison(seed * 1000 + round).run(packets, seen);
        if (HasFatalFailure()) return;
    }
    std::size_t all = 0;
    for (const auto& [name, count] : seen) all += name == "watched" || name == "truncated-answer" ? 0 : count;
    EXPECT_EQ(all, rounds * packets);
    // Every way was taken often enough to mean something.
    for (const char* name : {"pass",
                             "answer",
                             "truncated",
                             "bad-ip-checksum",
                             "bad-length",
                             "unknown-destination",
                             "ttl-expired",
                             "land",
                             "bogon-source",
                             "bad-fragment",
                             "bad-transport-header",
                             "bad-tcp-flags",
                             "zero-port",
                             "static-filter",
                             "dynamic-filter",
                             "reflection-template",
                             "not-verified",
                             "bad-cookie",
                             "proof-consumed",
                             "syn-first-drop",
                             "dns-first-drop",
                             "udp-first-drop",
                             "truncated-answer",
                             "watched",
                             "source-rate",
                             "target-rate",
                             "fragment-rate",
                             "udp-rate",
                             "icmp-rate"}) {
        EXPECT_GE(seen[name], 20U) << name;
    }
}

}  // namespace sluice::dataplane
