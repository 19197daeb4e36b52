// A log-in, from the REST interface to the packets of a gateway, and over a restart of the controller.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "api/http/client.hpp"
#include "apps/controller/controller.hpp"
#include "base/testing/eventually.hpp"
#include "dataplane/engine.hpp"
#include "packet/packet_text.hpp"
#include "rpc/gateway_client.hpp"

namespace sluice::apps::controller {
namespace {

using namespace std::chrono_literals;
using base::testing::eventually;
namespace fs = std::filesystem;

// A gateway without ports: what comes down the link is in force in the engine.
class Guard final : public rpc::GatewayClientHandler {
  public:
    explicit Guard(const base::Clock& clock) : clock_(clock) {}

    void on_programs(rpc::ProgramUpdate update) override {
        const std::lock_guard lock(mutex_);
        if (update.full) programs_.clear();
        for (auto& program : update.programs) programs_[program.tenant] = std::move(program);
        std::vector<model::TenantProgram> all;
        for (const auto& [tenant, program] : programs_) all.push_back(program);
        EXPECT_TRUE(engine_.load(all, clock_.wall()));
        ++updates_;
    }
    void on_bindings(model::UserBindingUpdate update) override {
        const std::lock_guard lock(mutex_);
        engine_.bind_users(update, clock_.wall());
        full_ += update.full ? 1 : 0;
    }
    std::string send(const std::string& text) {
        const std::lock_guard lock(mutex_);
        const auto bytes = packet::parse_packet_text(text + " vlan 10").value();
        const std::span<const std::uint8_t> frame(bytes);
        const auto outcome = engine_.process(clock_.wall(), {&frame, 1}, dataplane::Side::customers)[0];
        return outcome.verdict == model::Verdict::pass ? "pass"
                                                       : std::string(model::info(outcome.reason).name);
    }
    int updates() const {
        const std::lock_guard lock(mutex_);
        return updates_;
    }
    int full_bindings() const {
        const std::lock_guard lock(mutex_);
        return full_;
    }

  private:
    const base::Clock& clock_;
    mutable std::mutex mutex_;
    base::SeededRandom random_{1};
    dataplane::Engine engine_{{}, random_};
    std::map<model::TenantId, model::TenantProgram> programs_;
    int updates_ = 0;
    int full_ = 0;
};

class UserBindingTest : public ::testing::Test {
  protected:
    UserBindingTest() {
        fs::create_directories(folder_);
        config_.data_directory = folder_ / "data";
        config_.rest.http.listen = "127.0.0.1:0";
        config_.link.listen = "127.0.0.1:0";
        config_.policy_file = folder_ / "policy.yaml";
        config_.operator_password_file = folder_ / "password";
        std::ofstream(config_.operator_password_file) << "a password of twelve\n";
        std::ofstream(config_.policy_file)
            << "tenants:\n  - slug: acme\n    prefixes: [192.0.2.0/24]\n    firewall:\n      zones: "
               "[inside]\n"
               "      attachments: [{name: hq, zone: inside, kind: vlan, vlan: 10, next_hop_mac: "
               "'02:00:00:00:00:09', prefixes: [10.0.0.0/8]}]\n      user_groups: [administrators]\n"
               "      rules: [{name: admins, from: inside, to: internet, users: administrators, action: "
               "allow}]\n";
    }
    ~UserBindingTest() override { fs::remove_all(folder_); }

    void start() {
        controller_ =
            std::make_unique<Controller>(config_, Controller::Dependencies{clock_, random_, log_, "test"});
        const auto started = controller_->start();
        ASSERT_TRUE(started) << started.error().message();
        config_.link.listen = "127.0.0.1:" + std::to_string(controller_->link_port());
        const auto session = ask(api::http::Method::post, "/session",
                                 R"({"login":"operator","password":"a password of twelve"})");
        const auto cookie = session.header("set-cookie");
        cookie_ = std::string(cookie.substr(0, cookie.find(';')));
    }
    api::http::ClientAnswer ask(api::http::Method method, const std::string& path, std::string body = {}) {
        api::http::ClientConfig client;
        client.base_url = "http://127.0.0.1:" + std::to_string(controller_->rest_port());
        auto answer =
            api::http::exchange(client, {.method = method,
                                         .path = "/api/v1" + path,
                                         .headers = {{"Cookie", cookie_}, {"Sec-Fetch-Site", "same-origin"}},
                                         .content_type = body.empty() ? "" : "application/json",
                                         .body = std::move(body)});
        EXPECT_TRUE(answer) << answer.error().message();
        return answer.value_or(api::http::ClientAnswer{});
    }
    int log_in(const std::string& at) {
        return ask(api::http::Method::put, "/tenants/tenant-1/user-bindings/" + at,
                   R"({"user":"anna","groups":["administrators"],"lifetime_s":3600})")
            .status;
    }

    base::SystemClock clock_;
    base::SystemRandom random_;
    base::Logger log_{base::null_sink(), clock_, "test"};
    base::MetricRegistry metrics_;
    fs::path folder_ = fs::temp_directory_path() / ("sluice-users-" + std::to_string(::getpid()));
    ControllerConfig config_;
    std::unique_ptr<Controller> controller_;
    std::string cookie_;
};

TEST_F(UserBindingTest, ALogInOpensAndItsEndClosesAndARestartForgetsNothing) {
    ASSERT_NO_FATAL_FAILURE(start());
    Guard guard(clock_);
    rpc::LinkClientConfig link;
    link.server = config_.link.listen;
    link.name = "guard-1";
    rpc::GatewayClient gateway(link, {guard, clock_, log_, metrics_});
    ASSERT_TRUE(gateway.start());
    ASSERT_TRUE(eventually([&] { return guard.updates() > 0 && guard.full_bindings() == 1; }));
    const std::string annas = "udp 10.0.0.7:1 > 198.18.0.1:443";
    EXPECT_EQ(guard.send(annas), "no-rule");

    const int programs = guard.updates();
    ASSERT_EQ(log_in("10.0.0.7"), 200);
    EXPECT_TRUE(eventually([&] { return guard.send(annas) == "pass"; }));
    EXPECT_EQ(guard.send("udp 10.0.0.8:1 > 198.18.0.1:443"), "no-rule");

    EXPECT_EQ(ask(api::http::Method::del, "/tenants/tenant-1/user-bindings/10.0.0.7").status, 204);
    EXPECT_TRUE(eventually([&] { return guard.send(annas) == "policy-changed"; })) << "the open flow ends";
    EXPECT_EQ(guard.send(annas), "no-rule");
    EXPECT_EQ(guard.updates(), programs) << "no program was made for it";

    ASSERT_EQ(log_in("10.0.0.7"), 200);
    EXPECT_TRUE(eventually([&] { return guard.send(annas) == "pass"; }));
    controller_->stop();
    EXPECT_EQ(guard.send(annas), "pass") << "without a controller, too";
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_TRUE(eventually([&] { return guard.full_bindings() == 2; }));
    EXPECT_EQ(guard.send(annas), "pass");
    EXPECT_NE(ask(api::http::Method::get, "/tenants/tenant-1/user-bindings").body.find("\"anna\""),
              std::string::npos);
    EXPECT_EQ(ask(api::http::Method::del, "/tenants/tenant-1/user-bindings/10.0.0.7").status, 204);
    EXPECT_TRUE(eventually([&] { return guard.send(annas) != "pass"; }));
    gateway.stop();
    controller_->stop();
}

}  // namespace
}  // namespace sluice::apps::controller
