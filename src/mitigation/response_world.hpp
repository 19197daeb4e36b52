// For the tests of this module: everything around the services, in virtual time, with faults on demand.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mitigation/announcements.hpp"
#include "mitigation/memory_repository.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/program_book.hpp"

namespace sluice::mitigation {

inline net::Prefix prefix_of(const std::string& text) {
    return net::Prefix::parse(text).value();
}

// Fails when it is told to: before, or after the work is done (the answer is lost).
class FaultyRepository final : public MemoryMitigationRepository {
  public:
    base::Result<model::Mitigation> create(const model::TenantScope& scope,
                                           const model::Mitigation& draft) override {
        if (fail_before) return broken();
        auto stored = MemoryMitigationRepository::create(scope, draft);
        return fail_after ? base::Result<model::Mitigation>(broken()) : stored;
    }
    base::Result<model::Mitigation> update(const model::TenantScope& scope,
                                           const model::Mitigation& mitigation) override {
        if (fail_before) return broken();
        auto stored = MemoryMitigationRepository::update(scope, mitigation);
        return fail_after ? base::Result<model::Mitigation>(broken()) : stored;
    }
    base::Result<std::vector<model::Mitigation>> create_all(
        const model::TenantScope& scope, std::span<const model::Mitigation> drafts) override {
        ++creates;
        return MemoryMitigationRepository::create_all(scope, drafts);
    }
    bool fail_before = false;
    bool fail_after = false;
    int creates = 0;  // of several at once

  private:
    static std::unexpected<base::Error> broken() {
        return base::fail(base::ErrorCode::io, "No space left on device", "sluice.db");
    }
};

class Prefixes final : public PrefixSource {
  public:
    base::Result<std::vector<model::TenantPrefix>> prefixes_of(model::TenantId tenant) const override {
        if (broken) return base::fail(base::ErrorCode::io, "the store is gone");
        if (gone.contains(tenant)) return base::fail(base::ErrorCode::not_found, "there is no such tenant");
        std::vector<model::TenantPrefix> own;
        std::ranges::copy_if(all, std::back_inserter(own),
                             [&](const auto& prefix) { return prefix.tenant == tenant; });
        return own;
    }
    std::uint64_t line_rate_bps(model::TenantId /*tenant*/, const net::Prefix& /*target*/) const override {
        return line_rate;
    }
    model::MitigationLimits limits_of(model::TenantId tenant) const override {
        return own_limits ? *own_limits : PrefixSource::limits_of(tenant);
    }
    std::optional<model::GuardLevel> guard_level_of(model::TenantId /*tenant*/) const override {
        return guard_level;
    }
    void set(std::uint64_t tenant, const std::string& prefix, model::ConsentMode consent) {
        std::erase_if(all, [&](const auto& other) { return other.prefix == prefix_of(prefix); });
        all.push_back({model::TenantId(tenant), {}, prefix_of(prefix), consent});
    }
    std::vector<model::TenantPrefix> all;
    std::set<model::TenantId> gone;
    std::uint64_t line_rate = 0;
    std::optional<model::MitigationLimits> own_limits;
    std::optional<model::GuardLevel> guard_level;
    bool broken = false;
};

class Resolver final : public ProgramResolver {
  public:
    base::Result<model::TenantProgram> resolve(model::TenantId tenant,
                                               const std::vector<DivertTarget>& targets) override {
        if (broken) return base::fail(base::ErrorCode::invalid_argument, "the policy makes no sense");
        model::TenantProgram program;
        program.tenant = tenant;
        program.prefixes = own;
        for (const auto& target : targets) {
            auto& scrubbed = program.targets.emplace_back();
            scrubbed.prefix = target.prefix;
            scrubbed.mitigation = target.mitigation;
            scrubbed.profile.level = target.pinned.value_or(target.level);
            scrubbed.profile.monitored = target.watched;
        }
        return program;
    }
    std::vector<net::Prefix> own{*net::Prefix::parse("0.0.0.0/0"), *net::Prefix::parse("::/0")};
    bool broken = false;
};

class Programs final : public ProgramSink {
  public:
    void on_program(const model::TenantProgram& program) override {
        ++sent;
        generation = program.generation;
        by_tenant[program.tenant] = program;
    }
    void on_program_removed(model::TenantId tenant, std::uint64_t removed_at) override {
        generation = removed_at;
        by_tenant.erase(tenant);
    }
    int sent = 0;
    std::uint64_t generation = 0;
    std::map<model::TenantId, model::TenantProgram> by_tenant;
};

class Audit final : public AuditPort {
  public:
    base::Status record(const model::TenantScope& /*scope*/, std::string_view actor, std::string_view action,
                        const model::Mitigation& mitigation, std::string_view /*text*/) override {
        if (broken) return base::fail(base::ErrorCode::io, "No space left on device");
        entries.push_back(std::string(actor) + " " + std::string(action) + " " + mitigation.id.to_string());
        return {};
    }
    std::vector<std::string> entries;
    bool broken = false;
};

class Observer final : public MitigationObserver {
  public:
    void on_mitigation(const model::Mitigation& mitigation, MitigationChange change,
                       const std::string& /*text*/, base::Timestamp /*at*/) override {
        news.push_back(std::string(to_string(change)) + " " + mitigation.target.to_string());
    }
    void on_mitigations(std::span<const MitigationNews> together) override {
        ++calls;
        MitigationObserver::on_mitigations(together);
    }
    void on_refusal(model::TenantId /*tenant*/, model::IncidentId /*incident*/, const std::string& text,
                    base::Timestamp /*at*/) override {
        refusals.push_back(text);
    }
    void on_alarm(const Alarm& alarm, base::Timestamp /*at*/) override {
        if (alarm.raised) {
            alarms.insert(alarm.code);
        } else {
            alarms.erase(alarm.code);
        }
        ++alarm_news;
    }
    void on_gateway(const std::string& name, bool healthy, base::Timestamp /*at*/) override {
        news.push_back((healthy ? "up " : "down ") + name);
    }
    [[nodiscard]] std::size_t count(const std::string& text) const {
        return static_cast<std::size_t>(std::ranges::count(news, text));
    }
    std::vector<std::string> news;
    std::vector<std::string> refusals;
    std::set<std::string> alarms;
    int alarm_news = 0;
    int calls = 0;
};

// A speaker in memory. `fault` decides, call by call, how the call goes.
class Speaker final : public Announcer {
  public:
    enum class Fault { none, refused_connection, answer_lost, invalid };

    base::Status announce(const model::Route& route) override {
        ++announces;
        switch (fault) {
            case Fault::refused_connection:
                return base::fail(base::ErrorCode::unavailable, "connection refused");
            case Fault::invalid:
                return base::fail(base::ErrorCode::invalid_argument, "no");
            default:
                routes[route.key()] = route;
                if (on_announce) on_announce(route);
        }
        return answer();
    }
    base::Status withdraw(const model::Route& route) override {
        ++withdraws;
        if (fault == Fault::refused_connection) {
            return base::fail(base::ErrorCode::unavailable, "connection refused");
        }
        routes.erase(route.key());
        return answer();
    }
    base::Result<std::vector<model::Route>> announced() override {
        if (fault == Fault::refused_connection || fault == Fault::answer_lost) {
            return base::fail(base::ErrorCode::unavailable, "connection refused");
        }
        std::vector<model::Route> all;
        for (const auto& [key, route] : routes) all.push_back(route);
        return all;
    }
    SpeakerState state() const override {
        return {connected, session, 1, established ? 1U : 0U, connected ? "" : "connection refused"};
    }
    void on_state_change(std::function<void()> /*wake*/) override {}

    // As a restarted gobgpd: everything is gone.
    void restart() {
        routes.clear();
        ++session;
    }

    std::function<void(const model::Route&)> on_announce;
    std::map<std::string, model::Route> routes;
    Fault fault = Fault::none;
    bool connected = true;
    bool established = true;
    std::uint64_t session = 1;
    int announces = 0;
    int withdraws = 0;

  private:
    [[nodiscard]] base::Status answer() const {
        if (fault == Fault::answer_lost) return base::fail(base::ErrorCode::unavailable, "deadline exceeded");
        return {};
    }
};

inline model::Finding finding_of(std::uint64_t tenant, const std::string& target,
                                 model::AttackVector vector = model::AttackVector::tcp_syn) {
    model::Finding finding;
    finding.key = target;
    finding.tenant = model::TenantId(tenant);
    finding.target = prefix_of(target);
    finding.scope = finding.target.is_host() ? model::CountScope::host : model::CountScope::prefix;
    finding.current = {50'000, 40'000'000};
    finding.vectors = {{vector, finding.current}};
    return finding;
}

inline model::Incident incident_of(std::uint64_t id, std::vector<model::Finding> findings) {
    model::Incident incident;
    incident.id = model::IncidentId(id);
    incident.tenant = findings.at(0).tenant;
    incident.direction = findings.at(0).direction;
    incident.target = findings.at(0).target;
    incident.findings = std::move(findings);
    return incident;
}

// The response of one controller's life: made anew by restart(), over the same store and speaker.
class World {
  public:
    World() {
        prefixes.set(1, "192.0.2.0/24", model::ConsentMode::automatic);
        prefixes.set(1, "2001:db8::/48", model::ConsentMode::automatic);
        prefixes.set(2, "198.51.100.0/24", model::ConsentMode::ask);
        prefixes.set(3, "203.0.113.0/24", model::ConsentMode::off);
    }

    void start() {
        book.emplace(resolver, programs, clock);
        service.emplace(config, MitigationService::Dependencies{repository, prefixes, *book, audit, observer,
                                                                clock, log, metrics});
        gateways.emplace(GatewayRegistryConfig{}, clock);
        announcements.emplace(
            AnnouncementsConfig{}, config,
            Announcements::Dependencies{*service, *gateways, prefixes, speaker, clock, log, metrics});
        started = service->start();
    }
    void restart() {
        announcements.reset();
        gateways.reset();
        service.reset();
        book.reset();
        start();
    }

    // The gateway reports that it has what was sent.
    void report(const std::string& name = "guard-1", std::optional<std::uint64_t> generation = {}) {
        model::GatewayReport report;
        report.name = name;
        report.diversion_next_hop = *net::Address::parse(name == "guard-1" ? "10.0.0.1" : "10.0.0.2");
        report.diversion_next_hop6 = *net::Address::parse(name == "guard-1" ? "fd00::1" : "fd00::2");
        report.started_at = started_at;
        report.generation = generation.value_or(programs.generation);
        report.targets = counters;
        report.refused = refused;
        gateways->on_report(report);
        service->on_gateway_report(report);
    }
    // Time passes in steps; gateways report and every part is called.
    void run(std::chrono::milliseconds span, std::vector<std::string> reporting = {"guard-1"}) {
        for (auto left = span.count(); left > 0; left -= 100) {
            clock.advance(std::chrono::milliseconds(std::min<std::int64_t>(left, 100)));
            for (const auto& name : reporting) report(name);
            service->tick();
            announcements->step();
        }
        service->tick();  // hands on what the last step has posted
    }
    void attack(const model::Incident& incident) { service->on_incident(incident); }
    [[nodiscard]] std::vector<std::string> routes() const {
        std::vector<std::string> keys;
        for (const auto& [key, route] : speaker.routes) keys.push_back(key);
        return keys;
    }
    [[nodiscard]] std::vector<model::Mitigation> stored() {
        MitigationQuery query;
        query.limit = 100'000;
        return *repository.list(model::TenantScope::provider(), query);
    }
    [[nodiscard]] model::Mitigation newest() { return stored().at(0); }

    base::ManualClock clock;
    base::Logger log{base::null_sink(), clock, "test"};
    base::MetricRegistry metrics;
    FaultyRepository repository;
    Prefixes prefixes;
    Resolver resolver;
    Programs programs;
    Audit audit;
    Observer observer;
    Speaker speaker;
    ServiceConfig config;
    std::vector<model::TargetCounters> counters;
    std::vector<model::RefusedProgram> refused;  // by the next gateway that reports
    base::Timestamp started_at{};
    std::optional<ProgramBook> book;
    std::optional<MitigationService> service;
    std::optional<GatewayRegistry> gateways;
    std::optional<Announcements> announcements;
    base::Status started;
};

}  // namespace sluice::mitigation
