// The same address translation as nftables and as a tenant's NAT, and the same conversations through both:
// hosts behind a pool, forwarded ports, one-to-one, hairpin, datagrams in pieces, ICMP errors about
// translated packets; TCP, UDP, ICMP, both families. What a server hears and what a client is told must be
// the same, but for the port that a pool gives, which each chooses.
//
// Wanted differences, not tried: pieces that arrive before the first one and datagrams of which one is
// missing (the kernel holds and puts together, ours passes what it can judge).
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <regex>

#include "chance.hpp"
#include "dataplane/engine.hpp"
#include "net/big_endian.hpp"
#include "nft_world.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"
#include "pieces.hpp"

namespace sluice::integration {
namespace {

constexpr int rounds = 10;
constexpr int conversations_a_round = 40;
constexpr std::size_t internet = 0, inside = 1, dmz = 2;

// The parts that addresses play, in one family.
struct Addresses {
    const char *client, *other_client;  // on the internet
    const char *pc, *other_pc;          // inside, behind the pool
    const char *own, *own_outside;      // inside, with an address of its own outside
    const char* server;                 // in the DMZ, behind forwarded ports of
    const char* published;
    const char* pool;
};
constexpr Addresses addresses[2] = {
    {"60.0.0.10", "60.0.0.77", "10.1.0.10", "10.1.0.77", "10.1.0.20", "203.0.113.20", "10.2.0.10",
     "203.0.113.9", "203.0.113.77"},
    {"2001:db8:f::10", "2001:db8:f::77", "2001:db8:1:1::10", "2001:db8:1:1::77", "2001:db8:1:1::20",
     "2001:db8:cc::20", "2001:db8:1:2::10", "2001:db8:cc::9", "2001:db8:cc::77"}};

net::Prefix prefix(const char* text) {
    return net::Prefix::parse(text).value();
}

// Rules between zones, said twice; what is translated is always the same.
struct Policy {
    model::TenantProgram program;
    std::string nft;
};

std::string nft_nat(bool v6) {
    const Addresses& a = addresses[v6 ? 1 : 0];
    const char* ip = v6 ? "ip6" : "ip";
    const auto at = [&](std::uint16_t port) {
        return v6 ? fmt::format("[{}]:{}", a.server, port) : fmt::format("{}:{}", a.server, port);
    };
    return fmt::format(
        " chain before{0} {{ type nat hook prerouting priority dstnat;\n"
        "{0} daddr {1} tcp dport 443 dnat {0} to {2}\n{0} daddr {1} udp dport 53 dnat {0} to {3}\n"
        "{0} daddr {4} dnat {0} to {5}\n }}\n"
        " chain behind{0} {{ type nat hook postrouting priority srcnat;\n"
        "{0} saddr {5} oifname \"z0\" snat {0} to {4}\n{0} saddr {5} ct status dnat snat {0} to {4}\n"
        "{0} saddr {6} oifname \"z0\" snat {0} to {7}\n{0} saddr {6} ct status dnat snat {0} to {7}\n }}\n",
        ip, a.published, at(8443), at(53), a.own_outside, a.own,
        v6 ? NftWorld::networks6[inside] : NftWorld::networks4[inside], a.pool);
}

void add_nat(bool v6, model::FirewallProgram& firewall) {
    const Addresses& a = addresses[v6 ? 1 : 0];
    const char* family = v6 ? "6" : "4";
    model::NatRule own;
    own.name = fmt::format("own{}", family);
    own.kind = model::NatKind::one_to_one;
    own.match = {prefix(a.own_outside)};
    own.translated = {prefix(a.own)};
    firewall.nat.push_back(own);
    for (const bool web : {true, false}) {
        model::NatRule forwarded;
        forwarded.name = fmt::format("{}{}", web ? "web" : "names", family);
        forwarded.kind = model::NatKind::destination;
        forwarded.match = {prefix(a.published)};
        forwarded.service.protocol = web ? 6 : 17;
        const std::uint16_t port = web ? 443 : 53;
        forwarded.service.destination_port = {port, port};
        forwarded.translated = {prefix(a.server)};
        forwarded.translated_port = web ? 8443 : 0;
        firewall.nat.push_back(forwarded);
    }
    model::NatRule pool;
    pool.name = fmt::format("pool{}", family);
    pool.kind = model::NatKind::source;
    pool.from = {static_cast<model::ZoneIndex>(inside)};
    pool.to = {model::internet_zone};
    pool.match = {prefix(v6 ? NftWorld::networks6[inside] : NftWorld::networks4[inside])};
    pool.translated = {prefix(a.pool)};
    firewall.nat.push_back(pool);
}

Policy some_policy(Chance& chance) {
    Policy out;
    out.program.tenant = model::TenantId(1);
    model::FirewallProgram& firewall = out.program.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside", "dmz"};
    out.program.prefixes = {prefix("203.0.113.0/24"), prefix("2001:db8:cc::/64"),
                            prefix(NftWorld::networks4[dmz]), prefix(NftWorld::networks6[dmz])};
    for (const std::size_t zone : {inside, dmz}) {
        model::Attachment attachment;
        attachment.name = firewall.zones[zone];
        attachment.zone = static_cast<model::ZoneIndex>(zone);
        attachment.kind = model::AttachmentKind::vlan;
        attachment.vlan = static_cast<std::uint16_t>(10 + zone);
        attachment.next_hop_mac = {2, 0, 0, 0, 0, 1};
        attachment.prefixes = {prefix(NftWorld::networks4[zone]), prefix(NftWorld::networks6[zone])};
        firewall.attachments.push_back(attachment);
    }
    for (std::size_t from = 0; from < NftWorld::zones; ++from) {
        for (std::size_t to = 0; to < NftWorld::zones; ++to) {
            if (from == to) continue;
            model::FirewallRule rule;
            rule.name = fmt::format("{}-{}", from, to);
            rule.from = {static_cast<model::ZoneIndex>(from)};
            rule.to = {static_cast<model::ZoneIndex>(to)};
            const bool allows = chance.percent(75);
            rule.action = allows ? model::RuleAction::allow : model::RuleAction::drop;
            out.nft +=
                fmt::format("iifname \"z{}\" oifname \"z{}\" {}\n", from, to, allows ? "accept" : "drop");
            firewall.rules.push_back(std::move(rule));
        }
    }
    for (const bool v6 : {false, true}) add_nat(v6, firewall);
    out.nft = fmt::format(
        "table inet t {{\n chain forward {{ type filter hook forward priority 0; policy drop;\n"
        "udp dport {} accept\nct state established,related accept\nct state invalid drop\n{} }}\n{}{}}}",
        NftWorld::marker_port, out.nft, nft_nat(false), nft_nat(true));
    return out;
}

// What came out of one of the two for what was put in: a whole frame, and where.
struct Heard {
    std::size_t zone = 0;
    Bytes frame;
};

class Box {
  public:
    virtual ~Box() = default;
    // The pieces of one datagram.
    [[nodiscard]] virtual std::optional<Heard> pass(std::size_t zone, const std::vector<Bytes>& pieces) = 0;
};

class Kernel final : public Box {
  public:
    Kernel(NftWorld& world, const Policy& policy) : world_(world) { world_.load(policy.nft); }

    std::optional<Heard> pass(std::size_t zone, const std::vector<Bytes>& pieces) override {
        std::array<std::vector<Bytes>, NftWorld::zones> out;
        for (const Bytes& piece : pieces) {
            for (auto& came : world_.send(zone, piece)) {
                if (!is_its_own(came.frame)) out[came.zone].push_back(std::move(came.frame));
            }
        }
        for (std::size_t to = 0; to < out.size(); ++to) {
            if (to == zone || out[to].empty()) continue;
            if (Bytes whole = join(out[to]); !whole.empty()) return Heard{to, std::move(whole)};
        }
        return std::nullopt;
    }

  private:
    // What the router says for itself (RFC 3810, RFC 4861) to a group on the link.
    static bool is_its_own(const Bytes& frame) {
        const packet::Key key = packet::parse(frame);
        return key.has(packet::key_ipv6) && key.destination.bytes()[0] == 0xff;
    }

    NftWorld& world_;
};

class Sluice final : public Box {
  public:
    explicit Sluice(const Policy& policy) : engine_({}, random_) {
        const auto loaded = engine_.load({&policy.program, 1}, now_);
        EXPECT_TRUE(loaded) << loaded.error().message();
    }

    std::optional<Heard> pass(std::size_t zone, const std::vector<Bytes>& pieces) override {
        now_ += std::chrono::milliseconds(2);
        std::vector<Bytes> out;
        std::size_t to = 0;
        for (const Bytes& piece : pieces) {
            const Bytes tagged = with_tag(piece, zone);
            const std::span<const std::uint8_t> frame(tagged);
            const auto side = zone == internet ? dataplane::Side::internet : dataplane::Side::customers;
            const dataplane::Outcome outcome = engine_.process(now_, {&frame, 1}, side)[0];
            why_ = model::info(outcome.reason).name;
            if (outcome.verdict != model::Verdict::pass) return std::nullopt;
            out.emplace_back(outcome.frame.begin(), outcome.frame.end());
            to = outcome.to == dataplane::Side::internet ? internet : packet::parse(out.back()).vlan - 10U;
        }
        Bytes whole = join(out);
        if (whole.empty()) return std::nullopt;
        return Heard{to, std::move(whole)};
    }
    [[nodiscard]] const std::string& why() const { return why_; }

  private:
    static Bytes with_tag(Bytes frame, std::size_t zone) {
        if (zone == internet) return frame;
        frame.insert(frame.begin() + 12, {0x81, 0x00, 0, static_cast<std::uint8_t>(10 + zone)});
        return frame;
    }

    base::SeededRandom random_{7};
    dataplane::Engine engine_;
    base::Timestamp now_ = base::Timestamp(std::chrono::seconds(1'800'000'000));
    std::string why_;
};

// Who speaks, and what; the server's words are those to whom it heard in its own world.
struct Said {
    bool by_client = true;
    bool error = false;  // instead: an ICMP error about what was heard last
    std::string words;
    bool in_pieces = false;
};

class Conversation {
  public:
    Conversation(Chance& chance, std::uint16_t number) : number_(number), v6_(chance.percent(50)) {
        const Addresses& a = addresses[v6_ ? 1 : 0];
        server_port_ = 9'000;
        switch (chance.below(7)) {
            case 0:  // behind the pool
                begin(inside, chance.percent(50) ? a.pc : a.other_pc, a.client);
                any(chance);
                break;
            case 1:
                begin(inside, a.own, a.client);
                any(chance);
                break;
            case 2:
                begin(internet, chance.percent(50) ? a.client : a.other_client, a.own_outside);
                any(chance);
                break;
            case 3:  // forwarded
                begin(internet, chance.percent(50) ? a.client : a.other_client, a.published);
                forwarded(chance);
                break;
            case 4:  // hairpin
                begin(inside, chance.percent(30) ? a.own : a.pc, a.published);
                forwarded(chance);
                break;
            case 5:
                begin(dmz, a.server, a.own_outside);
                any(chance);
                break;
            default:  // nobody is asked for there
                begin(internet, a.client, chance.percent(50) ? a.pool : a.published);
                server_port_ = static_cast<std::uint16_t>(2'000 + chance.below(30'000));
                chance.percent(50) ? udp(chance) : tcp();
        }
    }

    [[nodiscard]] bool ended() const { return next_ == said_.size(); }
    [[nodiscard]] const Said& say() { return said_[next_++]; }

    // The frames of what is said, in a world where `last` was what the server heard last.
    [[nodiscard]] std::vector<Bytes> frames(const Said& said, const std::optional<Heard>& last) const {
        if (said.by_client) return finish(said, text(client_, number_, server_, server_port_, said.words));
        const packet::Key key = packet::parse(last->frame);
        const std::string from = key.destination.to_string();
        const std::string to = key.source.to_string();
        if (said.error) {
            // As it was heard, one hop further back.
            std::string about = packet::describe_packet(last->frame);
            return {packet::parse_packet_text(fmt::format("{} {} > {} type {} code {} about {}",
                                                          v6_ ? "icmpv6" : "icmp", from, to, v6_ ? 1 : 3,
                                                          v6_ ? 4 : 3, about))
                        .value()};
        }
        if (protocol_[0] == 'i') {
            const std::uint16_t id = net::get16(last->frame.data() + key.l4_offset + 4);
            return {packet::parse_packet_text(fmt::format("{} {} > {} type {} identifier {}", protocol_, from,
                                                          to, v6_ ? 129 : 0, id))
                        .value()};
        }
        return finish(said, text(from, key.destination_port, to, key.source_port, said.words));
    }
    [[nodiscard]] std::size_t client_zone() const { return client_zone_; }

    // What the client's packet is where it arrives, but for the port that a pool gave.
    [[nodiscard]] std::string comparable(const Bytes& frame) const {
        std::string text = packet::describe_packet(frame);
        const std::string pool = addresses[v6_ ? 1 : 0].pool;
        if (packet::parse(frame).source.to_string() != pool) return text;
        text = std::regex_replace(text, std::regex(" identifier [0-9]+"), " identifier any");
        return std::regex_replace(text, std::regex("(\\]|[0-9]):[0-9]+ >"), "$1:any >");
    }

  private:
    void begin(std::size_t zone, const char* client, const char* server) {
        client_zone_ = zone;
        client_ = client;
        server_ = server;
    }
    [[nodiscard]] std::string end(const std::string& address, std::uint16_t port) const {
        return v6_ ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
    }
    [[nodiscard]] std::string text(const std::string& from, std::uint16_t from_port, const std::string& to,
                                   std::uint16_t to_port, const std::string& words) const {
        if (protocol_[0] == 'i') {
            return fmt::format("{} {} > {} type {} identifier {}", protocol_, from, to, v6_ ? 128 : 8,
                               from_port);
        }
        return fmt::format("{} {} > {} {}", protocol_, end(from, from_port), end(to, to_port), words);
    }
    [[nodiscard]] std::vector<Bytes> finish(const Said& said, const std::string& text) const {
        Bytes frame = packet::parse_packet_text(text).value();
        if (!said.in_pieces) return {std::move(frame)};
        return cut(frame, 1'024, static_cast<std::uint16_t>(number_ + next_));
    }

    void any(Chance& chance) {
        switch (chance.below(3)) {
            case 0:
                return udp(chance);
            case 1:
                return tcp();
            default:
                protocol_ = v6_ ? "icmpv6" : "icmp";
                said_ = {{true, false, "", false}, {false, false, "", false}, {true, false, "", false}};
        }
    }
    void forwarded(Chance& chance) {
        const bool web = chance.percent(50);
        server_port_ = web ? 443 : 53;
        return web ? tcp() : udp(chance);
    }
    void udp(Chance& chance) {
        protocol_ = "udp";
        for (std::size_t n = 2 + chance.below(3); n > 0; --n) {
            for (const bool by_client : {true, false}) {
                const bool in_pieces = chance.percent(40);
                const std::size_t bytes = in_pieces ? 1'500 + chance.below(1'500) : 20;
                said_.push_back({by_client, false, fmt::format("payload {}", bytes), in_pieces});
            }
        }
        if (chance.percent(40)) {
            said_.push_back({true, false, "payload 20", false});
            said_.push_back({false, true, "", false});
        }
    }
    void tcp() {
        protocol_ = "tcp";
        said_ = {{true, false, "syn seq 1000", false},
                 {false, false, "syn ack seq 5000 ack-number 1001", false},
                 {true, false, "ack seq 1001 ack-number 5001", false},
                 {true, false, "ack psh seq 1001 ack-number 5001 payload 100", false},
                 {false, false, "ack psh seq 5001 ack-number 1101 payload 200", false},
                 {true, false, "fin ack seq 1101 ack-number 5201", false},
                 {false, false, "fin ack seq 5201 ack-number 1102", false},
                 {true, false, "ack seq 1102 ack-number 5202", false}};
    }

    std::uint16_t number_;
    bool v6_;
    std::size_t client_zone_ = 0;
    std::string client_, server_, protocol_ = "udp";
    std::uint16_t server_port_ = 0;
    std::vector<Said> said_;
    std::size_t next_ = 0;

  public:
    std::array<std::optional<Heard>, 2> heard;  // by the server, last; in each world
};

struct Tally {
    std::map<std::string, int> counts;
    std::vector<std::string> differences;
};

std::string shown(const std::optional<Heard>& heard) {
    return heard ? fmt::format("zone {}: {}", heard->zone, packet::describe_packet(heard->frame)) : "nothing";
}

void say_next(Conversation& it, std::array<Box*, 2> boxes, const Sluice& sluice, Tally& tally) {
    const Said said = it.say();
    if (!said.by_client && !(it.heard[0] && it.heard[1])) return;  // nobody to answer, or told already
    std::array<std::optional<Heard>, 2> out;
    std::string question;
    for (std::size_t n = 0; n < boxes.size(); ++n) {
        const auto frames = it.frames(said, it.heard[n]);
        const std::size_t zone = said.by_client ? it.client_zone() : it.heard[n]->zone;
        question = packet::describe_packet(frames[0]);
        out[n] = boxes[n]->pass(zone, frames);
    }
    ++tally.counts["datagrams"];
    ++tally.counts[out[0] ? "passed" : "dropped"];
    if (out[0] && said.in_pieces) ++tally.counts["in pieces"];
    if (out[0] && said.error) ++tally.counts["errors"];
    if (out[0] && said.by_client && it.comparable(out[0]->frame).find("any") != std::string::npos)
        ++tally.counts["by the pool"];
    bool same = out[0].has_value() == out[1].has_value();
    if (same && out[0]) {
        const auto text = [&](const Heard& one) {
            return said.by_client ? it.comparable(one.frame) : packet::describe_packet(one.frame);
        };
        same = out[0]->zone == out[1]->zone && text(*out[0]) == text(*out[1]) &&
               has_right_checksum(out[0]->frame) && has_right_checksum(out[1]->frame);
    }
    if (!same) {
        tally.differences.push_back(fmt::format("{}{}: ours {} ({}), the kernel {}", question,
                                                said.in_pieces ? " …" : "", shown(out[0]), sluice.why(),
                                                shown(out[1])));
    }
    if (said.by_client) it.heard = out;
}

void play(NftWorld& world, Chance& chance, std::uint16_t& number, Tally& tally) {
    const Policy policy = some_policy(chance);
    Kernel kernel(world, policy);
    Sluice sluice(policy);
    std::vector<Conversation> open;
    for (int i = 0; i < conversations_a_round; ++i) open.emplace_back(chance, number++);
    while (!open.empty()) {
        const std::size_t at = chance.below(open.size());
        say_next(open[at], {&sluice, &kernel}, sluice, tally);
        if (open[at].ended()) open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
    }
}

}  // namespace

TEST(NftNat, TheSameTranslationsAreHeardAtBothEnds) {
    if (const std::string reason = NftWorld::missing(); !reason.empty()) GTEST_SKIP() << reason;
    // A frame and its marker are delivered in one processor's order.
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
    (void)sched_setaffinity(0, sizeof one, &one);
    NftWorld world("nat-" + std::to_string(::getpid()));
    const std::uint64_t seed = 20'261'121;
    Chance chance(seed);
    Tally tally;
    std::uint16_t number = 20'000;
    for (int round = 0; round < rounds; ++round) {
        play(world, chance, number, tally);
        if (HasFatalFailure()) return;
    }
    for (const auto& [name, count] : tally.counts) std::printf("%s %d, ", name.c_str(), count);
    std::printf("%zu differences\n", tally.differences.size());
    EXPECT_GT(tally.counts["datagrams"], 1'000);
    for (const char* kind : {"passed", "dropped", "in pieces", "by the pool"})
        EXPECT_GT(tally.counts[kind], 100) << kind;
    EXPECT_GT(tally.counts["errors"], 20);
    std::string told;
    for (std::size_t i = 0; i < std::min<std::size_t>(40, tally.differences.size()); ++i)
        told += tally.differences[i] + "\n";
    EXPECT_TRUE(tally.differences.empty()) << "seed " << seed << "\n" << told;
}

}  // namespace sluice::integration
