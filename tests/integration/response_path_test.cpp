// The controller's whole response with its real parts: a finding goes in at a collector's link, a route comes
// out at a router. In between: incident, consent, desired state, the gateway's acknowledgement, gobgpd. Only
// the stores are in memory.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/testing/eventually.hpp"
#include "gobgp.grpc.pb.h"
#include "incident/incident_service.hpp"
#include "incident/testing/memory_repositories.hpp"
#include "mitigation/announcements.hpp"
#include "mitigation/memory_repository.hpp"
#include "mitigation/program_book.hpp"
#include "rpc/collector_client.hpp"
#include "rpc/gateway_client.hpp"
#include "rpc/gobgp_announcer.hpp"
#include "rpc/gobgp_process.hpp"
#include "rpc/gobgp_route.hpp"
#include "rpc/link_server.hpp"
#include "rpc/sample_messages.hpp"

namespace sluice::integration {
namespace {

using namespace rpc;

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using base::testing::eventually;

double ms_since(Steady::time_point start) {
    return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

class OwnPrefixes final : public mitigation::PrefixSource {
  public:
    base::Result<std::vector<model::TenantPrefix>> prefixes_of(model::TenantId tenant) const override {
        return std::vector<model::TenantPrefix>{
            {tenant, {}, sample_prefix("192.0.2.0/24"), model::ConsentMode::automatic}};
    }
    std::uint64_t line_rate_bps(model::TenantId /*tenant*/, const net::Prefix& /*target*/) const override {
        return 0;
    }
};

class Resolver final : public mitigation::ProgramResolver {
  public:
    base::Result<model::TenantProgram> resolve(
        model::TenantId tenant, const std::vector<mitigation::DivertTarget>& targets) override {
        model::TenantProgram program;
        program.tenant = tenant;
        program.prefixes = {sample_prefix("192.0.2.0/24")};
        for (const auto& target : targets) program.targets.push_back({target.prefix, target.mitigation, {}});
        return program;
    }
};

class NoAudit final : public mitigation::AuditPort {
  public:
    base::Status record(const model::TenantScope& /*scope*/, std::string_view /*actor*/,
                        std::string_view /*action*/, const model::Mitigation& /*mitigation*/,
                        std::string_view /*text*/) override {
        return {};
    }
};

class NoEvents final : public incident::EventSink {
  public:
    void publish(model::Event /*event*/) override {}
};

// What survives a controller's death: the stores.
struct Stores {
    incident::testing::MemoryIncidents incidents;
    mitigation::MemoryMitigationRepository mitigations;
};

// A controller as apps/ composes it, without its API.
class Controller final : public LinkServerHandler,
                         public mitigation::ProgramSink,
                         public mitigation::MitigationObserver,
                         public incident::Response {
  public:
    Controller(Stores& stores, const std::string& listen, const std::string& gobgp, const base::Clock& clock,
               const base::Logger& log)
        : clock_(clock),
          book_(resolver_, *this, clock),
          mitigations_({}, {stores.mitigations, prefixes_, book_, audit_, *this, clock, log, metrics_}),
          incidents_({}, {stores.incidents, events_, *this, clock, log, metrics_}),
          gateways_({}, clock),
          announcer_({.server = gobgp}, {log, metrics_}),
          announcements_({}, {}, {mitigations_, gateways_, prefixes_, announcer_, clock, log, metrics_}),
          server_({.listen = listen}, {*this, clock, log, metrics_}) {
        server_.set_policies({sample_policy()}, 1);
        EXPECT_TRUE(book_.refresh(model::TenantId(12)));
        EXPECT_TRUE(mitigations_.start());
        EXPECT_TRUE(incidents_.start());
        EXPECT_TRUE(announcer_.start());
        EXPECT_TRUE(announcements_.start());
        server_.set_programs(book_.programs());
        const auto status = server_.start();
        EXPECT_TRUE(status) << (status ? "" : status.error().message());
        ticker_ = std::thread([this] {
            while (!stopping_) {
                std::this_thread::sleep_for(50ms);
                incidents_.tick();
                mitigations_.tick();
            }
        });
    }
    ~Controller() override {
        stopping_ = true;
        ticker_.join();
        server_.stop();
        announcements_.stop();
        announcer_.stop();
    }

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] std::vector<mitigation::AnnouncedRoute> announced() const {
        return announcements_.announced();
    }
    [[nodiscard]] bool speaker_ready() const { return announcer_.state().peers_established == 1; }
    [[nodiscard]] bool gateway_healthy() const {
        return gateways_.choose(net::Family::ipv4, model::TenantId(1), 1, "").has_value();
    }

  private:
    void on_collector(const std::string& /*name*/, bool /*attached*/) override {}
    void on_collector_report(const model::CollectorReport& /*report*/) override {}
    void on_finding(const std::string& /*collector*/, const model::Finding& finding) override {
        incidents_.on_finding(finding);
    }
    void on_gateway(const std::string& name, bool attached) override {
        if (!attached) gateways_.on_detached(name);
    }
    void on_gateway_report(const model::GatewayReport& report) override {
        gateways_.on_report(report);
        mitigations_.on_gateway_report(report);
    }
    void on_program(const model::TenantProgram& program) override { server_.set_program(program); }
    void on_program_removed(model::TenantId tenant, std::uint64_t generation) override {
        server_.remove_program(tenant, generation);
    }
    void on_mitigation(const model::Mitigation& mitigation, mitigation::MitigationChange change,
                       const std::string& text, base::Timestamp at) override {
        incidents_.note(mitigation.incident, "mitigation-" + std::string(to_string(change)), text, at);
    }
    void on_refusal(model::TenantId /*tenant*/, model::IncidentId /*incident*/, const std::string& /*text*/,
                    base::Timestamp /*at*/) override {}
    void on_alarm(const mitigation::Alarm& /*alarm*/, base::Timestamp /*at*/) override {}
    void on_gateway(const std::string& /*name*/, bool /*healthy*/, base::Timestamp /*at*/) override {}
    void on_incident(const model::Incident& incident) override { mitigations_.on_incident(incident); }
    bool any_live(model::IncidentId incident) override { return mitigations_.any_live(incident); }

    const base::Clock& clock_;
    base::MetricRegistry metrics_;
    OwnPrefixes prefixes_;
    Resolver resolver_;
    NoAudit audit_;
    NoEvents events_;
    mitigation::ProgramBook book_;
    mitigation::MitigationService mitigations_;
    incident::IncidentService incidents_;
    mitigation::GatewayRegistry gateways_;
    GobgpAnnouncer announcer_;
    mitigation::Announcements announcements_;
    LinkServer server_;
    std::atomic<bool> stopping_{false};
    std::thread ticker_;
};

// A gateway that compiles its programs in no time: reports every 200 ms and at once when one is in force.
class Gateway final : public GatewayClientHandler {
  public:
    Gateway(std::uint16_t port, const base::Clock& clock, const base::Logger& log) {
        LinkClientConfig config;
        config.server = "127.0.0.1:" + std::to_string(port);
        config.name = "guard-1";
        report_.name = "guard-1";
        report_.diversion_next_hop = *net::Address::parse("10.9.0.2");
        report_.started_at = clock.wall();
        client_ =
            std::make_unique<GatewayClient>(config, GatewayClient::Dependencies{*this, clock, log, metrics_});
        EXPECT_TRUE(client_->start());
        heart_ = std::thread([this] {
            while (!stopping_) {
                beat();
                std::this_thread::sleep_for(200ms);
            }
        });
    }
    ~Gateway() override {
        stopping_ = true;
        heart_.join();
        client_->stop();
    }
    void on_programs(ProgramUpdate update) override {
        {
            const std::lock_guard lock(mutex_);
            report_.generation = update.generation;
        }
        beat();
    }
    void set_silent(bool silent) { silent_ = silent; }

  private:
    void beat() {
        if (silent_) return;
        model::GatewayReport report;
        {
            const std::lock_guard lock(mutex_);
            report = report_;
        }
        client_->send(report);
    }
    base::MetricRegistry metrics_;
    std::mutex mutex_;
    model::GatewayReport report_;
    std::atomic<bool> silent_{false};
    std::atomic<bool> stopping_{false};
    std::unique_ptr<GatewayClient> client_;
    std::thread heart_;
};

class NoPolicies final : public CollectorClientHandler {
  public:
    void on_policies(std::vector<model::DetectionPolicy> /*policies*/, std::uint64_t /*version*/) override {}
};

// The router: a second gobgpd. Its table is watched, not polled.
class Router {
  public:
    explicit Router(const std::string& api)
        : stub_(apipb::GobgpApi::NewStub(grpc::CreateChannel(api, grpc::InsecureChannelCredentials()))) {}
    [[nodiscard]] std::size_t routes() const {
        apipb::ListPathRequest request;
        request.mutable_family()->set_afi(apipb::Family::AFI_IP);
        request.mutable_family()->set_safi(apipb::Family::SAFI_UNICAST);
        grpc::ClientContext context;
        const auto reader = stub_->ListPath(&context, request);
        apipb::ListPathResponse response;
        std::size_t count = 0;
        while (reader->Read(&response)) ++count;
        (void)reader->Finish();
        return count;
    }

  private:
    std::unique_ptr<apipb::GobgpApi::Stub> stub_;
};

class ResponsePath : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!GobgpProcess::available()) GTEST_SKIP() << "gobgpd is not installed (package gobgpd)";
        const std::string net = GobgpProcess::own_network();
        router_process_.emplace(GobgpSettings{net + ".2", 64513, net + ".1", 64512, true});
        speaker_.emplace(GobgpSettings{net + ".1", 64512, net + ".2", 64513, false});
        router_process_->start();
        speaker_->start();
        router_.emplace(router_process_->api());
        controller_ = std::make_unique<Controller>(stores_, "127.0.0.1:0", speaker_->api(), clock_, log_);
        port_ = controller_->port();
        gateway_ = std::make_unique<Gateway>(port_, clock_, log_);
        LinkClientConfig config;
        config.server = "127.0.0.1:" + std::to_string(port_);
        config.name = "collector-1";
        collector_ = std::make_unique<CollectorClient>(
            config, CollectorClient::Dependencies{no_policies_, clock_, log_, metrics_});
        ASSERT_TRUE(collector_->start());
        ASSERT_TRUE(eventually([&] {
            return controller_->speaker_ready() && controller_->gateway_healthy() && collector_->connected();
        }));
    }
    model::Finding attack(int host) const {
        const std::string target = "192.0.2." + std::to_string(host);
        auto finding = sample_finding("edge/" + target);
        finding.state = model::FindingState::opened;
        finding.target = net::Prefix::host(*net::Address::parse(target));
        return finding;
    }
    bool on_the_router(std::size_t routes, std::chrono::milliseconds patience = 15s) {
        return eventually([&] { return router_->routes() == routes; }, patience);
    }

    base::SystemClock clock_;
    base::Logger log_{base::null_sink(), clock_, "test"};
    base::MetricRegistry metrics_;
    Stores stores_;
    NoPolicies no_policies_;
    std::optional<GobgpProcess> speaker_;
    std::optional<GobgpProcess> router_process_;
    std::optional<Router> router_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Controller> controller_;
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<CollectorClient> collector_;
};

TEST_F(ResponsePath, AFindingBecomesARouteWithinMilliseconds) {
    std::vector<double> announced;
    std::vector<double> arrived;
    for (int host = 1; host <= 20; ++host) {
        const auto start = Steady::now();
        collector_->send(attack(host));
        const auto want = static_cast<std::size_t>(host);
        ASSERT_TRUE(eventually([&] { return controller_->announced().size() == want; }));
        announced.push_back(ms_since(start));
        ASSERT_TRUE(on_the_router(want));
        arrived.push_back(ms_since(start));
        std::this_thread::sleep_for(20ms);
    }
    std::ranges::sort(announced);
    std::ranges::sort(arrived);
    std::printf(
        "finding sent -> gobgpd has it: median %.1f ms, max %.1f ms; -> its neighbour has it: median %.1f "
        "ms, "
        "max %.1f ms (20 findings)\n",
        announced[10], announced[19], arrived[10], arrived[19]);
    EXPECT_LE(announced[10], 100);
    EXPECT_LE(arrived[10], 200);
}

TEST_F(ResponsePath, EveryKillInTheMiddleLeavesTheRouteStanding) {
    collector_->send(attack(10));
    ASSERT_TRUE(on_the_router(1));

    // The controller dies and comes back with the same stores: nothing is interrupted.
    controller_.reset();
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(router_->routes(), 1U);
    controller_ = std::make_unique<Controller>(stores_, "127.0.0.1:" + std::to_string(port_), speaker_->api(),
                                               clock_, log_);
    for (const auto end = Steady::now() + 3s; Steady::now() < end; std::this_thread::sleep_for(20ms)) {
        ASSERT_EQ(router_->routes(), 1U);
    }
    EXPECT_EQ(controller_->announced().size(), 1U);
    EXPECT_EQ(stores_.mitigations.list(model::TenantScope::provider(), {})->size(), 1U);

    // gobgpd dies: everything is announced again as soon as it is back.
    speaker_->kill();
    ASSERT_TRUE(on_the_router(0));
    speaker_->start();
    ASSERT_TRUE(eventually([&] { return !controller_->speaker_ready(); }));
    ASSERT_TRUE(eventually([&] { return controller_->speaker_ready(); }, 30s));
    EXPECT_TRUE(on_the_router(1, 2s));

    // The gateway falls silent: its diversion is withdrawn within a second, and is back when it is.
    gateway_->set_silent(true);
    auto start = Steady::now();
    ASSERT_TRUE(on_the_router(0));
    EXPECT_LE(ms_since(start), 1100);  // from its last report, up to 200 ms before
    std::printf("gateway silent -> route gone from the neighbour: %.0f ms\n", ms_since(start));
    gateway_->set_silent(false);
    EXPECT_TRUE(on_the_router(1, 3s));

    // The attack ends: cooled down, then withdrawn, without anybody's help.
    auto over = attack(10);
    over.state = model::FindingState::closed;
    collector_->send(over);
    EXPECT_TRUE(on_the_router(0, 20s));
}

}  // namespace
}  // namespace sluice::integration
