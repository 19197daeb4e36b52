// Countries and reputations in explanations by the REST interface: by the controller's own files, as they
// change, and what is said where there are none; and what the firewall's page says of the gateways' tables.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "api/http/client.hpp"
#include "apps/controller/controller.hpp"
#include "base/testing/eventually.hpp"
#include "rpc/gateway_client.hpp"

namespace sluice::apps::controller {
namespace {

using namespace std::chrono_literals;
using base::testing::eventually;
namespace fs = std::filesystem;

constexpr const char* policy =
    "tenants:\n"
    "  - slug: acme\n"
    "    prefixes: [192.0.2.0/24]\n"
    "    firewall:\n"
    "      zones: [inside]\n"
    "      attachments: [{name: hq, zone: inside, kind: vlan, vlan: 10, prefixes: [192.0.2.0/25]}]\n"
    "      addresses:\n"
    "        - {name: abroad, country: [RU, CN]}\n"
    "        - {name: bad-hosts, reputation: [botnet]}\n"
    "      address_groups: [{name: unwanted, members: [abroad, bad-hosts]}]\n"
    "      rules:\n"
    "        - {name: no-unwanted, from: internet, source: unwanted, action: drop}\n"
    "        - {name: web, from: internet, to: inside, service: https, action: allow}\n";

class ExplainTables : public ::testing::Test {
  protected:
    ExplainTables() {
        fs::create_directories(folder_);
        config_.data_directory = folder_ / "data";
        config_.rest.http.listen = "127.0.0.1:0";
        config_.link.listen = "127.0.0.1:0";
        config_.policy_file = folder_ / "policy.yaml";
        config_.operator_password_file = folder_ / "password";
        config_.attributes.check_every_ms = 5;
        std::ofstream(config_.operator_password_file) << "a password of twelve\n";
        std::ofstream(config_.policy_file) << policy;
    }
    ~ExplainTables() override {
        controller_.reset();
        fs::remove_all(folder_);
    }
    void put(const char* name, const std::string& text) const {
        std::ofstream(folder_ / "new", std::ios::binary) << text;
        fs::rename(folder_ / "new", folder_ / name);
    }

    void start() {
        controller_ =
            std::make_unique<Controller>(config_, Controller::Dependencies{clock_, random_, log_, "test"});
        const auto started = controller_->start();
        ASSERT_TRUE(started) << started.error().message();
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
    std::string explained() {
        return ask(api::http::Method::post, "/tenants/tenant-1/explain",
                   R"({"packets":["tcp 198.51.100.7:4242 > 192.0.2.9:443 syn"]})")
            .body;
    }
    std::string firewall() { return ask(api::http::Method::get, "/tenants/tenant-1/firewall").body; }

    base::SystemClock clock_;
    base::SystemRandom random_;
    base::Logger log_{base::null_sink(), clock_, "test"};
    base::MetricRegistry metrics_;
    fs::path folder_ = fs::temp_directory_path() / ("sluice-explain-tables-" + std::to_string(::getpid()));
    ControllerConfig config_;
    std::unique_ptr<Controller> controller_;
    std::string cookie_;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_F(ExplainTables, WithoutTablesNothingMatchesAndTheAnswerSaysSo) {
    ASSERT_NO_FATAL_FAILURE(start());
    const std::string told = explained();
    EXPECT_TRUE(has(told, R"("rule":"web")")) << told;
    EXPECT_TRUE(has(told, "is in a country that is not known here, as there is no table")) << told;
    EXPECT_TRUE(has(told, R"("name":"countries","edition":null)")) << told;
    EXPECT_TRUE(has(told, "the controller has no table of reputations")) << told;
}

TEST_F(ExplainTables, TheControllersFilesAreAskedAndReadAgainWhenTheyChange) {
    put("countries.csv", "prefix,country\n198.51.100.0/24,RU\n");
    put("reputations.csv", "prefix,tags\n198.51.100.7,botnet\n");
    config_.attributes.countries = folder_ / "countries.csv";
    config_.attributes.reputations = folder_ / "reputations.csv";
    ASSERT_NO_FATAL_FAILURE(start());
    const std::string told = explained();
    EXPECT_TRUE(has(told, R"("rule":"no-unwanted")")) << told;
    EXPECT_TRUE(has(told, "Its source 198.51.100.7 is in RU by the table of 20")) << told;
    EXPECT_TRUE(has(told, R"("name":"countries","edition":"20)")) << told;
    put("countries.csv", "prefix,country\n198.51.100.0/24,DE\n");
    put("reputations.csv", "prefix,tags\n");
    EXPECT_TRUE(eventually([&] { return has(explained(), R"("rule":"web")"); })) << explained();
    EXPECT_TRUE(has(explained(), "is in DE by the table of 20"));
    put("countries.csv", "no table\n");
    std::this_thread::sleep_for(100ms);
    EXPECT_TRUE(has(explained(), "is in DE by the table of 20")) << "a wrong file changes nothing";
}

// Reports as a gateway does; programs do not matter here.
class Silent final : public rpc::GatewayClientHandler {
  public:
    void on_programs(rpc::ProgramUpdate /*update*/) override {}
};

TEST_F(ExplainTables, TheFirewallSaysWhatRulesAskAndWhetherGatewaysHaveIt) {
    ASSERT_NO_FATAL_FAILURE(start());
    const std::string alone = firewall();
    EXPECT_TRUE(has(alone, R"("object":"abroad","sentence":"What is in RU or CN, by the gateways' tables.")"))
        << alone;
    EXPECT_TRUE(has(alone, R"("object":"bad-hosts")")) << alone;
    EXPECT_TRUE(has(alone, "No gateway reports: whether there is a table of countries is not known."))
        << alone;
    Silent handler;
    rpc::LinkClientConfig link;
    link.name = "gw-1";
    link.server = "127.0.0.1:" + std::to_string(controller_->link_port());
    rpc::GatewayClient client(link, {handler, clock_, log_, metrics_});
    ASSERT_TRUE(client.start());
    model::GatewayReport report;
    report.name = "gw-1";
    report.diversion_next_hop = net::Address::v4(0xc6336401);
    report.tables.countries = base::Timestamp(std::chrono::hours(24 * 365 * 50));
    const auto reported = [&](const std::string& part) {
        return eventually([&] {
            report.at = clock_.wall();
            client.send(report);
            std::this_thread::sleep_for(20ms);
            return has(firewall(), part);
        });
    };
    EXPECT_TRUE(
        reported("The gateways go by a table of countries that was written at 2019-12-20T00:00:00.000Z."))
        << firewall();
    EXPECT_TRUE(
        has(firewall(), "No gateway has a table of reputations: what asks for a reputation matches nothing."))
        << firewall();
    client.stop();
}

}  // namespace
}  // namespace sluice::apps::controller
