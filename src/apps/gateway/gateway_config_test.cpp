#include "apps/gateway/gateway_config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace sluice::apps::gateway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* least = R"(gateway:
  name: vienna-1
  dirty: { device: "net_null0", addresses: [192.0.2.1] }
  clean: { next_hop_mac: "02:00:00:00:00:01" }
)";

class Config : public ::testing::Test {
  protected:
    ~Config() override { fs::remove(file_); }
    base::Result<GatewayConfig> load(const std::string& more) {
        std::ofstream(file_) << least << more;
        return load_gateway_config(file_);
    }
    std::string refusal(const std::string& more) {
        const auto config = load(more);
        return config ? "accepted" : config.error().message();
    }
    fs::path file_ = fs::temp_directory_path() / ("sluice-gateway-" + std::to_string(::getpid()) + ".yaml");
};

TEST_F(Config, NothingIsLoggedThatIsNotAskedFor) {
    const auto config = load("");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_FALSE(config->logs.nat);
    EXPECT_FALSE(config->logs.ipfix);
    EXPECT_FALSE(config->logs.rules);
}

TEST_F(Config, TheLogsArrive) {
    const auto config = load(R"(  nat_log:
    file: /var/log/sluice/nat.jsonl
    rotate_at_mb: 7
    rotate_after: 1 h
    keep_files: 3
    ipfix: 192.0.2.50:4739
    observation_domain: 9
    template_every: 20 s
  rule_log:
    file: /var/log/sluice/rules.jsonl
)");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->logs.gateway, "vienna-1");
    ASSERT_TRUE(config->logs.nat);
    EXPECT_EQ(config->logs.nat->path, "/var/log/sluice/nat.jsonl");
    EXPECT_EQ(config->logs.nat->rotate_bytes, 7U << 20U);
    EXPECT_EQ(config->logs.nat->rotate_after, 1h);
    EXPECT_EQ(config->logs.nat->keep, 3U);
    ASSERT_TRUE(config->logs.ipfix);
    EXPECT_EQ(config->logs.ipfix->collector, "192.0.2.50:4739");
    EXPECT_EQ(config->logs.ipfix->format.observation_domain, 9U);
    EXPECT_EQ(config->logs.ipfix->format.template_interval, 20s);
    ASSERT_TRUE(config->logs.rules);
    EXPECT_EQ(config->logs.rules->keep, 30U);
}

TEST_F(Config, WhatIsWrongIsSaidWithItsLine) {
    const std::string nowhere = refusal("  nat_log: { rotate_at_mb: 7 }\n");
    EXPECT_NE(nowhere.find(":5: says not where to"), std::string::npos) << nowhere;
    EXPECT_NE(refusal("  nat_log: { file: /a, fiel: /b }\n").find("fiel"), std::string::npos);
    EXPECT_NE(refusal("  nat_log: { ipfix: collector }\n").find("ipfix"), std::string::npos);
    EXPECT_NE(refusal("  rule_log: {}\n").find("file"), std::string::npos);
    EXPECT_NE(refusal("  nat_log: { file: /a }\n  rule_log: { file: /a }\n").find("two logs in one file"),
              std::string::npos);
}

TEST_F(Config, TheTablesArrive) {
    EXPECT_FALSE(load("")->attributes.countries);
    const auto config = load("  attributes: {countries: /etc/c.csv, check_every: 1 min}\n");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->attributes.countries, "/etc/c.csv");
    EXPECT_FALSE(config->attributes.reputations);
    EXPECT_EQ(config->attributes.check_every_ms, 60'000U);
    EXPECT_NE(refusal("  attributes: {}\n").find(":5: names no table"), std::string::npos);
    EXPECT_NE(refusal("  attributes: {countries: /a, reputations: /a}\n").find("two tables in one file"),
              std::string::npos);
    EXPECT_NE(refusal("  attributes: {countries: /a, check_every: 1 ms}\n").find("write 1 s to 24 h"),
              std::string::npos);
}

}  // namespace
}  // namespace sluice::apps::gateway
