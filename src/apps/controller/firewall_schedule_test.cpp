// A rule with office hours, from the policy file to what a gateway is given, over the end of winter time.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "apps/controller/controller.hpp"
#include "rpc/gateway_client.hpp"

namespace sluice::apps::controller {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Programs final : public rpc::GatewayClientHandler {
  public:
    void on_programs(rpc::ProgramUpdate update) override {
        const std::lock_guard lock(mutex_);
        for (auto& program : update.programs) last_ = std::move(program);
        changed_.notify_all();
    }
    // The first program whose rule begins at this minute of the week (UTC), or the last one that came.
    model::TenantProgram wait_for(std::uint16_t first_minute) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 20s, [&] { return begin_of(last_) == first_minute; });
        return last_;
    }
    static int begin_of(const model::TenantProgram& program) {
        const auto& rules = program.firewall.rules;
        return rules.empty() || rules[0].windows.empty() ? -1 : rules[0].windows[0].first_minute;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    model::TenantProgram last_;
};

class FirewallScheduleTest : public ::testing::Test {
  protected:
    FirewallScheduleTest() { fs::create_directories(folder_); }
    ~FirewallScheduleTest() override { fs::remove_all(folder_); }

    fs::path folder_ = fs::temp_directory_path() / ("sluice-schedule-" + std::to_string(::getpid()));
};

TEST_F(FirewallScheduleTest, GatewaysFollowDaylightSaving) {
    using namespace std::chrono;
    base::ManualClock clock(base::Timestamp{sys_days{2026y / March / 29} + 59min});
    base::SystemRandom random;
    const base::Logger log(base::null_sink(), clock, "test");
    ControllerConfig config;
    config.data_directory = folder_ / "data";
    config.rest.http.listen = "127.0.0.1:0";
    config.link.listen = "127.0.0.1:0";
    config.policy_file = folder_ / "policy.yaml";
    std::ofstream(config.policy_file)
        << "tenants:\n  - slug: acme\n    prefixes: [192.0.2.0/24]\n    firewall:\n      time_zone: "
           "Europe/Vienna\n      zones: [inside]\n      attachments: [{name: hq, zone: inside, kind: vlan, "
           "vlan: "
           "10, prefixes: [10.0.0.0/8]}]\n      schedules: [{name: office, days: mon-fri, hours: "
           "08:00-18:00}]\n      rules: [{name: out, from: inside, to: internet, schedule: office, action: "
           "allow}]\n";
    Controller controller(config, {clock, random, log, "test"});
    const auto started = controller.start();
    ASSERT_TRUE(started) << started.error().message();

    Programs programs;
    base::MetricRegistry metrics;
    rpc::LinkClientConfig link;
    link.server = "127.0.0.1:" + std::to_string(controller.link_port());
    link.name = "guard-1";
    rpc::GatewayClient gateway(link, {programs, clock, log, metrics});
    ASSERT_TRUE(gateway.start());

    const auto winter = programs.wait_for(7 * 60);
    ASSERT_EQ(Programs::begin_of(winter), 7 * 60) << "08:00 in Vienna is 07:00 UTC";
    EXPECT_TRUE(winter.firewall.enabled);
    clock.advance(2min);
    const auto summer = programs.wait_for(6 * 60);
    EXPECT_EQ(Programs::begin_of(summer), 6 * 60) << "from 01:00 UTC on it is 06:00 UTC";
    EXPECT_GT(summer.generation, winter.generation);
    gateway.stop();
    controller.stop();
}

}  // namespace
}  // namespace sluice::apps::controller
