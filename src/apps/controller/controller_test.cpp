#include "apps/controller/controller.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api/http/client.hpp"

namespace sluice::apps::controller {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class ControllerTest : public ::testing::Test {
  protected:
    ControllerTest() {
        fs::create_directories(folder_);
        config_.data_directory = folder_ / "data";
        config_.rest.http.listen = "127.0.0.1:0";
        config_.link.listen = "127.0.0.1:0";
    }
    ~ControllerTest() override { fs::remove_all(folder_); }

    std::unique_ptr<Controller> run() {
        auto controller = std::make_unique<Controller>(
            config_, Controller::Dependencies{clock_, random_,
                                              base::Logger(base::null_sink(), clock_, "test"), "test"});
        const auto started = controller->start();
        EXPECT_TRUE(started) << started.error().message();
        return controller;
    }
    static api::http::ClientAnswer ask(const Controller& controller,
                                       const api::http::ClientRequest& request) {
        api::http::ClientConfig client;
        client.base_url = "http://127.0.0.1:" + std::to_string(controller.rest_port());
        auto answer = api::http::exchange(client, request);
        EXPECT_TRUE(answer) << answer.error().message();
        return answer.value_or(api::http::ClientAnswer{});
    }
    static int login(const Controller& controller, const std::string& password) {
        return ask(controller, {.method = api::http::Method::post,
                                .path = "/api/v1/session",
                                .content_type = "application/json",
                                .body = R"({"login":"operator","password":")" + password + "\"}"})
            .status;
    }

    base::SystemClock clock_;
    base::SystemRandom random_;
    fs::path folder_ = fs::temp_directory_path() / ("sluice-controller-" + std::to_string(::getpid()));
    ControllerConfig config_;
};

TEST_F(ControllerTest, TheFirstStartMakesALoginAndTheSecondDoesNot) {
    std::string password;
    {
        const auto controller = run();
        password = controller->made_password();
        EXPECT_EQ(password.size(), 20U);
        EXPECT_EQ(login(*controller, password), 201);
        EXPECT_EQ(login(*controller, "something else"), 401);
    }
    const auto again = run();
    EXPECT_TRUE(again->made_password().empty());
    EXPECT_EQ(login(*again, password), 201);
}

TEST_F(ControllerTest, ThePolicyFileIsForTheFirstStartOnly) {
    config_.policy_file = folder_ / "policy.yaml";
    std::ofstream(config_.policy_file)
        << "tenants:\n  - slug: acme\n    prefixes:\n      - prefix: 192.0.2.0/24\n";
    const auto tenants = [&](const Controller& controller) {
        const auto session =
            ask(controller, {.method = api::http::Method::post,
                             .path = "/api/v1/session",
                             .content_type = "application/json",
                             .body = R"({"login":"operator","password":"a password of twelve"})"});
        const auto cookie = session.header("set-cookie");
        return ask(controller,
                   {.path = "/api/v1/tenants", .headers = {{"Cookie", cookie.substr(0, cookie.find(';'))}}})
            .body;
    };
    config_.operator_password_file = folder_ / "password";
    std::ofstream(config_.operator_password_file) << "a password of twelve\n";
    {
        const auto controller = run();
        EXPECT_NE(tenants(*controller).find("\"slug\":\"acme\""), std::string::npos);
    }
    std::ofstream(config_.policy_file) << "tenants:\n  - slug: other\n";
    const auto again = run();
    EXPECT_EQ(tenants(*again).find("other"), std::string::npos);
}

TEST_F(ControllerTest, AWrongPolicyFileStopsTheStartWithItsLine) {
    config_.policy_file = folder_ / "policy.yaml";
    std::ofstream(config_.policy_file) << "tenants:\n  - slug: acme\n    nmae: Acme\n";
    Controller controller(config_,
                          {clock_, random_, base::Logger(base::null_sink(), clock_, "test"), "test"});
    const auto started = controller.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message().find("policy.yaml:3"), std::string::npos)
        << started.error().message();
}

TEST_F(ControllerTest, SaysThatItCanNotWorkWhenTheDiskFillsUp) {
    config_.disk_reserve_bytes = ~0ULL;  // more than any disk has
    const auto controller = run();
    api::http::ClientAnswer health;
    for (int i = 0; i < 300 && health.status != 503; ++i) {
        std::this_thread::sleep_for(20ms);
        health = ask(*controller, {.path = "/api/v1/health"});
    }
    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(health.header("content-type"), "application/problem+json");
    EXPECT_EQ(health.header("retry-after"), "2");
    EXPECT_NE(health.body.find("Make room"), std::string::npos) << health.body;
}

TEST_F(ControllerTest, MetricsAreForThoseWhoMayReadThem) {
    {
        const auto controller = run();
        const auto metrics = ask(*controller, {.path = "/metrics"});
        EXPECT_EQ(metrics.status, 200);
        EXPECT_NE(metrics.body.find("sluice_http_responses_total"), std::string::npos);
    }
    config_.rest.metrics_from = {*net::Prefix::parse("192.0.2.0/24")};
    EXPECT_EQ(ask(*run(), {.path = "/metrics"}).status, 403);
}

TEST_F(ControllerTest, ServesThePortalBesideTheApi) {
    config_.rest.portal_directory = folder_ / "portal";
    fs::create_directories(config_.rest.portal_directory);
    std::ofstream(config_.rest.portal_directory + "/index.html") << "<html></html>";
    const auto controller = run();
    EXPECT_EQ(ask(*controller, {.path = "/"}).body, "<html></html>");
    EXPECT_EQ(ask(*controller, {.path = "/incidents"}).body, "<html></html>");
    EXPECT_EQ(ask(*controller, {.path = "/api/v1/nothing"}).status, 404);
    EXPECT_EQ(ask(*controller, {.path = "/api/v2/tenants"}).status, 404);
    EXPECT_EQ(ask(*controller, {.method = api::http::Method::post, .path = "/"}).status, 405);
}

}  // namespace
}  // namespace sluice::apps::controller
