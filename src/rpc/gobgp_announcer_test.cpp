// Against the real gobgpd: ours, and a neighbour that takes our routes.
#include "rpc/gobgp_announcer.hpp"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/testing/eventually.hpp"
#include "gobgp.grpc.pb.h"
#include "rpc/gobgp_process.hpp"
#include "rpc/gobgp_route.hpp"

namespace sluice::rpc {
namespace {

using namespace std::chrono_literals;
using base::testing::eventually;
using model::MitigationKind;
using Steady = std::chrono::steady_clock;
using ::testing::IsEmpty;
using ::testing::SizeIs;

long ms_since(Steady::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start).count();
}

model::Route divert(const char* prefix, const char* next_hop) {
    model::Route route;
    route.prefix = *net::Prefix::parse(prefix);
    route.next_hop = *net::Address::parse(next_hop);
    return route;
}
model::Route blackhole(const char* prefix) {
    model::Route route;
    route.kind = MitigationKind::blackhole;
    route.prefix = *net::Prefix::parse(prefix);
    route.communities = {0xffff029aU};
    return route;
}
model::Route flowspec(const char* prefix, std::uint16_t port) {
    model::Route route;
    route.kind = MitigationKind::flowspec;
    route.prefix = *net::Prefix::parse(prefix);
    route.rule.destination = route.prefix;
    route.rule.protocol = 17;
    route.rule.source_port = port;
    return route;
}

// What another speaker has in its table, through its own API.
class Table {
  public:
    explicit Table(const std::string& api)
        : stub_(apipb::GobgpApi::NewStub(grpc::CreateChannel(api, grpc::InsecureChannelCredentials()))) {}

    std::vector<apipb::Path> paths(bool v4, bool flowspec) const {
        apipb::ListPathRequest request;
        request.set_table_type(apipb::GLOBAL);
        request.mutable_family()->set_afi(v4 ? apipb::Family::AFI_IP : apipb::Family::AFI_IP6);
        request.mutable_family()->set_safi(flowspec ? apipb::Family::SAFI_FLOW_SPEC_UNICAST
                                                    : apipb::Family::SAFI_UNICAST);
        grpc::ClientContext context;
        const auto reader = stub_->ListPath(&context, request);
        apipb::ListPathResponse response;
        std::vector<apipb::Path> all;
        while (reader->Read(&response)) {
            for (const auto& path : response.destination().paths()) all.push_back(path);
        }
        (void)reader->Finish();
        return all;
    }
    std::vector<model::Route> routes(bool v4, bool flowspec, const GobgpRouteStyle& style) const {
        std::vector<model::Route> all;
        for (const auto& path : paths(v4, flowspec)) {
            if (auto route = to_route(path, style)) all.push_back(*route);
        }
        return all;
    }
    // A route that is not ours.
    void add_foreign(const model::Route& route, const GobgpRouteStyle& style) const {
        auto foreign = style;
        foreign.mark_community = 77;
        apipb::AddPathRequest request;
        request.set_table_type(apipb::GLOBAL);
        *request.mutable_path() = *to_path(route, foreign);
        grpc::ClientContext context;
        apipb::AddPathResponse response;
        const auto status = stub_->AddPath(&context, request, &response);
        EXPECT_TRUE(status.ok()) << status.error_message();
    }

  private:
    std::unique_ptr<apipb::GobgpApi::Stub> stub_;
};

class Gobgp : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!GobgpProcess::available()) GTEST_SKIP() << "gobgpd is not installed (package gobgpd)";
        const std::string net = GobgpProcess::own_network();
        ours_ = std::make_unique<GobgpProcess>(GobgpSettings{net + ".1", 64512, net + ".2", 64513, false});
        peer_ = std::make_unique<GobgpProcess>(GobgpSettings{net + ".2", 64513, net + ".1", 64512, true});
        peer_->start();
        ours_->start();
        config_.server = ours_->api();
        announcer_ = std::make_unique<GobgpAnnouncer>(config_, GobgpAnnouncer::Dependencies{log_, metrics_});
        ASSERT_TRUE(announcer_->start());
        style_ = {config_.mark_community, config_.communities,
                  *net::Address::parse(config_.blackhole_next_hop),
                  *net::Address::parse(config_.blackhole_next_hop6)};
    }
    bool connected() const { return announcer_->state().connected; }
    bool established() const { return announcer_->state().peers_established == 1; }
    Table neighbour() const { return Table(peer_->api()); }

    base::SystemClock clock_;
    base::Logger log_{base::null_sink(), clock_, "test"};
    base::MetricRegistry metrics_;
    GobgpAnnouncerConfig config_;
    GobgpRouteStyle style_;
    std::unique_ptr<GobgpProcess> ours_;
    std::unique_ptr<GobgpProcess> peer_;
    std::unique_ptr<GobgpAnnouncer> announcer_;
};

TEST_F(Gobgp, RoutesOfEveryKindReachTheNeighbourAndLeaveItAgain) {
    ASSERT_TRUE(eventually([&] { return connected() && established(); })) << announcer_->state().detail;
    EXPECT_EQ(announcer_->state().detail, "");
    const model::Route routes[] = {
        divert("192.0.2.10/32", "10.9.0.2"),   divert("2001:db8::10/128", "fd00::2"),
        divert("198.51.100.0/24", "10.9.0.2"), blackhole("192.0.2.66/32"),
        blackhole("2001:db8::66/128"),         flowspec("192.0.2.10/32", 123),
        flowspec("2001:db8::10/128", 53)};
    for (const auto& route : routes) {
        const auto status = announcer_->announce(route);
        ASSERT_TRUE(status) << status.error().message();
    }
    const auto table = neighbour();
    ASSERT_TRUE(eventually([&] {
        return table.routes(true, false, style_).size() == 3 &&
               table.routes(false, false, style_).size() == 2 &&
               table.routes(true, true, style_).size() == 1 && table.routes(false, true, style_).size() == 1;
    }));
    std::vector<model::Route> arrived;
    for (const bool v4 : {true, false}) {
        for (const bool rules : {true, false}) {
            for (auto& route : table.routes(v4, rules, style_)) arrived.push_back(route);
        }
    }
    for (const auto& route : routes) {
        const auto it = std::ranges::find(arrived, route.key(), &model::Route::key);
        ASSERT_NE(it, arrived.end()) << route.key();
        EXPECT_EQ(it->kind, route.kind) << route.key();
        EXPECT_EQ(it->communities, route.communities) << route.key();
        EXPECT_EQ(it->rule.rate_limit_bytes_per_s, 0) << route.key();
        if (route.kind == MitigationKind::divert) {
            EXPECT_EQ(it->next_hop, route.next_hop) << route.key();
        }
    }
    EXPECT_THAT(*announcer_->announced(), SizeIs(7));
    for (const auto& route : routes) {
        ASSERT_TRUE(announcer_->withdraw(route));
        ASSERT_TRUE(announcer_->withdraw(route));  // what is not there is gone already
    }
    EXPECT_TRUE(eventually([&] {
        return table.paths(true, false).empty() && table.paths(false, false).empty() &&
               table.paths(true, true).empty() && table.paths(false, true).empty();
    }));
    EXPECT_THAT(*announcer_->announced(), IsEmpty());
}

TEST_F(Gobgp, AnnouncingAgainReplacesTheNextHop) {
    ASSERT_TRUE(eventually([&] { return connected(); }));
    ASSERT_TRUE(announcer_->announce(divert("192.0.2.10/32", "10.9.0.2")));
    ASSERT_TRUE(announcer_->announce(divert("192.0.2.10/32", "10.9.0.3")));
    const auto listed = announcer_->announced();
    ASSERT_THAT(*listed, SizeIs(1));
    EXPECT_EQ(listed->at(0).next_hop.to_string(), "10.9.0.3");
}

TEST_F(Gobgp, AThousandRoutesGoAtOnceAndEachIsAnswered) {
    ASSERT_TRUE(eventually([&] { return connected(); }));
    std::vector<model::Route> routes;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        auto route = divert("192.0.2.10/32", "10.9.0.2");
        route.prefix = net::Prefix::host(net::Address::v4(0x0a000000U + i));
        routes.push_back(route);
    }
    routes[500].next_hop = *net::Address::parse("fd00::1");  // cannot be said
    auto start = Steady::now();
    const auto announced = announcer_->announce_all(routes);
    const auto announce_ms = ms_since(start);
    ASSERT_THAT(announced, SizeIs(1000));
    for (std::size_t i = 0; i < announced.size(); ++i) EXPECT_EQ(announced[i].has_value(), i != 500) << i;
    EXPECT_THAT(*announcer_->announced(), SizeIs(999));
    routes.erase(routes.begin() + 500);
    start = Steady::now();
    for (const auto& answer : announcer_->withdraw_all(routes)) EXPECT_TRUE(answer);
    std::printf("1000 announced in %ld ms, withdrawn in %ld ms\n", announce_ms, ms_since(start));
    EXPECT_THAT(*announcer_->announced(), IsEmpty());
}

TEST_F(Gobgp, RoutesOfOthersAreNeitherListedNorTouched) {
    ASSERT_TRUE(eventually([&] { return connected(); }));
    const Table table(ours_->api());
    table.add_foreign(divert("203.0.113.0/24", "10.9.0.9"), style_);
    ASSERT_TRUE(announcer_->announce(divert("192.0.2.10/32", "10.9.0.2")));
    EXPECT_THAT(*announcer_->announced(), SizeIs(1));
    ASSERT_TRUE(announcer_->withdraw(divert("192.0.2.10/32", "10.9.0.2")));
    EXPECT_THAT(table.paths(true, false), SizeIs(1));
}

TEST_F(Gobgp, ARestartIsANewSessionNoticedWithinHalfASecond) {
    ASSERT_TRUE(eventually([&] { return connected(); }));
    std::atomic<int> woken{0};
    announcer_->on_state_change([&] { ++woken; });
    const auto session = announcer_->state().session;
    auto start = Steady::now();
    ours_->kill();
    ASSERT_TRUE(eventually([&] { return !connected(); }));
    EXPECT_LE(ms_since(start), 500);
    EXPECT_GE(woken, 1);
    const auto failed = announcer_->announce(divert("192.0.2.10/32", "10.9.0.2"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, base::ErrorCode::unavailable);
    ours_->start();
    // From the moment that the new gobgpd answers at all.
    const Table probe(ours_->api());
    ASSERT_TRUE(eventually([&] { return connected(); }));
    EXPECT_GT(announcer_->state().session, session);
    EXPECT_THAT(*announcer_->announced(), IsEmpty());
    announcer_->on_state_change({});
}

TEST_F(Gobgp, AHungSpeakerAndALostNeighbourAreNoticed) {
    ASSERT_TRUE(eventually([&] { return connected() && established(); }));
    peer_->kill();
    EXPECT_TRUE(eventually([&] { return !established(); }, 2000ms));
    EXPECT_THAT(announcer_->state().detail, ::testing::HasSubstr("no session with 127."));
    EXPECT_TRUE(connected());
    ours_->freeze(true);
    const auto start = Steady::now();
    EXPECT_FALSE(announcer_->announce(divert("192.0.2.10/32", "10.9.0.2")));
    EXPECT_LE(ms_since(start), 900);  // the deadline, not forever
    EXPECT_TRUE(eventually([&] { return !connected(); }, 4000ms));
    ours_->freeze(false);
    EXPECT_TRUE(eventually([&] { return connected(); }));
}

TEST_F(Gobgp, ARouteThatCannotBeSaidInBgpIsRefusedHere) {
    model::Route route = divert("192.0.2.10/32", "10.9.0.2");
    route.next_hop = *net::Address::parse("fd00::1");
    const auto status = announcer_->announce(route);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, base::ErrorCode::invalid_argument);
}

TEST(GobgpAnnouncerConfig, RefusesWhatMakesNoSense) {
    EXPECT_TRUE(validate(GobgpAnnouncerConfig{}));
    GobgpAnnouncerConfig config;
    config.server = "gobgp";
    EXPECT_EQ(validate(config).error().where, "server");
    config = {};
    config.blackhole_next_hop = "100::1";
    EXPECT_EQ(validate(config).error().where, "blackhole_next_hop");
    config = {};
    config.deadline_ms = 5000;
    EXPECT_EQ(validate(config).error().where, "deadline_ms");
}

}  // namespace
}  // namespace sluice::rpc
