// The same rule sets as nftables and as a tenant's firewall, and the same packets through both: the kernel's
// connection tracking as the second opinion on ours. Conversations of TCP, UDP and ICMP between three zones,
// both families, mixed with one another, some with packets left out, sent from the wrong side or with numbers
// outside the window.
//
// Two differences are wanted, and not tried or counted apart:
// - Segments of bytes long acknowledged, outside the window: the kernel lets them pass unjudged since 6.1
//   ("overly delayed"), ours are dropped as tcp-window. The wrong numbers here lie ahead of the window.
// - The server's segments after a SYN that it never answered: the kernel lets them pass unjudged ("ignored":
//   the SYN may be of somebody who does not know that a connection is still open), ours are dropped as
//   tcp-state or tcp-window.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "base/random.hpp"
#include "chance.hpp"
#include "dataplane/engine.hpp"
#include "model/verdict.hpp"
#include "nft_world.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::integration {
namespace {

constexpr int rounds = 24;
constexpr int conversations_a_round = 40;
constexpr std::size_t most_rules = 24;
constexpr std::array<std::uint16_t, 6> ports{22, 25, 53, 80, 443, 8443};
constexpr std::array<const char*, 3> hosts4[] = {{"60.0.0.10", "60.0.0.77", "60.0.200.3"},
                                                 {"10.1.0.10", "10.1.0.77", "10.1.200.3"},
                                                 {"10.2.0.10", "10.2.0.77", "10.2.200.3"}};
constexpr std::array<const char*, 3> hosts6[] = {
    {"2001:db8:f::10", "2001:db8:f::77", "2001:db8:f::8000:3"},
    {"2001:db8:1:1::10", "2001:db8:1:1::77", "2001:db8:1:1::8000:3"},
    {"2001:db8:1:2::10", "2001:db8:1:2::77", "2001:db8:1:2::8000:3"}};

net::Prefix prefix(const std::string& text) {
    return net::Prefix::parse(text).value();
}

// A rule set, said twice.
struct Policy {
    model::TenantProgram program;
    std::string nft;
};

std::string nft_zones(const char* key, const std::vector<model::ZoneIndex>& zones) {
    if (zones.empty()) return {};
    std::string names;
    for (const auto zone : zones) names += fmt::format("{}\"z{}\"", names.empty() ? "" : ", ", zone);
    return fmt::format("{} {{ {} }} ", key, names);
}

std::string nft_service(const model::ServiceMatch& service) {
    if (service.protocol == 0) return {};
    if (service.protocol == 1) return "icmp type echo-request ";
    if (service.protocol == 58) return "icmpv6 type echo-request ";
    return fmt::format("meta l4proto {} th dport {}-{} th sport {}-{} ",
                       service.protocol == 6 ? "tcp" : "udp", service.destination_port.first,
                       service.destination_port.last, service.source_port.first, service.source_port.last);
}

std::string nft_address(const char* key, const std::vector<net::Prefix>& list, bool v6) {
    std::string out;
    for (const auto& one : list) {
        if (one.is_v4() != v6) out += fmt::format("{}{}", out.empty() ? "" : ", ", one.to_string());
    }
    return fmt::format("{} {} {{ {} }} ", v6 ? "ip6" : "ip", key, out);
}

bool has_family(const std::vector<net::Prefix>& list, bool v6) {
    return std::any_of(list.begin(), list.end(), [&](const net::Prefix& one) { return one.is_v4() != v6; });
}

// One of ours may need several: a family and a service each.
std::string nft_rule(const model::FirewallRule& rule) {
    std::string out;
    for (const bool v6 : {false, true}) {
        if ((!rule.sources.empty() && !has_family(rule.sources, v6)) ||
            (!rule.destinations.empty() && !has_family(rule.destinations, v6)))
            continue;
        auto services = rule.services;
        if (services.empty()) services.push_back({});
        for (const auto& service : services) {
            std::string match = nft_zones("iifname", rule.from) + nft_zones("oifname", rule.to) +
                                (v6 ? "meta nfproto ipv6 " : "meta nfproto ipv4 ");
            if (!rule.sources.empty()) match += nft_address("saddr", rule.sources, v6);
            if (!rule.destinations.empty()) match += nft_address("daddr", rule.destinations, v6);
            match += nft_service(service);
            switch (rule.action) {
                case model::RuleAction::allow:
                    out += match + "accept\n";
                    break;
                case model::RuleAction::drop:
                    out += match + "drop\n";
                    break;
                case model::RuleAction::reject:
                    if (service.protocol == 0 || service.protocol == 6)
                        out += match + (service.protocol == 0 ? "meta l4proto tcp " : "") +
                               "reject with tcp reset\n";
                    if (service.protocol != 6) out += match + "reject with icmpx type admin-prohibited\n";
                    break;
            }
        }
    }
    return out;
}

std::vector<net::Prefix> some_prefixes(Chance& chance) {
    std::vector<net::Prefix> out;
    if (chance.percent(40)) return out;
    const bool v6 = chance.percent(50);
    const std::size_t zone = chance.below(NftWorld::zones);
    const std::string host = v6 ? chance.of(hosts6[zone]) : chance.of(hosts4[zone]);
    const unsigned longest = v6 ? 128 : 32;
    const unsigned bits =
        chance.percent(50) ? longest : longest - 1 - static_cast<unsigned>(chance.below(20));
    out.push_back(net::Prefix::of(net::Address::parse(host).value(), bits));
    if (chance.percent(40)) out.push_back(prefix(v6 ? chance.of(hosts4[zone]) : chance.of(hosts6[zone])));
    return out;
}

std::vector<model::ZoneIndex> some_zones(Chance& chance) {
    std::vector<model::ZoneIndex> out;
    if (chance.percent(40)) return out;
    out.push_back(static_cast<model::ZoneIndex>(chance.below(NftWorld::zones)));
    if (chance.percent(30)) {
        const auto other = static_cast<model::ZoneIndex>(chance.below(NftWorld::zones));
        if (other != out[0]) out.push_back(other);
    }
    return out;
}

std::vector<model::ServiceMatch> some_services(Chance& chance) {
    std::vector<model::ServiceMatch> out;
    for (std::size_t n = chance.below(3); n > 0; --n) {
        model::ServiceMatch service;
        switch (chance.below(4)) {
            case 0:
                out.push_back({.protocol = 1, .icmp_type = 8});
                out.push_back({.protocol = 58, .icmp_type = 128});
                continue;
            case 1:
                service.protocol = 17;
                break;
            default:
                service.protocol = 6;
        }
        service.destination_port.first = service.destination_port.last = chance.of(ports);
        if (chance.percent(30)) service.destination_port.last = 9000;
        if (chance.percent(20)) service.source_port = {1024, 30'000};
        out.push_back(service);
    }
    return out;
}

Policy some_policy(Chance& chance) {
    Policy out;
    out.program.tenant = model::TenantId(1);
    model::FirewallProgram& firewall = out.program.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside", "dmz"};
    for (std::size_t zone = 1; zone < NftWorld::zones; ++zone) {
        model::Attachment attachment;
        attachment.name = firewall.zones[zone];
        attachment.zone = static_cast<model::ZoneIndex>(zone);
        attachment.kind = model::AttachmentKind::vlan;
        attachment.vlan = static_cast<std::uint16_t>(10 + zone);
        attachment.next_hop_mac = {2, 0, 0, 0, 0, 1};
        attachment.prefixes = {prefix(NftWorld::networks4[zone]), prefix(NftWorld::networks6[zone])};
        for (const auto& own : attachment.prefixes) out.program.prefixes.push_back(own);
        firewall.attachments.push_back(attachment);
    }
    for (std::size_t i = 0, count = 1 + chance.below(most_rules); i < count; ++i) {
        model::FirewallRule rule;
        rule.name = fmt::format("rule-{}", i);
        rule.from = some_zones(chance);
        rule.to = some_zones(chance);
        rule.sources = some_prefixes(chance);
        rule.destinations = some_prefixes(chance);
        rule.services = some_services(chance);
        rule.action = chance.percent(60)   ? model::RuleAction::allow
                      : chance.percent(50) ? model::RuleAction::drop
                                           : model::RuleAction::reject;
        out.nft += nft_rule(rule);
        firewall.rules.push_back(std::move(rule));
    }
    out.nft = fmt::format(
        "table inet t {{\n chain forward {{ type filter hook forward priority 0; policy drop;\n"
        "udp dport {} accept\nct state established,related accept\nct state invalid drop\n{}}}\n}}",
        NftWorld::marker_port, out.nft);
    return out;
}

struct Step {
    std::size_t zone = 0;
    std::string text;
};

// What two hosts say to each other, in order. `number` is the client's port, which nobody else has.
class Conversation {
  public:
    Conversation(Chance& chance, std::uint16_t number) : number_(number) {
        client_ = chance.below(NftWorld::zones);
        server_ = (client_ + 1 + chance.below(NftWorld::zones - 1)) % NftWorld::zones;
        v6_ = chance.percent(50);
        a_ = v6_ ? chance.of(hosts6[client_]) : chance.of(hosts4[client_]);
        b_ = v6_ ? chance.of(hosts6[server_]) : chance.of(hosts4[server_]);
        port_ = chance.of(ports);
        switch (chance.below(4)) {
            case 0:
                icmp(chance);
                break;
            case 1:
                udp(chance);
                break;
            default:
                tcp(chance);
        }
        // Somebody who comes too late, or from nowhere.
        if (chance.percent(12) && steps_.size() > 1 && !ident_) steps_.erase(steps_.begin());
        if (chance.percent(8) && steps_.size() > 2) {
            unanswered_ = steps_[0].text.ends_with("syn seq 1000");
            steps_.erase(steps_.begin() + 1);
        }
    }
    // Ours may drop what the kernel lets pass, never the other way round.
    [[nodiscard]] bool unanswered() const { return unanswered_; }
    [[nodiscard]] bool ended() const { return next_ == steps_.size(); }
    [[nodiscard]] const Step& step() { return steps_[next_++]; }

  private:
    [[nodiscard]] std::string end(const std::string& address, std::uint16_t port) const {
        return v6_ ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
    }
    void say(bool by_client, const char* protocol, const std::string& words) {
        const std::string a = end(a_, number_);
        const std::string b = end(b_, port_);
        steps_.push_back(
            {by_client ? client_ : server_,
             fmt::format("{} {} > {} {}", protocol, by_client ? a : b, by_client ? b : a, words)});
    }
    void icmp(Chance& chance) {
        const char* protocol = v6_ ? "icmpv6" : "icmp";
        for (std::size_t n = 1 + chance.below(3); n > 0; --n) {
            steps_.push_back({client_, fmt::format("{} {} > {} type {}", protocol, a_, b_, v6_ ? 128 : 8)});
            steps_.push_back({server_, fmt::format("{} {} > {} type {}", protocol, b_, a_, v6_ ? 129 : 0)});
        }
        ident_ = true;
    }
    void udp(Chance& chance) {
        for (std::size_t n = 1 + chance.below(4); n > 0; --n) {
            say(true, "udp", "payload 20");
            if (chance.percent(60)) say(false, "udp", "payload 50");
        }
    }
    void tcp(Chance& chance) {
        say(true, "tcp", "syn seq 1000");
        if (chance.percent(10)) say(true, "tcp", "syn seq 1000");
        say(false, "tcp", "syn ack seq 5000 ack-number 1001");
        say(true, "tcp", "ack seq 1001 ack-number 5001");
        say(true, "tcp", "ack psh seq 1001 ack-number 5001 payload 100");
        if (chance.percent(15)) say(false, "tcp", "ack seq 1000000000 ack-number 1101 payload 10");
        say(false, "tcp", "ack psh seq 5001 ack-number 1101 payload 200");
        if (chance.percent(20)) return say(chance.percent(50), "tcp", "rst ack seq 900000 ack-number 1");
        say(true, "tcp", "fin ack seq 1101 ack-number 5201");
        say(false, "tcp", "fin ack seq 5201 ack-number 1102");
        say(true, "tcp", "ack seq 1102 ack-number 5202");
    }

    std::uint16_t number_;
    std::size_t client_ = 0, server_ = 0;
    bool v6_ = false;
    bool ident_ = false;
    bool unanswered_ = false;
    std::string a_, b_;
    std::uint16_t port_ = 0;
    std::vector<Step> steps_;
    std::size_t next_ = 0;

  public:
    // ICMP has no port: the identifier tells conversations apart.
    [[nodiscard]] std::vector<std::uint8_t> frame(const Step& step, bool tagged) const {
        const std::string tag = tagged && step.zone != 0 ? fmt::format(" vlan {}", 10 + step.zone) : "";
        auto made = packet::parse_packet_text(step.text + tag);
        if (!made) throw std::invalid_argument(step.text + tag + ": " + made.error().message());
        auto out = std::move(*made);
        if (!ident_) return out;
        const std::size_t at = (tag.empty() ? 14U : 18U) + (v6_ ? 40U : 20U);
        out[at + 4] = static_cast<std::uint8_t>(number_ >> 8U);
        out[at + 5] = static_cast<std::uint8_t>(number_);
        std::uint32_t sum = static_cast<std::uint32_t>(out[at + 2] << 8U | out[at + 3]);
        sum += 0xffffU - number_;  // the identifier was 0 (RFC 1624)
        sum = (sum & 0xffffU) + (sum >> 16U);
        out[at + 2] = static_cast<std::uint8_t>(sum >> 8U);
        out[at + 3] = static_cast<std::uint8_t>(sum);
        return out;
    }
};

const char* kernels(const std::vector<std::uint8_t>& sent, std::size_t zone,
                    const std::vector<NftWorld::Came>& came) {
    const packet::Key asked = packet::parse(sent);
    for (const auto& one : came) {
        const packet::Key key = packet::parse(one.frame);
        const bool same = key.source == asked.source && key.destination == asked.destination &&
                          key.protocol == asked.protocol && key.source_port == asked.source_port;
        if (one.zone != zone && same) return "pass";
        if (one.zone == zone && key.destination == asked.source) return "reject";
    }
    return "drop";
}

bool is_about_state(model::DropReason reason) {
    return reason == model::DropReason::tcp_state || reason == model::DropReason::tcp_window;
}

const char* ours(const dataplane::Outcome& outcome) {
    switch (outcome.verdict) {
        case model::Verdict::pass:
            return "pass";
        case model::Verdict::answer:
            return "reject";
        default:
            return "drop";
    }
}

struct Tally {
    int packets = 0;
    int unanswered = 0;  // of the second kind above
    std::map<std::string, int> verdicts;
    std::vector<std::string> differences;
};

void play(NftWorld& world, Chance& chance, std::uint16_t& number, Tally& tally) {
    const Policy policy = some_policy(chance);
    world.load(policy.nft);
    base::SeededRandom random(7);
    dataplane::Engine engine({}, random);
    base::Timestamp now = base::Timestamp(std::chrono::seconds(1'800'000'000));
    const auto loaded = engine.load({&policy.program, 1}, now);
    ASSERT_TRUE(loaded) << loaded.error().message();
    std::vector<Conversation> open;
    for (int i = 0; i < conversations_a_round; ++i) open.emplace_back(chance, number++);
    while (!open.empty()) {
        const std::size_t at = chance.below(open.size());
        Conversation& one = open[at];
        const Step step = one.step();
        const auto tagged = one.frame(step, true);
        const auto plain = one.frame(step, false);
        now += std::chrono::milliseconds(2);
        const std::span<const std::uint8_t> frame(tagged);
        const auto outcome = engine.process(
            now, {&frame, 1}, step.zone == 0 ? dataplane::Side::internet : dataplane::Side::customers)[0];
        const std::string own = ours(outcome);
        const std::string other = kernels(plain, step.zone, world.send(step.zone, plain));
        ++tally.packets;
        ++tally.verdicts[own];
        if (own != other && one.unanswered() && own == "drop" && is_about_state(outcome.reason)) {
            ++tally.unanswered;
        } else if (own != other) {
            tally.differences.push_back(fmt::format("{}: ours {} ({}, rule '{}'), the kernel {}", step.text,
                                                    own, model::info(outcome.reason).name, outcome.rule,
                                                    other));
        }
        if (one.ended()) open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
    }
}

}  // namespace

TEST(NftDifferential, TheSameRulesGiveTheSameVerdicts) {
    if (const std::string reason = NftWorld::missing(); !reason.empty()) GTEST_SKIP() << reason;
    // A frame and its marker are delivered in one processor's order.
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
    (void)sched_setaffinity(0, sizeof one, &one);
    NftWorld world(std::to_string(::getpid()));
    const std::uint64_t seed = 20'261'121;
    Chance chance(seed);
    Tally tally;
    std::uint16_t number = 10'000;
    for (int round = 0; round < rounds; ++round) {
        play(world, chance, number, tally);
        if (HasFatalFailure()) return;
    }
    std::printf(
        "%d packets: %d passed, %d dropped, %d rejected; %d after an unanswered SYN, %zu other differences\n",
        tally.packets, tally.verdicts["pass"], tally.verdicts["drop"], tally.verdicts["reject"],
        tally.unanswered, tally.differences.size());
    EXPECT_GT(tally.packets, 3000);
    for (const char* verdict : {"pass", "drop", "reject"}) EXPECT_GT(tally.verdicts[verdict], 200) << verdict;
    std::string told;
    for (std::size_t i = 0; i < std::min<std::size_t>(40, tally.differences.size()); ++i)
        told += tally.differences[i] + "\n";
    EXPECT_TRUE(tally.differences.empty()) << "seed " << seed << "\n" << told;
}

}  // namespace sluice::integration
