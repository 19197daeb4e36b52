// Runs testdata/*.cases (their language: testdata/README.md) through the engine, each with IPv4 and with
// IPv6, by one worker and by two that hand packets over.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "dataplane/cases/case_family.hpp"
#include "dataplane/cases/case_file.hpp"
#include "dataplane/engine.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"
#include "packet/vxlan.hpp"

namespace sluice::dataplane::cases {
namespace {

class Runner {
  public:
    Runner(Family family, std::uint32_t workers)
        : family_(family),
          workers_(workers),
          random_(7),
          engine_(config(family, workers), random_),
          firewall_(family) {
        first_.tenant = model::TenantId(1);
        first_.prefixes = {family_.prefix("site")};
        second_.tenant = model::TenantId(2);
        second_.prefixes = {family_.prefix("other-site")};
    }

    void run(const Case& it) {
        // An earlier case's failure does not keep the later ones from being tried.
        const bool failed_before = ::testing::Test::HasFatalFailure();
        for (const Line& line : it.lines) {
            line_ = &line;
            try {
                std::visit([this](const auto& statement) { run(statement); }, line.statement);
            } catch (const CaseError& error) {
                FAIL() << where() << "\n" << error.what();
            }
            if ((::testing::Test::HasFatalFailure() && !failed_before) || skipped_) return;
        }
    }

    [[nodiscard]] std::uint64_t handed_over() const { return engine_.handed_over(); }

  private:
    static Engine::Config config(const Family& family, std::uint32_t workers) {
        Engine::Config out{4096, 64, 64};
        out.addresses = {family.prefix("gateway").address()};
        out.workers = workers;
        return out;
    }
    [[nodiscard]] std::string where() const {
        return line_->where + " (" + family_.name() + ", " + std::to_string(workers_) + " workers)";
    }

    void run(const Only& only) { skipped_ = only.ipv6 != family_.ipv6(); }
    void run(const OneWorker&) { skipped_ = workers_ != 1; }
    void run(const ScrubLine& line) {
        ScrubCase::add(line.words, family_, now_, line.other_tenant ? second_ : first_);
    }
    void run(const FirewallLine& line) {
        firewall_.add(line.words, line.other_tenant ? "other-" : "", line.other_tenant ? second_ : first_);
        loaded_ = false;
    }
    void run(const AttributeLine& line) {
        attributes_.add(line.words, family_);
        engine_.set_attributes(attributes_.tables());
    }
    void run(const Reload& reload) {
        if (reload.without_targets) first_.targets.clear();
        load();
    }
    void run(const After& after) { now_ += after.time; }
    void run(const Payload& payload) { captured_[payload.name] = payload.digits; }

    void run(const CounterIs& counter) {
        if (!loaded_) load();
        const auto report = engine_.report();
        std::uint64_t sum = 0;
        if (counter.unattributed) {
            sum = report.unattributed[static_cast<std::size_t>(*counter.unattributed)].packets;
        } else {
            for (const auto& target : report.targets) {
                if (target.tenant == first_.tenant) sum += counter.of_target(target);
            }
        }
        EXPECT_EQ(sum, counter.number) << where();
    }

    void run(const Named& named) {
        const auto report = engine_.report();
        if (named.host.empty()) {
            EXPECT_TRUE(report.attackers.empty()) << where();
            return;
        }
        const std::string address = family_.address(named.host);
        const auto attacker = std::ranges::find_if(
            report.attackers, [&](const auto& one) { return one.address.to_string() == address; });
        ASSERT_NE(attacker, report.attackers.end()) << where() << "\nnot named";
        EXPECT_EQ(model::to_string(attacker->conduct), named.conduct) << where();
        EXPECT_EQ(model::to_string(attacker->action), named.action) << where();
    }

    void run(const Packet& packet) {
        if (!loaded_ || !first_.filters.empty()) load();
        const FirewallCase::Way from = firewall_.way_of(packet.network);
        Words words = packet.words;
        add_tags(words, from.tags);
        std::vector<std::vector<std::uint8_t>> different;
        for (std::size_t n = 0; n < (is_numbered(words) ? packet.times : 1); ++n)
            different.push_back(through_tunnel(from, frame_of(numbered(words, n + 1))));
        std::vector<std::span<const std::uint8_t>> frames;
        for (std::size_t n = 0; n < packet.times; ++n) frames.emplace_back(different[n % different.size()]);
        const auto outcomes = engine_.process(now_, frames, from.side);
        ASSERT_EQ(outcomes.size(), packet.times) << where();
        if (packet.repeated()) {
            check_many(outcomes, packet.verdicts);
        } else {
            check_one(outcomes[0], packet.expected, from);
        }
    }

    void run(const Repeats& repeats) {
        if (!loaded_) load();
        const auto outcomes = engine_.pass_time(now_);
        if (repeats.expected) {
            ASSERT_EQ(outcomes.size(), 1U) << where();
            check_one(outcomes[0], *repeats.expected, {});
        } else {
            check_many(outcomes, repeats.verdicts);
        }
    }

    void load() {
        const std::vector<model::TenantProgram> programs{first_, second_};
        const auto status = engine_.load(programs, now_);
        ASSERT_TRUE(status.has_value()) << where() << "\n" << status.error().message();
        loaded_ = true;
    }

    [[nodiscard]] std::vector<std::uint8_t> frame_of(const Words& words) const {
        if (words[0] == "hex") {
            std::string digits;
            for (const std::string& word : std::span(words).subspan(1)) digits += word;
            return bytes_of(digits);
        }
        auto frame = packet::parse_packet_text(join(in_family(words)));
        if (!frame) throw CaseError(frame.error().message());
        return std::move(*frame);
    }

    // The words with addresses, ICMP and captured values of this run's family.
    [[nodiscard]] Words in_family(Words words) const {
        for (std::string& word : words) word = with_captured(word);
        return family_.packet(std::move(words));
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

    // Tags belong to the outer packet.
    static void add_tags(Words& words, const Words& tags) {
        words.insert(Family::quotation(words), tags.begin(), tags.end());
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

    void check_one(const Outcome& outcome, const Expected& expected, const FirewallCase::Way& from) {
        ASSERT_EQ(outcome.also.empty(), expected.also.empty()) << where();
        if (!expected.also.empty()) {
            Words also = expected.also;
            add_tags(also, from.tags);
            check_frame(out_of_tunnel(from, outcome.also), also);
        }
        ASSERT_EQ(said(outcome), join(in_family(expected.verdict))) << where();
        if (outcome.verdict == model::Verdict::drop) {
            ASSERT_EQ(outcome.frame.empty(), !expected.sends) << where();
            if (expected.sends) check_frame(outcome.frame, expected.frame);
            return;
        }
        // An answer goes back the way the question came.
        const bool answer = outcome.verdict == model::Verdict::answer;
        const FirewallCase::Way to = answer ? from : firewall_.way_of(expected.network);
        const auto leaves = out_of_tunnel(to, outcome.frame);
        Words frame = expected.frame;
        if (!expected.network.empty()) {
            check_way(to, outcome, leaves);
            if (!frame.empty()) add_tags(frame, to.tags);
        }
        if (!frame.empty()) check_frame(leaves, frame);
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
        way.remote = family_.prefix("gateway").address();
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
        EXPECT_EQ(key.source, family_.prefix("gateway").address()) << where();
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

    void check_many(std::span<const Outcome> outcomes,
                    std::span<const std::pair<std::size_t, Words>> expected) {
        std::map<std::string, std::size_t> seen;
        for (const Outcome& outcome : outcomes) ++seen[said(outcome)];
        std::map<std::string, std::size_t> wanted;
        for (const auto& [number, verdict] : expected) wanted[join(in_family(verdict))] = number;
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

    Family family_;
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

class PacketCases : public ::testing::TestWithParam<std::tuple<bool, std::uint32_t>> {};

TEST_P(PacketCases, Hold) {
    const auto [ipv6, workers] = GetParam();
    const auto cases = read_folder("testdata");
    ASSERT_TRUE(cases.has_value()) << cases.error().message();
    EXPECT_GE(cases->size(), 350U) << "the case files were not found";
    std::uint64_t handed_over = 0;
    for (const Case& it : *cases) {
        SCOPED_TRACE(it.name);
        Runner runner(Family(ipv6), workers);
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
}  // namespace sluice::dataplane::cases
