#include "api/system/alarm_board.hpp"

#include <gtest/gtest.h>

#include "incident/event_sink.hpp"

namespace sluice::api::system {
namespace {

class Recorder final : public incident::EventSink {
  public:
    void publish(model::Event event) override { kinds.push_back(event.kind); }
    std::vector<std::string> kinds;
};

class Alarms : public ::testing::Test {
  protected:
    Alarm alarm(std::string subject) {
        return {
            "gateway-silent", std::move(subject), Severity::critical, "It is silent.", "Look at it.", {}, {}};
    }
    base::ManualClock clock_;
    base::MetricRegistry metrics_;
    Recorder events_;
    AlarmBoard board_{{}, {events_, clock_, base::Logger(base::null_sink(), clock_, "test"), metrics_}};
};

TEST_F(Alarms, AreToldOnceAndClearedOnce) {
    board_.raise(alarm("guard-1"));
    board_.raise(alarm("guard-1"));
    EXPECT_EQ(board_.active().size(), 1U);
    board_.clear("gateway-silent", "guard-1");
    board_.clear("gateway-silent", "guard-1");
    EXPECT_TRUE(board_.active().empty());
    EXPECT_EQ(events_.kinds, (std::vector<std::string>{"alarm.raised", "alarm.cleared"}));
    ASSERT_EQ(board_.all().size(), 1U);
    EXPECT_TRUE(board_.all()[0].cleared_at);
}

TEST_F(Alarms, ClearedOnesAreForgottenAfterADay) {
    board_.raise(alarm("guard-1"));
    board_.clear("gateway-silent", "guard-1");
    clock_.advance(std::chrono::hours(25));
    EXPECT_TRUE(board_.all().empty());
}

TEST_F(Alarms, NewestFirst) {
    board_.raise(alarm("a"));
    clock_.advance(std::chrono::seconds(1));
    board_.raise(alarm("b"));
    EXPECT_EQ(board_.all()[0].subject, "b");
}

}  // namespace
}  // namespace sluice::api::system
