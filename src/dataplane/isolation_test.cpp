// Property: a packet of one customer never leaves towards another, whatever their programs. Random networks
// over the same private addresses, random rules and NAT, random packets; every frame that leaves is looked
// at.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "dataplane/engine.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

constexpr std::size_t tenants = 6;
constexpr std::uint16_t networks_each = 3;

net::Prefix prefix(const std::string& text) {
    return net::Prefix::parse(text).value();
}

// 100 to 102, 110 to 112, …: the tenant and the network can be read off the tag.
std::uint16_t tag_of(std::size_t tenant, std::uint16_t network) {
    return static_cast<std::uint16_t>(100 + 10 * tenant + network);
}
std::size_t tenant_of(std::uint16_t tag) {
    return (tag - 100U) / 10;
}

class World {
  public:
    explicit World(std::uint64_t seed) : random_(seed), engine_({4096, 64, 64, 1024}, random_) {}

    void load() {
        std::vector<model::TenantProgram> programs;
        for (std::size_t i = 0; i < tenants; ++i) programs.push_back(program(i));
        const auto status = engine_.load(programs, now_);
        ASSERT_TRUE(status.has_value()) << status.error().message();
    }

    // Many packets of one moment, from everywhere.
    void send(int count) {
        now_ += std::chrono::milliseconds(random_.next() % 3000);
        for (int i = 0; i < count; ++i) {
            const bool inside = random_.next() % 4 != 0;
            const std::size_t tenant = random_.next() % tenants;
            std::string text = packet_text(inside, tenant);
            if (inside) text += fmt::format(" vlan {}", tag_of(tenant, random_.next() % networks_each));
            const auto frame = packet::parse_packet_text(text);
            ASSERT_TRUE(frame.has_value()) << text;
            judge(text, *frame, inside, tenant);
        }
    }

    std::size_t passed_inside = 0, passed_out = 0, passed_in = 0, answered = 0;

  private:
    // All tenants have the same three networks, and a public /24 of their own.
    model::TenantProgram program(std::size_t tenant) {
        model::TenantProgram out;
        out.tenant = model::TenantId(tenant + 1);
        out.generation = ++generation_;
        out.prefixes = {prefix(fmt::format("203.0.{}.0/24", tenant))};
        model::FirewallProgram& firewall = out.firewall;
        firewall.enabled = random_.next() % 8 != 0;
        firewall.zones = {"internet"};
        for (std::uint16_t n = 0; n < networks_each; ++n) {
            firewall.zones.push_back(fmt::format("zone-{}", n));
            model::Attachment attachment;
            attachment.name = fmt::format("network-{}", n);
            attachment.zone = static_cast<model::ZoneIndex>(n + 1);
            attachment.kind = model::AttachmentKind::vlan;
            attachment.vlan = tag_of(tenant, n);
            attachment.next_hop_mac = {2, 0, 0, 0, 0, 9};
            attachment.prefixes = {prefix(fmt::format("10.{}.0.0/16", n))};
            firewall.attachments.push_back(attachment);
        }
        for (std::size_t i = 0; i < 1 + random_.next() % 4; ++i) firewall.rules.push_back(rule(i));
        add_nat(tenant, firewall);
        return out;
    }

    model::FirewallRule rule(std::size_t number) {
        model::FirewallRule out;
        out.name = fmt::format("rule-{}", number);
        const std::uint64_t kind = random_.next() % 8;
        out.action = kind < 6    ? model::RuleAction::allow
                     : kind == 6 ? model::RuleAction::reject
                                 : model::RuleAction::drop;
        if (random_.next() % 2 == 0) {
            out.from = {static_cast<model::ZoneIndex>(random_.next() % (networks_each + 1))};
        }
        if (random_.next() % 2 == 0)
            out.to = {static_cast<model::ZoneIndex>(random_.next() % (networks_each + 1))};
        return out;
    }

    void add_nat(std::size_t tenant, model::FirewallProgram& firewall) {
        if (random_.next() % 4 != 0) {
            model::NatRule pool;
            pool.name = "pool";
            pool.kind = model::NatKind::source;
            pool.to = {model::internet_zone};
            pool.translated = {prefix(fmt::format("203.0.{}.1", tenant))};
            firewall.nat.push_back(pool);
        }
        if (random_.next() % 2 == 0) {
            model::NatRule server;
            server.name = "server";
            server.kind = model::NatKind::destination;
            server.match = {prefix(fmt::format("203.0.{}.2", tenant))};
            server.service.protocol = 17;
            server.translated = {prefix("10.1.0.7")};
            firewall.nat.push_back(server);
        }
    }

    // Few addresses and ports, so that tuples of different tenants are often the same.
    std::string packet_text(bool inside, std::size_t tenant) {
        const auto host = [&] {
            return fmt::format("10.{}.0.{}", random_.next() % networks_each, 5 + random_.next() % 4);
        };
        const auto outside = [&] { return fmt::format("198.18.0.{}", 1 + random_.next() % 3); };
        const auto published = [&](std::size_t of) {
            return fmt::format("203.0.{}.{}", of, random_.next() % 4);
        };
        const std::string from = inside ? host() : outside();
        const std::string to = !inside                   ? published(tenant)
                               : random_.next() % 2 == 0 ? host()
                               : random_.next() % 3 == 0 ? published(random_.next() % tenants)
                                                         : outside();
        const std::uint64_t port =
            random_.next() % 3 == 0 ? 1024 + random_.next() % 200 : 1 + random_.next() % 3;
        return fmt::format("{} {}:{} > {}:{}", random_.next() % 3 == 0 ? "tcp" : "udp", from,
                           1 + random_.next() % 3, to, port);
    }

    void judge(const std::string& text, const std::vector<std::uint8_t>& bytes, bool inside,
               std::size_t tenant) {
        const std::span<const std::uint8_t> frame(bytes);
        const Outcome outcome =
            engine_.process(now_, {&frame, 1}, inside ? Side::customers : Side::internet)[0];
        if (outcome.verdict == model::Verdict::drop) return;
        const packet::Key key = packet::parse(outcome.frame);
        if (outcome.verdict == model::Verdict::answer) {
            // Back where it came from, and nowhere else.
            ++answered;
            ASSERT_EQ(key.vlan, packet::parse(frame).vlan) << text;
            return;
        }
        if (outcome.to == Side::internet) {
            ++passed_out;
            ASSERT_EQ(key.vlan, 0) << text;
            ASSERT_TRUE(inside || outcome.tenant == model::TenantId(tenant + 1)) << text;
            return;
        }
        if (key.vlan == 0) {  // of a tenant without a firewall: only forwarded
            ASSERT_FALSE(inside) << text;
            return;
        }
        ++(inside ? passed_inside : passed_in);
        ASSERT_EQ(tenant_of(key.vlan), tenant)
            << text << "\nleft as " << packet::describe_packet(outcome.frame);
        ASSERT_EQ(outcome.tenant, model::TenantId(tenant + 1)) << text;
    }

    base::SeededRandom random_;
    Engine engine_;
    std::uint64_t generation_ = 0;
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
};

}  // namespace

TEST(Isolation, NoPacketLeavesTowardsAnotherCustomer) {
    const char* given = std::getenv("SLUICE_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'121;
    SCOPED_TRACE(fmt::format("SLUICE_SEED={}", seed));
    World world(seed);
    for (int round = 0; round < 60 && !::testing::Test::HasFatalFailure(); ++round) {
        world.load();
        for (int burst = 0; burst < 4; ++burst) world.send(1000);
    }
    // The property says nothing where nothing passes.
    EXPECT_GT(world.passed_inside, 1000U);
    EXPECT_GT(world.passed_out, 1000U);
    EXPECT_GT(world.passed_in, 100U);
    EXPECT_GT(world.answered, 10U);
}

}  // namespace sluice::dataplane
