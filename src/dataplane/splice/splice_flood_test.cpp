// Virtual time: a customer with a firewall under a flood of forged SYNs and forged acknowledgements, and of
// real senders whose servers are silent. Clients get in at their first attempt, open connections lose
// nothing, the flow table holds no more than what is real.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataplane/engine.hpp"
#include "dataplane/splice/splicer.hpp"
#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::splice {
namespace {

using Bytes = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

net::Prefix prefix(const char* text) {
    return net::Prefix::parse(text).value();
}

model::TenantProgram customer() {
    model::TenantProgram out;
    out.tenant = model::TenantId(1);
    out.prefixes = {prefix("203.0.113.0/24")};
    out.firewall.enabled = true;
    out.firewall.zones = {"internet", "dmz"};
    model::Attachment dmz;
    dmz.name = "dmz";
    dmz.zone = 1;
    dmz.kind = model::AttachmentKind::vlan;
    dmz.vlan = 20;
    dmz.next_hop_mac = {2, 0, 0, 0, 0, 9};
    dmz.prefixes = {prefix("203.0.113.128/26")};
    out.firewall.attachments = {dmz};
    model::FirewallRule web;
    web.name = "web";
    web.action = model::RuleAction::allow;
    model::ServiceMatch service;
    service.protocol = 6;
    service.destination_port = {443, 443};
    web.services = {service};
    out.firewall.rules = {web};
    return out;
}

// A frame from anybody: the source of a packet is written over, and its numbers are anything.
class Forger {
  public:
    explicit Forger(const char* flags)
        : frame_(packet::parse_packet_text(fmt::format("tcp 60.0.0.1:4000 > 203.0.113.130:443 {}", flags))
                     .value()) {}
    [[nodiscard]] Bytes next() {
        Bytes frame = frame_;
        state_ = state_ * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
        net::put32(&frame[26], 0x3c00'0000U + static_cast<std::uint32_t>(state_ >> 40U));
        net::put16(&frame[24], 0);
        net::put16(&frame[24], net::checksum({&frame[14], 20}));
        net::put32(&frame[42], static_cast<std::uint32_t>(state_ >> 13U));  // what it acknowledges
        return frame;
    }

  private:
    Bytes frame_;
    std::uint64_t state_ = 1;
};

class World {
  public:
    World() {
        load(false);
        for (int n = 0; n < 50; ++n) {
            EXPECT_TRUE(passes(fmt::format("tcp {} > {} syn seq 100", old(n), www), Side::internet));
            EXPECT_TRUE(passes(fmt::format("tcp {} > {} syn ack seq 500 ack-number 101 vlan 20", www, old(n)),
                               Side::customers));
            EXPECT_TRUE(
                passes(fmt::format("tcp {} > {} ack seq 101 ack-number 501", old(n), www), Side::internet));
        }
        load(true);
    }

    void load(bool attacked) {
        model::TenantProgram program = customer();
        program.generation = ++generation_;
        if (attacked) {
            model::ScrubProfile profile;
            profile.verify_tcp = model::TcpVerification::all;
            profile.tcp_method = model::TcpMethod::splice;
            program.targets = {{prefix("203.0.113.130"), model::MitigationId(1), profile}};
        }
        ASSERT_TRUE(engine_.load({&program, 1}, now_).has_value());
    }
    // Ten milliseconds of it; what of it came through.
    std::size_t flood(std::size_t syns, std::size_t acks) {
        std::vector<Bytes> frames;
        for (std::size_t n = 0; n < syns; ++n) frames.push_back(syns_.next());
        for (std::size_t n = 0; n < acks; ++n) frames.push_back(acks_.next());
        const std::vector<std::span<const std::uint8_t>> spans(frames.begin(), frames.end());
        std::size_t passed = 0;
        for (const Outcome& outcome : engine_.process(now_, spans))
            passed += outcome.verdict == model::Verdict::pass ? 1 : 0;
        now_ += milliseconds(10);
        return passed;
    }
    void old_ones_go_on(std::uint32_t sent) {
        for (int n = 0; n < 50; ++n) {
            EXPECT_TRUE(passes(
                fmt::format("tcp {} > {} ack seq {} ack-number 501 payload 10", old(n), www, 101 + sent * 10),
                Side::internet));
        }
    }
    // The cookie that a client was given; 0: none.
    std::uint32_t ask(const std::string& client, std::uint32_t sequence) {
        const Outcome outcome =
            send(fmt::format("tcp {} > {} syn seq {}", client, www, sequence), Side::internet);
        EXPECT_EQ(outcome.verdict, model::Verdict::answer);
        if (outcome.frame.size() < 58) return 0;
        return net::get32(outcome.frame.data() + 38);
    }
    bool prove(const std::string& client, std::uint32_t sequence, std::uint32_t cookie) {
        return passes(
            fmt::format("tcp {} > {} ack seq {} ack-number {}", client, www, sequence + 1, cookie + 1),
            Side::internet);
    }
    // SYNs to silent servers.
    std::size_t repeated_after(milliseconds time) {
        now_ += time;
        const auto outcomes = engine_.pass_time(now_);
        for (const Outcome& outcome : outcomes) {
            EXPECT_EQ(outcome.verdict, model::Verdict::pass);
            const std::string text = packet::describe_packet(outcome.frame);
            EXPECT_NE(text.find(fmt::format("> {} syn seq", www)), std::string::npos) << text;
        }
        return outcomes.size();
    }
    bool connect(const std::string& client, std::uint32_t sequence) {
        const std::uint32_t cookie = ask(client, sequence);
        if (!prove(client, sequence, cookie)) return false;
        now_ += milliseconds(1);
        const Outcome answer = send(fmt::format("tcp {} > {} syn ack seq {} ack-number {} vlan 20", www,
                                                client, sequence / 2, sequence + 1),
                                    Side::customers);
        return answer.verdict == model::Verdict::pass && !answer.also.empty() &&
               passes(fmt::format("tcp {} > {} ack seq {} ack-number {} payload 10", client, www,
                                  sequence + 1, cookie + 1),
                      Side::internet);
    }
    [[nodiscard]] model::GatewayReport report() const { return engine_.report(); }
    [[nodiscard]] std::uint64_t flows_open() const {
        const auto report = engine_.report();
        return report.firewalls.empty() ? 0 : report.firewalls[0].flows_open;
    }

    static constexpr const char* www = "203.0.113.130:443";

  private:
    static std::string old(int n) { return fmt::format("198.18.1.{}:77", n + 1); }
    Outcome send(const std::string& text, Side side) {
        const Bytes frame = packet::parse_packet_text(text).value();
        const std::span<const std::uint8_t> one[] = {frame};
        return engine_.process(now_, one, side)[0];
    }
    bool passes(const std::string& text, Side side) {
        return send(text, side).verdict == model::Verdict::pass;
    }

    base::SeededRandom random_{7};
    Engine engine_{{.max_sources = 16'384, .max_targets = 16, .max_flows = 1024, .max_firewalls = 4},
                   random_};
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    std::uint64_t generation_ = 0;
    Forger syns_{"syn seq 9"};
    Forger acks_{"ack seq 10"};
};

}  // namespace

TEST(SpliceFlood, ClientsGetInAtOnceAndNothingForgedIsRemembered) {
    World world;
    std::size_t forged = 0;
    for (std::uint32_t step = 0; step < 200; ++step) {
        forged += world.flood(1500, 500);  // 200,000 packets a second
        if (step % 100 == 99) world.old_ones_go_on(step / 100);
        EXPECT_TRUE(world.connect(fmt::format("198.19.{}.9:4242", step), 1000 + step * 77)) << step;
    }
    EXPECT_EQ(forged, 0U);
    EXPECT_EQ(world.flows_open(), 250U) << "the old ones and the new";
    for (const auto& target : world.report().targets) {
        if (target.mitigation.is_none()) continue;
        EXPECT_EQ(target.spliced, 200U);
        EXPECT_EQ(target.verified_sources, 200U);
        EXPECT_GE(target.answered.packets, 300'000U);
    }
}

// Real machines that want nothing but places in the table: each gives back its cookie, and no server answers.
TEST(SpliceFlood, WhatWaitsForTheServerMakesRoomFirst) {
    World world;
    std::size_t in = 0;
    for (std::uint32_t n = 0; n < 6'000; ++n) {
        const std::string bot = fmt::format("60.{}.{}.7:9", n / 250, 1 + n % 250);
        in += world.prove(bot, n, world.ask(bot, n)) ? 1 : 0;
        if (n % 500 == 499) {
            EXPECT_TRUE(world.connect(fmt::format("198.19.1.{}:4242", n / 500), n)) << n;
        }
    }
    EXPECT_EQ(in, 6'000U) << "each pushes out an older one that waits";
    world.old_ones_go_on(0);
    EXPECT_LE(world.flows_open(), 1024U);
    // Those that had found room to be repeated have made room for others since: their numbers are of flows
    // with other cookies.
    EXPECT_EQ(world.repeated_after(milliseconds(200)), 0U);
    EXPECT_TRUE(world.prove("198.19.2.1:4242", 5, world.ask("198.19.2.1:4242", 5)));
    EXPECT_EQ(world.repeated_after(milliseconds(200)), 1U) << "the others no longer stand in their way";
}

}  // namespace sluice::dataplane::splice
