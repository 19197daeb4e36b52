// Whatever detectors, policies, people and failures do: nothing is announced outside of a tenant's prefixes,
// without consent, without an expiry, or over a limit. The judge below knows the rules and nothing of the
// code.
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "mitigation/response_world.hpp"

namespace sluice::mitigation {
namespace {

using model::ConsentMode;
using model::MitigationKind;
using model::MitigationState;
using model::TenantScope;

class Chaos {
  public:
    explicit Chaos(std::uint64_t seed) : random_(seed) {
        world_.config.limits.max_active_per_tenant = 4;
        world_.config.limits.max_active_total = 7;
        world_.config.limits.max_expiry_s = 3600;
        world_.config.flowspec.enabled = seed % 2 == 0;
        world_.config.blackhole.mode = static_cast<ConsentMode>(seed % 3);
        world_.config.blackhole.gateway_packets_per_s = 1'000'000;
        world_.prefixes.set(1, "192.0.2.128/25", ConsentMode::ask);
        world_.prefixes.set(4, "10.0.0.0/8", ConsentMode::automatic);
        world_.speaker.on_announce = [this](const model::Route& route) { judge(route, "announced"); };
        world_.start();
    }

    void run(int actions) {
        for (int i = 0; i < actions && verdict.empty(); ++i) {
            act();
            world_.service->tick();
            world_.announcements->step();
            const bool sound = world_.speaker.connected && world_.speaker.fault == Speaker::Fault::none &&
                               !world_.prefixes.broken && !world_.repository.fail_after;
            if (!sound) sound_from_ = world_.clock.now() + std::chrono::seconds(5);  // the longest retry
            if (world_.clock.now() < sound_from_) continue;
            if (world_.speaker.routes.size() > 7) verdict = "more routes than limits.max_active_total";
            for (const auto& [key, route] : world_.speaker.routes) judge(route, "standing");
        }
    }

    std::string verdict;  // empty: nothing wrong
    int judged = 0;

  private:
    std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
    bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

    void judge(const model::Route& route, const char* when) {
        ++judged;
        const auto wrong = [&](const std::string& why) {
            if (verdict.empty()) verdict = std::string(when) + " " + route.key() + ": " + why;
        };
        const auto target = route.kind == MitigationKind::flowspec ? route.rule.destination : route.prefix;
        if (target.length() < (target.is_v4() ? 24U : 48U)) return wrong("wider than allowed");
        if (route.kind == MitigationKind::blackhole && !target.is_host()) return wrong("a blackholed prefix");
        const auto now = world_.clock.wall();
        std::string why = "no mitigation is in force for it";
        std::map<model::TenantId, std::uint32_t> count;
        for (const auto& m : world_.stored()) {
            const bool live = m.state == MitigationState::active || m.state == MitigationState::cooling;
            if (!live || m.kind != route.kind || m.target != target) continue;
            if (m.expires_at <= now || m.expires_at > now + std::chrono::hours(1)) {
                why = "expiry";
                continue;
            }
            why = consent_problem(m, target);
            if (why.empty()) return;
        }
        wrong(why);
    }

    std::string consent_problem(const model::Mitigation& m, const net::Prefix& target) const {
        if (world_.prefixes.gone.contains(m.tenant)) return "its tenant is gone";
        bool own = false;
        bool ask =
            m.kind == MitigationKind::blackhole && world_.config.blackhole.mode != ConsentMode::automatic;
        for (const auto& prefix : world_.prefixes.all) {
            if (!prefix.prefix.overlaps(target)) continue;
            if (prefix.tenant != m.tenant) return "it touches another tenant's prefix";
            own = own || prefix.prefix.contains(target);
        }
        if (!own) return "outside of the tenant's prefixes";
        // The longest prefix around the target decides, and every prefix inside of it.
        const model::TenantPrefix* around = nullptr;
        for (const auto& prefix : world_.prefixes.all) {
            const bool contains = prefix.prefix.contains(target);
            if (contains && (around == nullptr || prefix.prefix.length() > around->prefix.length())) {
                around = &prefix;
            }
            if (!target.contains(prefix.prefix) && !contains) continue;
            if (contains && &prefix != around) continue;
            if (prefix.consent == ConsentMode::off && target.contains(prefix.prefix)) return "consent is off";
            ask = ask || (prefix.consent == ConsentMode::ask && target.contains(prefix.prefix));
        }
        if (around->consent == ConsentMode::off) return "consent is off";
        ask = ask || around->consent == ConsentMode::ask;
        if (ask && (m.actor.empty() || m.actor == "auto")) return "nobody approved it";
        return {};
    }

    std::string any_target() {
        static const char* const targets[] = {
            "192.0.2.1/32",    "192.0.2.2/32",    "192.0.2.3/32",   "192.0.2.4/32",    "192.0.2.5/32",
            "192.0.2.129/32",  "192.0.2.0/24",    "192.0.2.0/25",   "2001:db8::1/128", "2001:db8::/48",
            "2001:db8::/32",   "198.51.100.1/32", "203.0.113.1/32", "198.51.100.0/24", "10.0.0.0/8",
            "10.1.2.0/24",     "10.0.0.0/23",     "8.8.8.8/32",     "0.0.0.0/0",       "::/0",
            "198.51.100.9/32", "203.0.113.0/24",  "192.0.2.0/23"};
        return targets[below(std::size(targets))];
    }

    model::Incident any_incident() {
        const auto tenant = 1 + below(4);
        std::vector<model::Finding> findings;
        for (std::uint64_t i = 0; i <= below(3); ++i) {
            static const model::AttackVector vectors[] = {model::AttackVector::tcp_syn,
                                                          model::AttackVector::ntp, model::AttackVector::dns};
            auto finding = finding_of(tenant, any_target(), vectors[below(3)]);
            finding.current.packets_per_s = chance(4) ? 5'000'000 : 50'000;
            if (chance(5)) finding.state = model::FindingState::closed;
            if (chance(8)) finding.direction = model::TrafficDirection::outbound;
            if (chance(8)) finding.tenant = model::TenantId(1 + below(4));
            findings.push_back(finding);
        }
        auto incident = incident_of(1 + below(6), findings);
        incident.tenant = model::TenantId(tenant);
        incident.state = static_cast<model::IncidentState>(chance(3) ? below(3) : 0);
        return incident;
    }

    void a_person_acts() {
        const auto all = world_.stored();
        if (all.empty()) return;
        const MitigationService::Request request{
            all[below(all.size())].id, chance(6) ? "auto" : "carol", "", {}};
        const auto scope =
            chance(2) ? TenantScope::provider() : TenantScope::of(model::TenantId(1 + below(4)));
        switch (below(4)) {
            case 0:
                (void)world_.service->withdraw(scope, request);
                break;
            case 1:
                (void)world_.service->extend(scope, request,
                                             world_.clock.wall() + std::chrono::seconds(below(5000)));
                break;
            default:
                (void)world_.service->approve(scope, request);
        }
    }

    void act() {
        switch (below(16)) {
            case 0:
            case 1:
            case 2:
            case 3:
                world_.attack(any_incident());
                break;
            case 4: {
                auto& prefix = world_.prefixes.all[below(world_.prefixes.all.size())];
                prefix.consent = static_cast<ConsentMode>(below(3));
                if (chance(2)) world_.service->on_policy_changed(prefix.tenant);
                break;
            }
            case 5:
            case 6:
                a_person_acts();
                break;
            case 7:
                world_.repository.fail_before = chance(4);
                world_.repository.fail_after = chance(4);
                break;
            case 8:
                world_.speaker.fault =
                    chance(2) ? Speaker::Fault::none : static_cast<Speaker::Fault>(below(4));
                world_.speaker.connected = !chance(4);
                break;
            case 9:
                if (chance(3)) world_.speaker.restart();
                world_.prefixes.broken = chance(5);
                world_.resolver.broken = chance(6);
                world_.audit.broken = chance(6);
                world_.prefixes.gone.clear();
                if (chance(6)) world_.prefixes.gone.insert(model::TenantId(1 + below(4)));
                break;
            case 10:
                if (chance(3)) world_.restart();
                break;
            case 11:
                world_.clock.advance(std::chrono::seconds(below(chance(4) ? 1200 : 20)));
                break;
            case 12:
                world_.started_at += std::chrono::seconds(below(2));
                world_.report(chance(2) ? "guard-1" : "guard-2", below(2) * world_.programs.generation);
                break;
            default:
                world_.clock.advance(std::chrono::milliseconds(below(500)));
                world_.report(chance(3) ? "guard-1" : "guard-2");
        }
    }

    base::SeededRandom random_;
    World world_;
    base::Instant sound_from_{};
};

TEST(MitigationProperty, NothingIsEverAnnouncedThatMustNotBe) {
    int judged = 0;
    for (std::uint64_t seed = 1; seed <= 800; ++seed) {
        Chaos chaos(seed);
        chaos.run(200);
        ASSERT_EQ(chaos.verdict, "") << "seed " << seed;
        judged += chaos.judged;
    }
    EXPECT_GT(judged, 5'000);  // there was something to judge
}

}  // namespace
}  // namespace sluice::mitigation
