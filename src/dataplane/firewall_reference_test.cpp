// A firewall with NAT against a plain, slow judge on random programs and packets: rules in a list, flows in a
// map, one packet at a time. UDP, whose flows have no state but who was first; TCP's is compared in
// flow/flow_model_test.cpp. What a pool gives is taken from the engine's own answers, and must be free.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>

#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/engine.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

using model::DropReason;
using model::NatKind;
using model::Verdict;

constexpr std::size_t internet = 0;
constexpr std::size_t networks = 4;  // the internet and three of the customer's

struct Tuple {
    net::Address source, destination;
    std::uint16_t source_port = 0, destination_port = 0;

    [[nodiscard]] Tuple reversed() const { return {destination, source, destination_port, source_port}; }
    bool operator==(const Tuple&) const = default;
};

struct Expected {
    Verdict verdict = Verdict::drop;
    DropReason reason = DropReason::none;
    std::size_t to = internet;
    Tuple out;
    bool any_port = false;  // the source is one of the pool's, with a port of its choice
};

class Addresses {
  public:
    explicit Addresses(bool ipv6) : ipv6_(ipv6) {}

    // Host 1… of a network; of the internet those that are nobody's.
    [[nodiscard]] net::Address host(std::size_t network, unsigned number) const {
        if (network == internet) return make(ipv6_ ? "2001:db8:f:1::" : "198.18.0.", number);
        return make((ipv6_ ? "2001:db8:3:" : "10.") + std::to_string(network) + (ipv6_ ? "::" : ".0."),
                    number);
    }
    // Of the customer's prefix, in none of his networks.
    [[nodiscard]] net::Address open(unsigned number) const {
        return make(ipv6_ ? "2001:db8:3:ff::" : "203.0.113.", number);
    }
    [[nodiscard]] net::Prefix site() const {
        return *net::Prefix::parse(ipv6_ ? "2001:db8:3::/48" : "203.0.113.0/24");
    }
    [[nodiscard]] net::Prefix network(std::size_t number) const {
        return *net::Prefix::parse(ipv6_ ? "2001:db8:3:" + std::to_string(number) + "::/64"
                                         : "10." + std::to_string(number) + ".0.0/24");
    }
    [[nodiscard]] std::size_t network_of(const net::Address& address) const {
        for (std::size_t i = 1; i < networks; ++i) {
            if (network(i).contains(address)) return i;
        }
        return internet;
    }

  private:
    [[nodiscard]] static net::Address make(const std::string& start, unsigned number) {
        return *net::Address::parse(start + std::to_string(number));
    }
    bool ipv6_;
};

// An operator's tables as lines.
struct Lines {
    using List = std::vector<std::pair<net::Prefix, std::string>>;
    std::optional<List> countries;  // nothing: there is no table
    std::optional<List> reputations;

    [[nodiscard]] bool holds(const model::AttributeMatch& match, const net::Address& address) const {
        if (!match.countries.empty()) {
            if (!countries) return false;
            const std::pair<net::Prefix, std::string>* longest = nullptr;
            for (const auto& line : *countries) {
                if (line.first.contains(address) &&
                    (longest == nullptr || line.first.bits() > longest->first.bits()))
                    longest = &line;
            }
            const std::string country = longest == nullptr ? "ZZ" : longest->second;
            const bool named =
                std::find(match.countries.begin(), match.countries.end(), country) != match.countries.end();
            if (named == match.other_countries) return false;
        }
        return match.reputations.empty() ||
               (reputations && std::ranges::any_of(*reputations, [&](const auto& line) {
                    return line.first.contains(address) &&
                           std::ranges::find(match.reputations, line.second) != match.reputations.end();
                }));
    }
    // As a gateway has them.
    [[nodiscard]] attributes::Tables tables() const {
        attributes::Tables out;
        const auto text = [](std::string header, const List& list) {
            for (const auto& [prefix, value] : list) header += prefix.to_string() + "," + value + "\n";
            return header;
        };
        if (countries)
            out.countries = std::make_shared<attributes::CountryTable>(
                attributes::read_countries(text("prefix,country\n", *countries), "c").value());
        if (reputations)
            out.reputations = std::make_shared<attributes::ReputationTable>(
                attributes::read_reputations(text("prefix,tags\n", *reputations), "r").value());
        return out;
    }
};

// Obvious rather than fast.
class Judge {
  public:
    explicit Judge(const Addresses& addresses) : addresses_(addresses) {}

    void set(const model::TenantProgram& program, const Lines& lines) {
        program_ = program;
        lines_ = lines;
    }
    void forget() { flows_.clear(); }

    [[nodiscard]] Expected judge(std::size_t from, const Tuple& tuple) {
        if (from == internet && !addresses_.site().contains(tuple.destination))
            return drop(DropReason::unknown_destination);
        const auto known = find(tuple);
        if (known == flows_.end()) return open(from, tuple);
        if (!still_allowed(*known)) {
            flows_.erase(known);
            return drop(DropReason::policy_changed);
        }
        const bool answer = !(known->original == tuple);
        if (from != addresses_.network_of(answer ? known->translated.destination : known->original.source))
            return drop(DropReason::spoofed_source);
        Expected out{Verdict::pass, DropReason::none, addresses_.network_of(known->translated.destination),
                     known->translated, false};
        if (!answer) return out;
        out.to = addresses_.network_of(known->original.source);
        out.out = known->original.reversed();
        return out;
    }

    // What the engine has made of a packet that opened a flow.
    void opened(const Tuple& tuple, const Tuple& translated) { flows_.push_back({tuple, translated}); }
    [[nodiscard]] bool is_free(const Tuple& translated) const {
        return std::none_of(flows_.begin(), flows_.end(), [&](const Flow& flow) {
            return flow.translated.source == translated.source &&
                   flow.translated.source_port == translated.source_port;
        });
    }

  private:
    struct Flow {
        Tuple original, translated;
    };
    using Flows = std::vector<Flow>;

    static Expected drop(DropReason reason) { return {Verdict::drop, reason, internet, {}, false}; }

    [[nodiscard]] Flows::iterator find(const Tuple& tuple) {
        return std::find_if(flows_.begin(), flows_.end(), [&](const Flow& flow) {
            return flow.original == tuple || flow.translated.reversed() == tuple;
        });
    }

    // Zone n is network n.
    static bool lists(const std::vector<model::ZoneIndex>& zones, std::size_t zone) {
        return zones.empty() || std::find(zones.begin(), zones.end(), zone) != zones.end();
    }
    static bool lists(const std::vector<net::Prefix>& prefixes, const net::Address& address) {
        return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(),
                                               [&](const auto& one) { return one.contains(address); });
    }
    [[nodiscard]] bool is_end(const std::vector<net::Prefix>& prefixes,
                              const std::vector<model::AttributeMatch>& matches,
                              const net::Address& address) const {
        if (matches.empty()) return lists(prefixes, address);
        return (!prefixes.empty() && lists(prefixes, address)) ||
               std::ranges::any_of(matches, [&](const auto& match) { return lines_.holds(match, address); });
    }
    static bool serves(const model::ServiceMatch& service, const Tuple& tuple) {
        return (service.protocol == 0 || service.protocol == 17) &&
               tuple.destination_port >= service.destination_port.first &&
               tuple.destination_port <= service.destination_port.last;
    }

    [[nodiscard]] const model::FirewallRule* rule_for(const Tuple& tuple, std::size_t from,
                                                      std::size_t to) const {
        for (const auto& rule : program_.firewall.rules) {
            const bool service =
                rule.services.empty() || std::any_of(rule.services.begin(), rule.services.end(),
                                                     [&](const auto& one) { return serves(one, tuple); });
            if (lists(rule.from, from) && lists(rule.to, to) &&
                is_end(rule.sources, rule.source_is, tuple.source) &&
                is_end(rule.destinations, rule.destination_is, tuple.destination) && service)
                return &rule;
        }
        return nullptr;
    }

    [[nodiscard]] Tuple with_server(Tuple tuple, std::size_t from) const {
        for (const auto& rule : program_.firewall.nat) {
            if (rule.kind != NatKind::destination && rule.kind != NatKind::one_to_one) continue;
            if (from != internet && !rule.hairpin) continue;
            if (!lists(rule.match, tuple.destination)) continue;
            if (rule.kind == NatKind::destination && !serves(rule.service, tuple)) continue;
            tuple.destination = rule.translated[0].address();
            if (rule.kind == NatKind::destination && rule.translated_port != 0) {
                tuple.destination_port = static_cast<std::uint16_t>(
                    rule.translated_port + tuple.destination_port - rule.service.destination_port.first);
            }
            return tuple;
        }
        return tuple;
    }

    // The rule that says what becomes of the source; nullptr: none does.
    [[nodiscard]] const model::NatRule* source_rule(const net::Address& source, std::size_t from,
                                                    std::size_t to) const {
        for (const auto& rule : program_.firewall.nat) {
            if (rule.kind == NatKind::destination) continue;
            if (rule.kind == NatKind::one_to_one) {
                if (to == internet && lists(rule.translated, source)) return &rule;
            } else if (lists(rule.from, from) && lists(rule.to, to) && lists(rule.match, source)) {
                return &rule;
            }
        }
        return nullptr;
    }
    [[nodiscard]] const model::NatRule* source_rule(const Tuple& tuple, const Tuple& towards,
                                                    std::size_t from) const {
        const bool hairpin = from != internet && !(towards.destination == tuple.destination);
        return source_rule(tuple.source, from,
                           hairpin ? internet : addresses_.network_of(towards.destination));
    }

    [[nodiscard]] Expected open(std::size_t from, const Tuple& tuple) {
        if (addresses_.network_of(tuple.source) != from) return drop(DropReason::spoofed_source);
        Tuple towards = with_server(tuple, from);
        const std::size_t to = addresses_.network_of(towards.destination);
        if (from == internet && to == internet) return drop(DropReason::no_route);
        const auto* rule = rule_for(tuple, from, to);
        if (rule == nullptr) return drop(DropReason::no_rule);
        if (rule->action == model::RuleAction::drop) return drop(DropReason::rule_drop);
        const auto* nat = source_rule(tuple, towards, from);
        Expected out{Verdict::pass, DropReason::none, to, towards, false};
        if (nat != nullptr && nat->kind == NatKind::source) {
            out.any_port = true;
            out.out.source = nat->translated[0].address();
            return out;
        }
        if (nat != nullptr && nat->kind == NatKind::one_to_one) out.out.source = nat->match[0].address();
        // Its answers would be taken for packets of another flow.
        if (find(out.out.reversed()) != flows_.end()) return drop(DropReason::nat_exhausted);
        opened(tuple, out.out);
        return out;
    }

    // A new flow would be allowed, with the same addresses; a port of a pool stays.
    [[nodiscard]] bool still_allowed(const Flow& flow) const {
        const std::size_t from = addresses_.network_of(flow.original.source);
        const Tuple towards = with_server(flow.original, from);
        const std::size_t to = addresses_.network_of(towards.destination);
        if (from == internet && to == internet) return false;
        if (!(towards.destination == flow.translated.destination) ||
            towards.destination_port != flow.translated.destination_port)
            return false;
        const auto* nat = source_rule(flow.original, towards, from);
        net::Address source = flow.original.source;
        if (nat != nullptr && nat->kind == NatKind::source) source = nat->translated[0].address();
        if (nat != nullptr && nat->kind == NatKind::one_to_one) source = nat->match[0].address();
        if (!(source == flow.translated.source)) return false;
        const auto* rule = rule_for(flow.original, from, to);
        return rule != nullptr && rule->action == model::RuleAction::allow;
    }

    const Addresses& addresses_;
    model::TenantProgram program_;
    Lines lines_;
    Flows flows_;
};

class World {
  public:
    World(std::uint64_t seed, bool ipv6)
        : random_(seed), addresses_(ipv6), judge_(addresses_), engine_({256, 64, 64, 32'768}, random_) {}

    void run(int packets) {
        change_program();
        change_tables();
        for (int i = 0; i < packets && !::testing::Test::HasFailure(); ++i) {
            now_ += std::chrono::milliseconds(5);
            if (below(400) == 0) change_program();
            if (below(500) == 0) change_tables();
            if (below(300) == 0) {
                now_ += std::chrono::hours(1);  // everything is over
                judge_.forget();
                recent_.clear();
            }
            packet();
        }
    }
    [[nodiscard]] const std::map<std::string, int>& seen() const { return seen_; }

  private:
    unsigned below(unsigned limit) { return static_cast<unsigned>(random_.next() % limit); }
    std::uint16_t port() { return static_cast<std::uint16_t>(1 + below(3)); }

    std::vector<model::ZoneIndex> some_zones() {
        if (below(3) == 0) return {};
        return {static_cast<model::ZoneIndex>(below(networks))};
    }
    std::vector<net::Prefix> some_hosts() {
        if (below(2) == 0) return {};
        const net::Address address = below(3) == 0 ? addresses_.open(1 + below(4)) : any_host();
        return {net::Prefix::host(address)};
    }
    net::Address any_host() { return addresses_.host(below(networks), 1 + below(3)); }
    net::Address inside_host() { return addresses_.host(1 + below(networks - 1), 1 + below(3)); }

    void change_program() {
        model::TenantProgram program;
        program.tenant = model::TenantId(1);
        program.prefixes = {addresses_.site()};
        auto& firewall = program.firewall;
        firewall.enabled = true;
        firewall.zones = {"internet", "a", "b", "c"};
        for (std::size_t i = 1; i < networks; ++i) {
            model::Attachment attachment;
            attachment.name = firewall.zones[i];
            attachment.zone = static_cast<model::ZoneIndex>(i);
            attachment.kind = model::AttachmentKind::vlan;
            attachment.vlan = static_cast<std::uint16_t>(i * 10);
            attachment.next_hop_mac = {2, 0, 0, 0, 0, 1};
            attachment.prefixes = {addresses_.network(i)};
            firewall.attachments.push_back(attachment);
        }
        for (unsigned i = below(7); i-- > 0;) firewall.rules.push_back(some_rule(i));
        if (below(2) == 0) {
            model::FirewallRule all;
            all.name = "all";
            all.action = model::RuleAction::allow;
            firewall.rules.push_back(all);
        }
        for (unsigned i = below(5); i-- > 0;) firewall.nat.push_back(some_nat(i));
        program_ = program;
        load();
    }
    void load() {
        judge_.set(program_, lines_);
        const auto loaded = engine_.load({&program_, 1}, now_);
        ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
    }

    // A table, another one, or none; the program stays.
    void change_tables() {
        const auto some_lines = [&](auto value) {
            Lines::List list;
            std::vector<net::Prefix> seen;
            for (unsigned i = below(8); i-- > 0;) {
                const net::Prefix prefix = below(3) == 0   ? addresses_.network(1 + below(networks - 1))
                                           : below(4) == 0 ? addresses_.site()
                                                           : net::Prefix::host(any_host());
                if (std::find(seen.begin(), seen.end(), prefix) != seen.end()) continue;
                seen.push_back(prefix);
                list.emplace_back(prefix, value());
            }
            return list;
        };
        lines_ = {};
        if (below(5) != 0) lines_.countries = some_lines([&] { return below(2) == 0 ? "DE" : "RU"; });
        if (below(5) != 0) lines_.reputations = some_lines([&] { return below(2) == 0 ? "bad" : "worse"; });
        engine_.set_attributes(lines_.tables());
        load();
        ++seen_["tables"];
    }
    std::vector<model::AttributeMatch> some_matches() {
        std::vector<model::AttributeMatch> out;
        for (unsigned i = below(6) == 0 ? 2 : below(3) == 0 ? 1 : 0; i-- > 0;) {
            model::AttributeMatch& match = out.emplace_back();
            if (below(3) != 0) match.countries = {below(2) == 0 ? "DE" : below(2) == 0 ? "RU" : "ZZ"};
            match.other_countries = !match.countries.empty() && below(3) == 0;
            if (match.countries.empty() || below(4) == 0)
                match.reputations = {below(2) == 0 ? "bad" : "worse"};
        }
        return out;
    }

    model::FirewallRule some_rule(unsigned number) {
        model::FirewallRule rule;
        rule.name = "rule" + std::to_string(number);
        rule.action = below(3) == 0 ? model::RuleAction::drop : model::RuleAction::allow;
        rule.from = some_zones();
        rule.to = some_zones();
        rule.sources = some_hosts();
        rule.destinations = some_hosts();
        rule.source_is = some_matches();
        if (below(3) == 0) rule.destination_is = some_matches();
        if (below(2) == 0) rule.services = {some_service()};
        return rule;
    }
    model::ServiceMatch some_service() {
        model::ServiceMatch service;
        service.protocol = below(6) == 0 ? 6 : 17;
        const std::uint16_t first = port();
        service.destination_port = {first, static_cast<std::uint16_t>(first + below(3))};
        return service;
    }
    // Each kind has public addresses of its own: what collides is refused by the compiler.
    model::NatRule some_nat(unsigned number) {
        model::NatRule rule;
        rule.name = "nat" + std::to_string(number);
        switch (below(4)) {
            case 0:
                rule.kind = NatKind::source;
                rule.from = some_zones();
                rule.to = some_zones();
                rule.translated = {net::Prefix::host(addresses_.open(70 + below(2)))};
                break;
            case 1:
                rule.kind = NatKind::exempt;
                rule.from = some_zones();
                rule.to = some_zones();
                rule.match = {net::Prefix::host(any_host())};
                break;
            case 2:
                rule.kind = NatKind::one_to_one;
                rule.match = {net::Prefix::host(addresses_.open(10 + number))};
                rule.translated = {net::Prefix::host(inside_host())};
                rule.hairpin = below(2) == 0;
                break;
            default:
                rule.kind = NatKind::destination;
                rule.match = {net::Prefix::host(addresses_.open(1 + below(4)))};
                rule.service = some_service();
                rule.translated = {net::Prefix::host(inside_host())};
                rule.translated_port = below(2) == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(50);
                rule.hairpin = below(2) == 0;
                break;
        }
        return rule;
    }

    // Half of the packets are answers to earlier ones, or those again.
    void packet() {
        std::size_t from = below(networks);
        Tuple tuple{any_host(), any_host(), port(), port()};
        if (below(8) != 0) tuple.source = addresses_.host(from, 1 + below(3));
        if (below(3) == 0) tuple.destination = addresses_.open(below(2) == 0 ? 1 + below(4) : 10 + below(5));
        if (!recent_.empty() && below(2) == 0)
            std::tie(from, tuple) = recent_[below(static_cast<unsigned>(recent_.size()))];
        if (tuple.source == tuple.destination) return;
        const Expected wanted = judge_.judge(from, tuple);
        check(from, tuple, wanted);
    }

    static std::string text_of(const Tuple& tuple) {
        const auto end = [](const net::Address& address, std::uint16_t number) {
            const std::string text = address.to_string();
            return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(number);
        };
        return "udp " + end(tuple.source, tuple.source_port) + " > " +
               end(tuple.destination, tuple.destination_port);
    }

    void check(std::size_t from, const Tuple& tuple, const Expected& wanted) {
        const std::string text = text_of(tuple);
        const auto frame =
            *packet::parse_packet_text(from == internet ? text : text + " vlan " + std::to_string(from * 10));
        const std::span<const std::uint8_t> one(frame);
        const Outcome outcome =
            engine_.process(now_, {&one, 1}, from == internet ? Side::internet : Side::customers)[0];
        const std::string where = text + " from network " + std::to_string(from);
        ++seen_[wanted.verdict == Verdict::pass ? "pass" : std::string(model::info(wanted.reason).name)];
        ASSERT_EQ(model::to_string(outcome.verdict), model::to_string(wanted.verdict))
            << where << ", " << model::info(outcome.reason).name;
        ASSERT_EQ(model::info(outcome.reason).name, model::info(wanted.reason).name) << where;
        if (wanted.verdict != Verdict::pass) return;
        const packet::Key key = packet::parse(outcome.frame);
        const Tuple out{key.source, key.destination, key.source_port, key.destination_port};
        ASSERT_EQ(key.vlan, wanted.to * 10) << where;
        Tuple expected = wanted.out;
        if (wanted.any_port) {
            ++seen_["pool"];
            expected.source_port = out.source_port;
            ASSERT_TRUE(judge_.is_free(out)) << where << " got " << text_of(out);
            judge_.opened(tuple, out);
        } else if (!(out == tuple)) {
            ++seen_["translated"];
        }
        ASSERT_EQ(text_of(out), text_of(expected)) << where;
        if (recent_.size() >= 40) recent_.erase(recent_.begin() + below(40));
        recent_.emplace_back(from, tuple);
        recent_.emplace_back(wanted.to, out.reversed());
    }

    base::SeededRandom random_;
    Addresses addresses_;
    Judge judge_;
    Engine engine_;
    model::TenantProgram program_;
    Lines lines_;
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    std::vector<std::pair<std::size_t, Tuple>> recent_;
    std::map<std::string, int> seen_;
};

// SLUICE_REFERENCE_ROUNDS: more of them, each with seeds of its own.
int rounds() {
    const char* text = std::getenv("SLUICE_REFERENCE_ROUNDS");
    return text == nullptr ? 6 : std::atoi(text);
}

TEST(FirewallReference, RandomProgramsAndPackets) {
    std::map<std::string, int> seen;
    for (int round = 0; round < rounds() && !HasFailure(); ++round) {
        for (const bool ipv6 : {false, true}) {
            SCOPED_TRACE("round " + std::to_string(round) + (ipv6 ? ", IPv6" : ", IPv4"));
            World world(static_cast<std::uint64_t>(round) + 1, ipv6);
            world.run(4000);
            for (const auto& [what, count] : world.seen()) seen[what] += count;
        }
    }
    for (const char* what : {"pass", "no-rule", "rule-drop", "policy-changed", "spoofed-source", "no-route",
                             "unknown-destination", "nat-exhausted", "pool", "translated", "tables"})
        EXPECT_GT(seen[what], 0) << what << " was never seen";
}

}  // namespace
}  // namespace sluice::dataplane
