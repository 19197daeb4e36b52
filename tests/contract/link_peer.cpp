// A collector and a gateway as the controller sees them, driven by lines on standard input; it ends with its
// input.
//
//   finding KEY TENANT TARGET STATE     a finding of STATE opened, updated or closed; until it is closed it
//   is
//                                       told again each second, as a detector does
//   traffic TENANT PREFIX PPS           what the collector reports from now on, each second
//   quiet                               the gateway reports no more; its link stays
// The gateway puts every program into force at once and counts 1,000 packets per report for each diverted
// target, of which it drops 900. Answers "ok" to each line, when what it says has been given to the link.
#include <fmt/format.h>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/log.hpp"
#include "rpc/collector_client.hpp"
#include "rpc/gateway_client.hpp"

namespace {

using namespace sluice;
using namespace std::chrono_literals;

class Collector final : public rpc::CollectorClientHandler {
  public:
    void on_policies(std::vector<model::DetectionPolicy> /*policies*/, std::uint64_t version) override {
        version_ = version;
    }
    [[nodiscard]] std::uint64_t version() const { return version_; }

  private:
    std::atomic<std::uint64_t> version_{0};
};

class Gateway final : public rpc::GatewayClientHandler {
  public:
    explicit Gateway(const base::Clock& clock) : clock_(clock), started_at_(clock.wall()) {}

    void answer_by(rpc::GatewayClient& client) { client_ = &client; }

    void on_programs(rpc::ProgramUpdate update) override {
        {
            const std::lock_guard lock(mutex_);
            if (update.full) programs_.clear();
            for (auto& program : update.programs) programs_[program.tenant] = std::move(program);
            for (const auto tenant : update.removed) programs_.erase(tenant);
            generation_ = update.generation;
        }
        client_->send(report());
    }

    model::GatewayReport report() {
        const std::lock_guard lock(mutex_);
        model::GatewayReport report;
        report.name = "guard-1";
        report.diversion_next_hop = *net::Address::parse("198.51.100.1");
        report.started_at = started_at_;
        report.at = clock_.wall();
        report.generation = generation_;
        for (const auto& [tenant, program] : programs_) {
            report_firewall(program, report);
            for (const auto& target : program.targets) {
                const std::uint64_t rounds = ++rounds_[target.mitigation];
                model::TargetCounters counters;
                counters.tenant = tenant;
                counters.mitigation = target.mitigation;
                counters.target = target.prefix;
                counters.in = {rounds * 1000, rounds * 64'000};
                counters.dropped = {rounds * 900, rounds * 57'600};
                counters.passed = {rounds * 100, rounds * 6'400};
                auto& stage = counters.stages[static_cast<std::size_t>(model::Stage::verify)];
                stage = {counters.in, counters.passed, counters.dropped};
                counters.reasons[static_cast<std::size_t>(model::DropReason::not_verified)] =
                    counters.dropped;
                counters.verified_sources = rounds;
                counters.verified_in = {rounds * 100, rounds * 6'400};
                counters.verified_dropped = {rounds, rounds * 64};
                if (model::contains(target.profile.monitored, model::Stage::anomaly))
                    counters.monitored[static_cast<std::size_t>(model::Stage::verify)] = {7, 448};
                report.targets.push_back(counters);
            }
        }
        return report;
    }

  private:
    void report_firewall(const model::TenantProgram& program, model::GatewayReport& report) const {
        if (!program.firewall.enabled) return;
        model::FirewallCounters& firewall = report.firewalls.emplace_back();
        firewall.tenant = program.tenant;
        firewall.flows_open = 3;
        firewall.flows_opened = 40;
        firewall.nat_ports = 64;
        model::OutboundAttacker& attacker = report.attackers.emplace_back();
        attacker.tenant = program.tenant;
        attacker.address = *net::Address::parse("10.1.0.7");
        attacker.conduct = model::OutboundConduct::scans_hosts;
        attacker.action = model::OutboundAction::limit;
        attacker.since = started_at_;
        attacker.last_at = attacker.until = report.at;
        attacker.new_flows_per_s = 300;
        std::uint64_t hits = 40;
        for (const auto& rule : program.firewall.rules) {
            firewall.rules.push_back(
                {rule.name, hits, started_at_, hits == 0 ? base::Timestamp{} : report.at});
            hits = 0;
        }
    }

    const base::Clock& clock_;
    const base::Timestamp started_at_;
    rpc::GatewayClient* client_ = nullptr;
    std::mutex mutex_;
    std::map<model::TenantId, model::TenantProgram> programs_;
    std::map<model::MitigationId, std::uint64_t> rounds_;
    std::uint64_t generation_ = 0;
};

model::Finding make_finding(const base::Clock& clock, const std::string& key, const std::string& tenant,
                            const std::string& target, const std::string& state) {
    const auto address = *net::Address::parse("203.0.113.9");
    model::Finding finding;
    finding.key = key;
    finding.state = state == "opened"    ? model::FindingState::opened
                    : state == "updated" ? model::FindingState::updated
                                         : model::FindingState::closed;
    finding.tenant = *model::TenantId::parse(tenant);
    finding.target = *net::Prefix::parse(target);
    finding.first_seen_at = clock.wall() - 400ms;
    finding.detected_at = finding.last_seen_at = clock.wall();
    finding.rule = {"syn-flood", "packets/s", 20'000, 80'000, 0};
    finding.before = {1'000, 8'000'000};
    finding.current = finding.peak = {80'000, 40'960'000};
    finding.vectors = {{model::AttackVector::tcp_syn, {78'000, 39'936'000}},
                       {model::AttackVector::ntp, {2'000, 1'024'000}}};
    finding.sources = {{net::Prefix::host(address), 0, {9'000, 4'608'000}}};
    finding.distinct_sources = 4'711;
    finding.ingress = {{*net::Address::parse("198.51.100.250"), 3, {80'000, 40'960'000}}};
    model::FlowRecord sample;
    sample.source = address;
    sample.destination = finding.target.address();
    sample.exporter = *net::Address::parse("198.51.100.250");
    sample.packets = 3;
    sample.bytes = 180;
    sample.sampling = 100;
    sample.protocol = 6;
    sample.tcp_flags = 2;
    sample.destination_port = 443;
    sample.first_at = sample.last_at = clock.wall();
    finding.samples = {sample};
    finding.destination_port = 443;
    return finding;
}

rpc::LinkClientConfig link_to(const std::string& server, const std::string& name) {
    rpc::LinkClientConfig config;
    config.server = server;
    config.name = name;
    return config;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "link_peer ADDRESS:PORT\n");
        return 2;
    }
    const base::SystemClock clock;
    base::MetricRegistry metrics;
    const base::Logger log(base::stderr_sink(base::LogLevel::warning), clock, "peer");
    Collector collector;
    Gateway gateway(clock);
    rpc::CollectorClient up(link_to(argv[1], "collector-1"), {collector, clock, log, metrics});
    rpc::GatewayClient side(link_to(argv[1], "guard-1"), {gateway, clock, log, metrics});
    gateway.answer_by(side);
    if (!up.start() || !side.start()) return 1;

    std::mutex mutex;
    std::vector<model::TrafficPoint> traffic;
    std::map<std::string, model::Finding> open_findings;
    std::atomic<bool> stopping{false};
    std::atomic<bool> quiet{false};
    std::thread reports([&] {
        for (int i = 0; !stopping; ++i) {
            if (!quiet) side.send(gateway.report());
            if (i % 5 == 0) {
                const std::lock_guard lock(mutex);
                model::CollectorReport report;
                report.name = "collector-1";
                report.started_at = report.at = clock.wall();
                report.policy_version = collector.version();
                report.records = static_cast<std::uint64_t>(i) * 100;
                report.losses = {{"no-template", 3}};
                report.traffic = traffic;
                up.send(report);
                for (const auto& [key, finding] : open_findings) up.send(finding);
            }
            std::this_thread::sleep_for(200ms);
        }
    });
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream in(line);
        std::string verb, a, b, c, d;
        in >> verb >> a >> b >> c >> d;
        if (verb == "finding") {
            const std::lock_guard lock(mutex);
            auto& finding = open_findings[a];
            finding = make_finding(clock, a, b, c, d);
            up.send(finding);
            finding.state = model::FindingState::updated;
            if (d == "closed") open_findings.erase(a);
        } else if (verb == "traffic") {
            const std::lock_guard lock(mutex);
            const std::uint64_t rate = std::stoull(c);
            traffic.push_back({*model::TenantId::parse(a),
                               *net::Prefix::parse(b),
                               model::TrafficDirection::inbound,
                               {rate, rate * 4096}});
        } else if (verb == "quiet") {
            quiet = true;
        }
        std::puts("ok");
        std::fflush(stdout);
    }
    stopping = true;
    reports.join();
    up.stop();
    side.stop();
    return 0;
}
