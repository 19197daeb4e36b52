// Filters by payload, country and reputation, and limits of pairs and services: the engine against a plain
// judge on random tables, programs and packets. Lists instead of tables, buckets instead of time values;
// rates are such that no cost has to be rounded.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/random.hpp"
#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/engine.hpp"
#include "net/protocol.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

using model::DropReason;
using Ns = std::int64_t;

bool is(const packet::Key& key, net::IpProtocol protocol) {
    return key.protocol == static_cast<std::uint8_t>(protocol);
}

struct CountryLine {
    net::Prefix prefix;
    std::string country;
};
struct TagLine {
    net::Prefix prefix;
    std::string tag;
};

// Packets; refilled at the rate, exact.
class Bucket {
  public:
    explicit Bucket(std::uint64_t rate)
        : rate_(static_cast<Ns>(rate)), full_(std::max<Ns>(32, rate_ / 10) * second), level_(full_) {}

    bool take(Ns now) {
        level_ = std::min(full_, level_ + (now - last_) * rate_);
        last_ = now;
        if (level_ < second) return false;
        level_ -= second;
        return true;
    }
    // What was refused counts, down to a second's worth.
    bool take_or_owe(Ns now) {
        if (take(now)) return true;
        level_ = std::max(std::min(level_, second - rate_ * second), level_ - second);
        return false;
    }

  private:
    static constexpr Ns second = 1'000'000'000;
    Ns rate_;
    Ns full_;
    Ns level_;
    Ns last_ = 0;
};

struct World {
    model::TenantProgram program;
    std::vector<CountryLine> countries;
    std::vector<TagLine> tags;
    bool has_countries = false;
    bool has_tags = false;
};

class Judge {
  public:
    explicit Judge(const World& world) : world_(world) {}

    // The reason, and the filter.
    std::pair<DropReason, std::string> judge(const packet::Key& key, std::span<const std::uint8_t> frame,
                                             Ns now) {
        for (const auto& filter : world_.program.filters) {
            if (!matches(filter, key, frame)) continue;
            return {filter.action == model::FilterAction::pass ? DropReason::none : DropReason::static_filter,
                    filter.name};
        }
        const auto& profile = world_.program.targets[0].profile;
        if (profile.pair_limit.packets_per_s != 0) {
            auto& bucket = pairs_.try_emplace({key.source, key.destination}, profile.pair_limit.packets_per_s)
                               .first->second;
            if (!bucket.take_or_owe(now)) return {DropReason::pair_rate, ""};
        }
        if (profile.service_limit.packets_per_s != 0) {
            const bool ports = key.has(packet::key_transport) &&
                               (is(key, net::IpProtocol::tcp) || is(key, net::IpProtocol::udp));
            const std::tuple service{key.destination, key.protocol, ports ? key.destination_port : 0};
            auto& bucket = services_.try_emplace(service, profile.service_limit.packets_per_s).first->second;
            if (!bucket.take(now)) return {DropReason::service_rate, ""};
        }
        return {DropReason::none, ""};
    }

  private:
    bool matches(const model::PacketFilter& filter, const packet::Key& key,
                 std::span<const std::uint8_t> frame) const {
        if (filter.protocol != 0 && filter.protocol != key.protocol) return false;
        const auto payload = payload_of(key, frame);
        for (const auto& wanted : filter.payload) {
            for (std::size_t i = 0; i < wanted.bytes.size(); ++i) {
                const std::size_t at = wanted.offset + i;
                if (at >= payload.size()) return false;
                const unsigned mask = wanted.mask.empty() ? 0xffU : wanted.mask[i];
                if ((payload[at] & mask) != wanted.bytes[i]) return false;
            }
        }
        return meets(filter.source_is, key.source);
    }
    static std::span<const std::uint8_t> payload_of(const packet::Key& key,
                                                    std::span<const std::uint8_t> frame) {
        if (key.has(packet::key_later_fragment)) return {};
        const auto transport = frame.subspan(key.l4_offset, key.l4_length());
        std::size_t header = 0;
        if (is(key, net::IpProtocol::udp) || is(key, net::IpProtocol::icmp) ||
            is(key, net::IpProtocol::icmpv6))
            header = 8;
        if (is(key, net::IpProtocol::tcp))
            header = transport.size() < 20 ? transport.size() : transport[12] / 16 * 4U;
        return transport.size() < header ? std::span<const std::uint8_t>{} : transport.subspan(header);
    }
    bool meets(const model::AttributeMatch& wanted, const net::Address& source) const {
        if (!wanted.countries.empty()) {
            if (!world_.has_countries) return false;
            std::string country = "ZZ";
            int longest = -1;
            for (const auto& line : world_.countries) {
                if (line.prefix.is_v4() != source.is_v4() || !line.prefix.contains(source)) continue;
                if (static_cast<int>(line.prefix.bits()) <= longest) continue;
                longest = static_cast<int>(line.prefix.bits());
                country = line.country;
            }
            if ((std::ranges::count(wanted.countries, country) != 0) == wanted.other_countries) return false;
        }
        if (wanted.reputations.empty()) return true;
        return world_.has_tags && std::ranges::any_of(world_.tags, [&](const TagLine& line) {
                   return line.prefix.is_v4() == source.is_v4() && line.prefix.contains(source) &&
                          std::ranges::count(wanted.reputations, line.tag) != 0;
               });
    }

    const World& world_;
    std::map<std::pair<net::Address, net::Address>, Bucket> pairs_;
    std::map<std::tuple<net::Address, std::uint8_t, int>, Bucket> services_;
};

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    base::SeededRandom& random() { return random_; }

    World world() {
        World out;
        out.program.tenant = model::TenantId(1);
        const bool ipv6 = one_in(2);
        out.program.prefixes = {net::Prefix::parse(ipv6 ? "2001:db8:3::/48" : "203.0.113.0/24").value()};
        model::ScrubTarget target{out.program.prefixes[0], model::MitigationId(5), {}};
        target.profile.drop_invalid = false;
        static constexpr std::uint64_t rates[] = {0, 10, 20, 100};
        target.profile.pair_limit.packets_per_s = rates[below(4)];
        target.profile.service_limit.packets_per_s = rates[below(4)];
        out.program.targets = {target};
        for (std::uint64_t n = below(5); n > 0; --n) out.program.filters.push_back(filter(n));
        out.has_countries = !one_in(5);
        out.has_tags = !one_in(5);
        for (std::uint64_t n = below(12); n > 0; --n) {
            const net::Prefix prefix = some_prefix();
            if (std::ranges::count(out.countries, prefix, &CountryLine::prefix) == 0)
                out.countries.push_back({prefix, countries[below(4)]});
            const net::Prefix other = some_prefix();
            if (std::ranges::count(out.tags, other, &TagLine::prefix) == 0)
                out.tags.push_back({other, tags[below(3)]});
        }
        return out;
    }

    std::string packet(bool ipv6) {
        const std::string from =
            ipv6 ? "2600::" + std::to_string(below(4)) : "198.18.0." + std::to_string(below(4));
        const std::string to = ipv6 ? "2001:db8:3::" + std::to_string(1 + below(2))
                                    : "203.0.113." + std::to_string(1 + below(2));
        const auto end = [&](const std::string& address) {
            const std::string port = ":" + std::to_string(1 + below(2));
            return ipv6 ? "[" + address + "]" + port : address + port;
        };
        std::string text;
        switch (below(4)) {
            case 0:
                text = "tcp " + end(from) + " > " + end(to) + " ack";
                if (one_in(3)) text += " data-offset " + std::to_string(5 + below(3));
                break;
            case 1:
                text = (ipv6 ? "icmpv6 " : "icmp ") + from + " > " + to + " type " + (ipv6 ? "128" : "8");
                break;
            case 2:
                text = "protocol 47 " + from + " > " + to;
                break;
            default:
                text = "udp " + end(from) + " > " + end(to);
        }
        text += " data ";
        for (std::uint64_t n = 8 * (1 + below(3)); n > 0; --n) text += one_in(2) ? "00" : "01";
        if (one_in(8)) text += " more id 7";
        if (one_in(8)) text += " fragment 80 id 7";
        return text;
    }

    static constexpr const char* countries[] = {"DE", "AT", "NO", "US"};
    static constexpr const char* tags[] = {"botnet", "scanner", "tor-exit"};

  private:
    net::Prefix some_prefix() {
        if (one_in(2)) {
            const auto at = net::Address::v4(0xc6120000U + static_cast<std::uint32_t>(below(8)));
            return net::Prefix::of(at, static_cast<unsigned>(24 + below(9)));
        }
        return net::Prefix::of(*net::Address::parse("2600::" + std::to_string(below(8))),
                               static_cast<unsigned>(120 + below(9)));
    }
    model::PacketFilter filter(std::uint64_t number) {
        static constexpr std::uint8_t protocols[] = {0, 0, 6, 17, 47};
        model::PacketFilter out;
        out.name = "filter-" + std::to_string(number);
        if (one_in(3)) out.action = model::FilterAction::pass;
        out.protocol = protocols[below(5)];
        for (std::uint64_t n = below(3); n > 0; --n) {
            model::PayloadMatch match;
            match.offset = static_cast<std::uint16_t>(below(20));
            const bool masked = one_in(3);
            for (std::uint64_t bytes = 1 + below(3); bytes > 0; --bytes) {
                const auto mask = static_cast<std::uint8_t>(masked ? below(2) : 0xff);
                match.bytes.push_back(static_cast<std::uint8_t>(below(2)) & mask);
                if (masked) match.mask.push_back(mask);
            }
            out.payload.push_back(match);
        }
        if (one_in(2)) {
            out.source_is.other_countries = one_in(2);
            for (std::uint64_t n = 1 + below(2); n > 0; --n)
                out.source_is.countries.push_back(one_in(5) ? "ZZ" : countries[below(4)]);
        }
        if (one_in(3)) out.source_is.reputations = {tags[below(3)], tags[below(3)]};
        // One that asks for nothing would leave nothing to the others.
        if (out.payload.empty() && !out.source_is.any()) out.source_is.reputations = {"tor-exit"};
        return out;
    }

    base::SeededRandom random_;
};

attributes::Tables tables_of(const World& world) {
    attributes::Tables out;
    std::string text = "prefix,country\n";
    for (const auto& line : world.countries) text += line.prefix.to_string() + "," + line.country + "\n";
    if (world.has_countries)
        out.countries =
            std::make_shared<attributes::CountryTable>(attributes::read_countries(text, "c").value());
    text = "prefix,tags\n";
    for (const auto& line : world.tags) text += line.prefix.to_string() + "," + line.tag + "\n";
    if (world.has_tags)
        out.reputations =
            std::make_shared<attributes::ReputationTable>(attributes::read_reputations(text, "t").value());
    return out;
}

}  // namespace

TEST(ConditionReference, TheEngineJudgesLikeAPlainJudge) {
    constexpr std::uint64_t rounds = 150;
    constexpr std::size_t bursts = 20;
    constexpr base::Timestamp start{std::chrono::hours(24 * 365 * 50)};
    std::map<std::string, std::size_t> seen;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        Dice dice(9000 + round);
        const World world = dice.world();
        const bool ipv6 = !world.program.prefixes[0].is_v4();
        Judge judge(world);
        Engine engine({}, dice.random());
        engine.set_attributes(tables_of(world));
        const auto loaded = engine.load(std::vector{world.program}, start);
        ASSERT_TRUE(loaded) << loaded.error().message();
        Ns now = 0;
        for (std::size_t burst = 0; burst < bursts; ++burst) {
            std::vector<std::vector<std::uint8_t>> frames;
            std::vector<std::span<const std::uint8_t>> spans;
            for (std::uint64_t n = 1 + dice.below(100); n > 0; --n)
                frames.push_back(packet::parse_packet_text(dice.packet(ipv6)).value());
            for (const auto& frame : frames) spans.emplace_back(frame);
            now += static_cast<Ns>(dice.below(dice.one_in(10) ? 2000 : 20)) * 1'000'000;
            const auto outcomes = engine.process(start + base::Duration(now), spans);
            for (std::size_t i = 0; i < spans.size(); ++i) {
                const auto [reason, rule] = judge.judge(packet::parse_stepwise(spans[i]), spans[i], now);
                ASSERT_EQ(model::info(outcomes[i].reason).name, model::info(reason).name)
                    << packet::describe_packet(spans[i]);
                ASSERT_EQ(outcomes[i].rule, rule) << packet::describe_packet(spans[i]);
                ++seen[rule.empty()                 ? std::string(model::info(reason).name)
                       : reason == DropReason::none ? "excused"
                                                    : "filtered"];
            }
        }
    }
    for (const char* way : {"none", "excused", "filtered", "pair-rate", "service-rate"})
        EXPECT_GE(seen[way], 500U) << way;
}

}  // namespace sluice::dataplane
