#include "telemetry/receive_loop.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::telemetry {
namespace {

// Gives what a test put in, then time-outs; each call takes as long as it was told to wait, on a manual
// clock.
class MemorySource final : public DatagramSource {
  public:
    MemorySource(base::ManualClock& clock, std::vector<std::vector<Datagram>> batches)
        : clock_(clock), batches_(std::move(batches)) {}
    std::span<const Datagram> receive(base::Duration patience) override {
        if (next_ < batches_.size()) return batches_[next_++];
        clock_.advance(patience);
        return {};
    }
    SourceStatistics statistics() override { return {.datagrams = next_}; }

  private:
    base::ManualClock& clock_;
    std::vector<std::vector<Datagram>> batches_;
    std::size_t next_ = 0;
};

class Handler final : public DatagramHandler {
  public:
    explicit Handler(int ticks_before_stop) : left_(ticks_before_stop) {}
    void on_datagrams(std::span<const Datagram> batch) override { datagrams += batch.size(); }
    void on_tick(base::Instant now) override {
        ticks.push_back(now);
        if (--left_ == 0) loop->stop();
    }
    ReceiveLoop* loop = nullptr;
    std::size_t datagrams = 0;
    std::vector<base::Instant> ticks;

  private:
    int left_;
};

TEST(ReceiveLoop, HandsEverythingOverAndTicks) {
    base::ManualClock clock;
    MemorySource source(clock,
                        {std::vector<Datagram>(3), std::vector<Datagram>(64), std::vector<Datagram>(1)});
    Handler handler(4);
    ReceiveLoop loop({.batch = 64, .gather_us = 0, .tick_interval_ms = 100}, source, handler, clock);
    handler.loop = &loop;
    loop.run();
    EXPECT_EQ(handler.datagrams, 68U);
    ASSERT_EQ(handler.ticks.size(), 5U);  // and one at the end
    EXPECT_EQ(handler.ticks[3] - handler.ticks[0], std::chrono::milliseconds(300));
    EXPECT_EQ(loop.statistics().datagrams, 3U);
}

}  // namespace
}  // namespace sluice::telemetry
