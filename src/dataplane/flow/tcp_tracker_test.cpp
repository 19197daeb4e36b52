#include "dataplane/flow/tcp_tracker.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataplane/flow/flow_world.hpp"

namespace sluice::dataplane::flow {
namespace {

// Segments of one connection, client 10.0.0.1:4000 and server 192.0.2.1:443.
class Connection : public testing::Test {
  protected:
    struct Extra {
        std::uint32_t payload = 0;
        std::uint16_t window = 8192;
        int scale = -1;  // of a SYN: the option
    };
    std::string_view client(std::string_view flags, std::uint32_t sequence, std::uint32_t ack, Extra extra) {
        return send("10.0.0.1:4000 > 192.0.2.1:443", flags, sequence, ack, extra);
    }
    std::string_view server(std::string_view flags, std::uint32_t sequence, std::uint32_t ack, Extra extra) {
        return send("192.0.2.1:443 > 10.0.0.1:4000", flags, sequence, ack, extra);
    }
    std::string_view client(std::string_view flags, std::uint32_t sequence, std::uint32_t ack = 0) {
        return client(flags, sequence, ack, Extra{});
    }
    std::string_view server(std::string_view flags, std::uint32_t sequence, std::uint32_t ack = 0) {
        return server(flags, sequence, ack, Extra{});
    }
    std::string_view send(std::string_view ends, std::string_view flags, std::uint32_t sequence,
                          std::uint32_t ack, const Extra& extra) {
        const bool option = extra.scale >= 0;
        TextPacket packet(fmt::format("tcp {} {} seq {} ack-number {} payload {}{}", ends, flags, sequence,
                                      ack, extra.payload + (option ? 4 : 0), option ? " data-offset 6" : ""));
        packet.put16(14, extra.window);
        if (option) {
            packet.put16(20, 0x0303);
            packet.put16(22, static_cast<std::uint16_t>(extra.scale << 8U));
        }
        packet.read();
        return world.send(packet);
    }
    void establish() {
        ASSERT_EQ(client("syn", 1000), "pass");
        ASSERT_EQ(server("syn ack", 5000, 1001), "pass");
        ASSERT_EQ(client("ack", 1001, 5001), "pass");
        ASSERT_EQ(state(), FlowState::tcp_established);
    }
    [[nodiscard]] FlowState state() {
        const Found found = world.table.find({1, 6, net::Address::parse("10.0.0.1").value(), 4000,
                                              net::Address::parse("192.0.2.1").value(), 443});
        return found.flow == nullptr ? FlowState::free : found.flow->state;
    }

    FlowWorld world;
};

TEST_F(Connection, LivesAndDies) {
    EXPECT_EQ(client("syn", 1000), "pass");
    EXPECT_EQ(state(), FlowState::tcp_syn_sent);
    EXPECT_EQ(client("syn", 1000), "pass") << "once more";
    EXPECT_EQ(server("syn ack", 5000, 1001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_syn_received);
    EXPECT_EQ(server("syn ack", 5000, 1001), "pass") << "once more";
    EXPECT_EQ(client("ack", 1001, 5001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_established);
    EXPECT_EQ(client("ack psh", 1001, 5001, {.payload = 100}), "pass");
    EXPECT_EQ(server("ack", 5001, 1101, {.payload = 1000}), "pass");
    EXPECT_EQ(client("ack fin", 1101, 6001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_half_closed);
    EXPECT_EQ(server("ack", 6001, 1102, {.payload = 500}), "pass") << "the other half is open";
    EXPECT_EQ(client("ack", 1102, 6501), "pass");
    EXPECT_EQ(server("ack fin", 6501, 1102), "pass");
    EXPECT_EQ(state(), FlowState::tcp_closing);
    EXPECT_EQ(client("ack", 1102, 6502), "pass");
    EXPECT_EQ(state(), FlowState::tcp_time_wait);
    EXPECT_EQ(server("ack fin", 6501, 1102), "pass") << "the last ACK was lost";
    EXPECT_EQ(client("syn", 900'000), "pass") << "the same ports again";
    EXPECT_EQ(state(), FlowState::tcp_syn_sent);
    EXPECT_EQ(server("syn ack", 77, 900'001), "pass");
    EXPECT_EQ(client("ack", 900'001, 78), "pass");
    EXPECT_EQ(state(), FlowState::tcp_established);
}

TEST_F(Connection, BeginsWithASyn) {
    EXPECT_EQ(client("ack", 1000, 5000), "tcp-state");
    EXPECT_EQ(client("syn ack", 1000, 5000), "tcp-state");
    EXPECT_EQ(client("rst", 1000), "tcp-state");
    EXPECT_EQ(client("syn fin", 1000), "tcp-state");
    EXPECT_EQ(client("none", 1000), "tcp-state");
    EXPECT_EQ(state(), FlowState::free);
    ASSERT_EQ(client("syn", 1000), "pass");
    EXPECT_EQ(client("ack", 1001, 5001), "tcp-state") << "nothing was answered yet";
    EXPECT_EQ(client("ack fin", 1001, 5001), "tcp-state");
    EXPECT_EQ(server("syn ack", 5000, 1002), "tcp-window") << "acknowledges what was not sent";
    EXPECT_EQ(server("syn ack", 5000, 1000), "tcp-window");
    EXPECT_EQ(server("ack", 5000, 1001, {.payload = 10}), "tcp-state");
    EXPECT_EQ(state(), FlowState::tcp_syn_sent);
    ASSERT_EQ(server("syn ack", 5000, 1001), "pass");
    EXPECT_EQ(client("ack", 1001, 5000), "tcp-window") << "a guess must be exact";
    EXPECT_EQ(client("ack", 1001, 5002), "tcp-window");
    EXPECT_EQ(state(), FlowState::tcp_syn_received);
}

TEST_F(Connection, KeepsWithinItsWindows) {
    establish();
    EXPECT_EQ(client("ack", 1001, 5001, {.payload = 1000}), "pass");
    EXPECT_EQ(server("ack", 5001, 2001), "pass");
    EXPECT_EQ(client("ack", 2001, 5001, {.payload = 1000}), "pass");
    EXPECT_EQ(client("ack", 1001, 5001, {.payload = 1000}), "pass") << "sent again";
    EXPECT_EQ(client("ack", 2001 + 8192, 5001, {.payload = 1}), "tcp-window") << "beyond what is allowed";
    EXPECT_EQ(client("ack", 2001 + 8191, 5001, {.payload = 1}), "pass") << "the last byte of the window";
    EXPECT_EQ(client("ack", 2000, 5001), "tcp-window") << "older than a window";
    EXPECT_EQ(client("ack", 2001, 5002), "tcp-window") << "acknowledges what was not sent";
    EXPECT_EQ(client("ack", 2001, 5001 - 66'001), "tcp-window");
    EXPECT_EQ(client("ack", 2001, 5001 - 60'000), "pass") << "an old acknowledgement";
    EXPECT_EQ(server("ack", 5001 + 100'000, 2001), "tcp-window");
}

TEST_F(Connection, SequenceNumbersWrap) {
    ASSERT_EQ(client("syn", 0xffffff00), "pass");
    ASSERT_EQ(server("syn ack", 0xfffffff0, 0xffffff01), "pass");
    ASSERT_EQ(client("ack", 0xffffff01, 0xfffffff1), "pass");
    EXPECT_EQ(client("ack", 0xffffff01, 0xfffffff1, {.payload = 1000}), "pass");
    EXPECT_EQ(server("ack", 0xfffffff1, 0xffffff01 + 1000, {.payload = 100}), "pass");
    EXPECT_EQ(client("ack", 0xffffff01 + 1000, 0xfffffff1 + 100), "pass");
    EXPECT_EQ(client("ack", 0xffffff01 + 1000, 0xfffffff1 + 101), "tcp-window");
}

TEST_F(Connection, ScalesItsWindows) {
    ASSERT_EQ(client("syn", 1000, 0, {.window = 64'000, .scale = 7}), "pass");
    ASSERT_EQ(server("syn ack", 5000, 1001, {.window = 64'000, .scale = 2}), "pass");
    ASSERT_EQ(client("ack", 1001, 5001, {.window = 1000}), "pass");
    // 1000 << 7 from the client; 64,000 from the server's SYN, which is not scaled.
    EXPECT_EQ(server("ack", 5001 + 127'999, 1001, {.payload = 1, .window = 20'000}), "pass");
    EXPECT_EQ(server("ack", 5001 + 128'000, 1001, {.payload = 1, .window = 20'000}), "tcp-window");
    EXPECT_EQ(client("ack", 1001 + 79'999, 5001, {.payload = 1, .window = 1000}), "pass") << "20000 << 2";
    EXPECT_EQ(client("ack", 1001 + 80'000, 5001, {.payload = 1, .window = 1000}), "tcp-window");
}

TEST_F(Connection, DoesNotScaleWhatOnlyOneOffers) {
    ASSERT_EQ(client("syn", 1000, 0, {.window = 1000, .scale = 7}), "pass");
    ASSERT_EQ(server("syn ack", 5000, 1001), "pass");
    ASSERT_EQ(client("ack", 1001, 5001, {.window = 1000}), "pass");
    EXPECT_EQ(server("ack", 5001 + 999, 1001, {.payload = 1}), "pass");
    EXPECT_EQ(server("ack", 5001 + 1000, 1001, {.payload = 1}), "tcp-window");
}

TEST_F(Connection, ProbesAZeroWindow) {
    establish();
    EXPECT_EQ(server("ack", 5001, 1001, {.window = 0}), "pass");
    EXPECT_EQ(client("ack", 1000, 5001), "pass") << "keep-alive: one before the next byte";
    EXPECT_EQ(client("ack", 1001 + 8192, 5001), "pass") << "what was allowed once stays allowed";
}

TEST_F(Connection, OnlyAnExactResetCloses) {
    establish();
    EXPECT_EQ(server("ack", 5001, 1001, {.payload = 100}), "pass");
    EXPECT_EQ(client("rst", 3000), "pass") << "in window: the server's challenge ACK settles it";
    EXPECT_EQ(state(), FlowState::tcp_established);
    EXPECT_EQ(client("rst", 1001 + 9000), "tcp-window");
    EXPECT_EQ(server("rst", 123'456), "tcp-window");
    EXPECT_EQ(state(), FlowState::tcp_established);
    EXPECT_EQ(server("rst ack", 5101, 1001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_closed);
    EXPECT_EQ(server("ack", 5101, 1001, {.payload = 10}), "tcp-state") << "it said that it is gone";
    EXPECT_EQ(client("ack", 1001, 5101, {.payload = 10}), "pass") << "it may not have heard of it";
    EXPECT_EQ(server("rst", 5101), "pass") << "and hears it again";
    EXPECT_EQ(client("syn", 77'000), "pass");
    EXPECT_EQ(state(), FlowState::tcp_syn_sent);
}

TEST_F(Connection, AClosedPortRefuses) {
    ASSERT_EQ(client("syn", 1000), "pass");
    EXPECT_EQ(server("rst ack", 0, 999), "tcp-window");
    EXPECT_EQ(server("rst", 0), "tcp-window");
    EXPECT_EQ(server("rst ack", 0, 1001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_closed);
    EXPECT_EQ(client("syn", 2000), "pass") << "the next try";
    EXPECT_EQ(server("syn ack", 5000, 2001), "pass");
}

TEST_F(Connection, ASynInAnOpenConnectionIsSettledByItsEnds) {
    establish();
    EXPECT_EQ(client("syn", 600'000), "pass") << "the server answers with a challenge";
    EXPECT_EQ(state(), FlowState::tcp_established);
    EXPECT_EQ(server("ack", 5001, 1001), "pass") << "the challenge";
    EXPECT_EQ(client("rst", 1001), "pass") << "a client that knows nothing of it";
    EXPECT_EQ(state(), FlowState::tcp_closed);
    EXPECT_EQ(client("syn", 600'000), "pass");
    EXPECT_EQ(server("syn ack", 9000, 600'001), "pass");
    EXPECT_EQ(client("ack", 600'001, 9001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_established);
}

TEST_F(Connection, BothEndsForgot) {
    establish();
    EXPECT_EQ(server("syn ack", 9'000'000, 600'001), "tcp-window") << "nobody asked";
    EXPECT_EQ(client("syn", 600'000), "pass");
    EXPECT_EQ(server("syn ack", 9'000'000, 600'001), "pass") << "the server has no connection either";
    EXPECT_EQ(state(), FlowState::tcp_syn_received);
    EXPECT_EQ(client("ack", 600'001, 9'000'001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_established);
    EXPECT_EQ(server("ack", 9'000'001, 600'001, {.payload = 1000}), "pass");
}

TEST_F(Connection, AChallengeToASynPasses) {
    ASSERT_EQ(client("syn", 1000), "pass");
    EXPECT_EQ(server("ack", 888, 999), "pass") << "the server still has an older connection";
    EXPECT_EQ(state(), FlowState::tcp_syn_sent);
    EXPECT_EQ(client("rst", 999), "pass");
    EXPECT_EQ(state(), FlowState::tcp_syn_sent) << "the SYN comes again";
    EXPECT_EQ(client("syn", 1000), "pass");
    EXPECT_EQ(server("syn ack", 5000, 1001), "pass");
}

TEST_F(Connection, BothBeginAtOnce) {
    ASSERT_EQ(client("syn", 1000), "pass");
    EXPECT_EQ(server("syn", 5000), "pass");
    EXPECT_EQ(client("syn ack", 1000, 5001), "pass");
    EXPECT_EQ(server("syn ack", 5000, 1001), "pass");
    EXPECT_EQ(client("ack", 1001, 5001), "pass");
    EXPECT_EQ(state(), FlowState::tcp_established);
    EXPECT_EQ(server("ack", 5001, 1001, {.payload = 100}), "pass");
}

TEST_F(Connection, FromTheOtherEndItIsANewFlow) {
    establish();
    EXPECT_EQ(client("rst", 1001), "pass");
    world.next.rule = 9;
    EXPECT_EQ(server("syn", 40'000), "pass");
    EXPECT_EQ(world.last.flow->tuple.source_port, 443) << "judged anew, as its own originator";
    EXPECT_EQ(world.last.flow->rule, 9U);
    EXPECT_EQ(world.table.counts().open.value(), 1U);
}

TEST_F(Connection, IsPickedUpInMidStreamOnlyWhereTheTenantWantsIt) {
    world.times = FlowTimes::from({}, false);
    EXPECT_EQ(client("rst", 1), "tcp-state");
    EXPECT_EQ(client("ack", 500'000, 700'000, {.payload = 10}), "pass");
    EXPECT_EQ(state(), FlowState::tcp_picked_up);
    EXPECT_EQ(eviction_of(world.last.flow->state, world.last.flow->flags), Eviction::unproved);
    EXPECT_EQ(server("ack", 700'000, 500'010, {.payload = 10}), "pass");
    EXPECT_EQ(state(), FlowState::tcp_established);
    EXPECT_EQ(client("ack", 12'345, 700'010), "pass") << "windows are not known";
    EXPECT_EQ(client("rst", 1), "pass");
    EXPECT_EQ(state(), FlowState::tcp_closed);
}

TEST_F(Connection, TimeOutsFollowTheState) {
    ASSERT_EQ(client("syn", 1000), "pass");
    world.wait(29);
    ASSERT_EQ(server("syn ack", 5000, 1001), "pass");
    world.wait(29);
    ASSERT_EQ(client("ack", 1001, 5001), "pass");
    world.wait(7400);
    ASSERT_EQ(client("ack", 1001, 5001), "pass");
    world.wait(7000);
    EXPECT_EQ(client("rst", 5000), "pass");
    EXPECT_EQ(client("syn", 77), "pass");
    world.wait(450);
    EXPECT_EQ(state(), FlowState::free) << "neither has kept it alive";
}

TEST_F(Connection, BrokenHeadersAreDropped) {
    establish();
    TextPacket packet(
        "tcp 10.0.0.1:4000 > 192.0.2.1:443 ack seq 1001 ack-number 5001 payload 4 data-offset 15");
    EXPECT_EQ(world.send(packet), "tcp-state");
    // An option that claims to be longer than the header, in a SYN that begins anew.
    EXPECT_EQ(client("rst", 1001), "pass");
    TextPacket syn("tcp 10.0.0.1:4000 > 192.0.2.1:443 syn seq 7 payload 4 data-offset 6");
    syn.put16(20, 0x03ff);
    EXPECT_EQ(world.send(syn), "pass");
    EXPECT_EQ(world.last.flow->tcp[0].flags & side_scale, 0);
}

}  // namespace
}  // namespace sluice::dataplane::flow
