#include "apps/controller/controller_config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace sluice::apps::controller {
namespace {

namespace fs = std::filesystem;

class Config : public ::testing::Test {
  protected:
    ~Config() override { fs::remove(file_); }
    base::Result<ControllerConfig> load(const std::string& text) {
        std::ofstream(file_) << text;
        return load_controller_config(file_);
    }
    std::string refusal(const std::string& text) {
        const auto config = load(text);
        return config ? "accepted" : config.error().message();
    }
    fs::path file_ = fs::temp_directory_path() / ("sluice-config-" + std::to_string(::getpid()) + ".yaml");
};

TEST_F(Config, DefaultsAreSafe) {
    const auto config = load("controller: {}\n");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->rest.http.listen, "127.0.0.1:8080");
    EXPECT_EQ(config->link.listen, "127.0.0.1:50061");
    EXPECT_FALSE(config->speaker);
    EXPECT_FALSE(config->webhooks_to_private_networks);
    EXPECT_EQ(config->mitigation.blackhole.mode, model::ConsentMode::off);
}

TEST_F(Config, EverySettingArrives) {
    const auto config = load(R"(controller:
  log_level: debug
  data_directory: /srv/sluice
  rest:
    listen: "[::1]:9443"
    portal_directory: /srv/portal
    metrics_from: [192.0.2.0/24]
    max_connections: 64
  link:
    listen: 127.0.0.1:7000
  speaker:
    server: 127.0.0.1:7001
    mark_community: "64500:7"
    blackhole_next_hop: 192.0.2.9
  operator: { login: anna }
  session_lifetime: 1 h
  collector_silent_after: 5 s
  mitigation:
    expires_after: 20 min
    longest: 2 h
    cooling: 30 s
    max_active_per_tenant: 5
    max_active: 50
    gateway_silent_after: 900 ms
    blackhole: { mode: ask, above_bits: 10 Gbps, above_packets: 2 Mpps, above_line_rates: 10, communities: ["65535:666", "64500:666"] }
    flowspec: { enabled: true, rate_limit: 8 Mbps }
  webhooks: { private_networks: true }
)");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->log_level, base::LogLevel::debug);
    EXPECT_EQ(config->data_directory, "/srv/sluice");
    EXPECT_EQ(config->rest.http.listen, "[::1]:9443");
    EXPECT_EQ(config->rest.http.max_connections, 64U);
    EXPECT_EQ(config->rest.metrics_from.size(), 1U);
    ASSERT_TRUE(config->speaker);
    EXPECT_EQ(config->speaker->mark_community, (64500U << 16U) | 7U);
    EXPECT_EQ(config->speaker->blackhole_next_hop, "192.0.2.9");
    EXPECT_EQ(config->operator_login, "anna");
    EXPECT_EQ(config->authentication.session_lifetime_s, 3600U);
    EXPECT_EQ(config->collector_silent_ms, 5000U);
    const auto& limits = config->mitigation.limits;
    EXPECT_EQ(limits.expiry_s, 1200U);
    EXPECT_EQ(limits.max_expiry_s, 7200U);
    EXPECT_EQ(limits.cooling_s, 30U);
    EXPECT_EQ(limits.max_active_per_tenant, 5U);
    EXPECT_EQ(limits.max_active_total, 50U);
    EXPECT_EQ(config->gateways.silent_ms, 900U);
    const auto& blackhole = config->mitigation.blackhole;
    EXPECT_EQ(blackhole.mode, model::ConsentMode::ask);
    EXPECT_EQ(blackhole.gateway_bits_per_s, 10'000'000'000U);
    EXPECT_EQ(blackhole.gateway_packets_per_s, 2'000'000U);
    EXPECT_EQ(blackhole.line_rate_multiple, 10.0);
    EXPECT_EQ(blackhole.communities, (std::vector<std::uint32_t>{0xffff029aU, (64500U << 16U) | 666U}));
    EXPECT_TRUE(config->mitigation.flowspec.enabled);
    EXPECT_EQ(config->mitigation.flowspec.rate_limit_bytes_per_s, 1'000'000.0);
    EXPECT_TRUE(config->webhooks_to_private_networks);
}

TEST_F(Config, WhatIsWrongIsNamedWithItsPlace) {
    EXPECT_NE(refusal("controller:\n  rest:\n    lisen: 127.0.0.1:1\n").find(":3"), std::string::npos);
    EXPECT_NE(refusal("controller:\n  session_lifetime: 12\n").find(":2"), std::string::npos);
    EXPECT_NE(refusal("controller:\n  rest: { listen: nowhere }\n").find(":2"), std::string::npos);
    EXPECT_NE(refusal("controller:\n  rest: { certificate: /x }\n").find("tls"), std::string::npos);
    EXPECT_NE(refusal("controller:\n  link: { listen: 0.0.0.0:50061 }\n").find("token"), std::string::npos)
        << "anybody could attach as a gateway";
    EXPECT_NE(refusal("controller:\n  link: { token_file: /nonexistent/token }\n").find(":2"),
              std::string::npos);
    EXPECT_NE(refusal("collector: {}\n").find("controller"), std::string::npos);
}

}  // namespace
}  // namespace sluice::apps::controller
