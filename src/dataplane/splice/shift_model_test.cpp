// A spliced connection against the same one without a splice: whatever its shift is, each segment is judged
// alike, the flow knows the same of both ends, and what leaves is the same segment, but for the shift.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "dataplane/flow/flow_world.hpp"
#include "dataplane/splice/splicer.hpp"

namespace sluice::dataplane::splice {
namespace {

using flow::Direction;
using flow::Step;
using flow::TextPacket;

struct Segment {
    bool reply = false;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::string flags;
    std::uint32_t payload = 0;
    std::uint16_t window = 0;

    [[nodiscard]] TextPacket packet(bool ipv6) const {
        const std::string client = ipv6 ? "[2001:db8:f::5]:1" : "198.18.0.5:1";
        const std::string server = ipv6 ? "[2001:db8:3::9]:443" : "203.0.113.9:443";
        TextPacket out(fmt::format("tcp {} > {} {} seq {} ack-number {} payload {}", reply ? server : client,
                                   reply ? client : server, flags, sequence, acknowledged, payload));
        out.put16(14, window);  // the checksum is wrong by as much in all of them
        return out;
    }
};

class Twins {
  public:
    explicit Twins(std::uint64_t seed) : random_(seed), ipv6_(random_() % 2 == 0) {
        const auto number = [&] { return static_cast<std::uint32_t>(random_()); };
        client_ = number();
        server_ = number();
        cookie_ = number();
        const std::uint16_t window = static_cast<std::uint16_t>(random_() % 65'536);
        const std::uint16_t other = static_cast<std::uint16_t>(random_() % 65'536);
        const Segment syn{false, client_, 0, "syn", 0, window};
        const Segment answer{true, server_, client_ + 1, "syn ack", 0, other};
        const Segment third{false, client_ + 1, server_ + 1, "ack", 0, window};
        auto first = syn.packet(ipv6_);
        EXPECT_EQ(plain_.send(first), "pass");
        spliced_.next.flags = flow::flow_spliced | flow::flow_verified;
        spliced_.next.splice = cookie_;
        EXPECT_EQ(spliced_.send(first), "pass");
        plain_flow_ = plain_.last.flow;
        spliced_flow_ = spliced_.last.flow;
        EXPECT_TRUE(spliced_flow_->is_splicing());
        EXPECT_EQ(step(plain_, plain_flow_, answer), Step::pass);
        EXPECT_EQ(step(plain_, plain_flow_, third), Step::pass);
        EXPECT_EQ(step(spliced_, spliced_flow_, answer), Step::joined);
        EXPECT_EQ(spliced_flow_->splice(), cookie_ - server_);
        compare();
    }

    void exchange() {
        const Segment here = some_segment();
        Segment there = here;
        // Who begins anew after the end is spliced no more.
        const bool shifted = spliced_flow_->has(flow::flow_spliced);
        if (shifted && !here.reply && here.flags.find("ack") != std::string::npos)
            there.acknowledged += shift();
        const Step plain = step(plain_, plain_flow_, here);
        ASSERT_EQ(step(spliced_, spliced_flow_, there), plain)
            << here.flags << ' ' << here.sequence << ' ' << here.acknowledged << " shift " << shift();
        ++judged[static_cast<std::size_t>(plain)];
        compare();
        if (plain != Step::pass || !spliced_flow_->has(flow::flow_spliced)) return;
        // What leaves: to the server as without a splice, to the client by the shift further on.
        Segment wanted = here;
        if (here.reply) wanted.sequence += shift();
        auto frame = there.packet(ipv6_);
        splice::shift(frame.key, {spliced_flow_, here.reply ? Direction::reply : Direction::original},
                      frame.frame);
        const auto expected = Segment(wanted).packet(ipv6_);
        for (const std::size_t at : {4U, 8U})
            ASSERT_EQ(number_at(frame, at), number_at(expected, at)) << here.flags;
        ASSERT_EQ(sum_of(frame), sum_of(expected)) << here.flags;
    }
    [[nodiscard]] bool is_over() const { return plain_flow_->state == flow::FlowState::tcp_closed; }

    static inline std::array<std::uint64_t, 8> judged{};

  private:
    [[nodiscard]] std::uint32_t shift() const { return cookie_ - server_; }

    static std::uint32_t number_at(const TextPacket& packet, std::size_t at) {
        return flow::detail::load32(packet.bytes.data() + packet.key.l4_offset + at);
    }
    // Of all bytes with the checksum's: the same of packets that are right or wrong alike.
    static std::uint32_t sum_of(const TextPacket& packet) {
        std::uint32_t sum = 0;
        for (std::size_t at = 0; at < 20; at += 2) {
            const std::uint8_t* word = packet.bytes.data() + packet.key.l4_offset + at;
            sum += static_cast<std::uint32_t>(word[0] << 8U | word[1]);
        }
        return sum % 0xffffU;
    }

    Step step(flow::FlowWorld& world, flow::Flow* flow, const Segment& segment) const {
        auto packet = segment.packet(ipv6_);
        return flow::track(*flow, segment.reply ? Direction::reply : Direction::original, packet.key,
                           packet.frame, world.times, world.table.now());
    }

    // Around the places that matter: what was sent, what is allowed, what was acknowledged.
    Segment some_segment() {
        Segment out;
        out.reply = random_() % 2 == 0;
        const flow::TcpSide& sender = plain_flow_->tcp[out.reply ? 1 : 0];
        const flow::TcpSide& receiver = plain_flow_->tcp[out.reply ? 0 : 1];
        const auto near = [&](std::uint32_t a, std::uint32_t b) {
            const std::uint32_t from = random_() % 2 == 0 ? a : b;
            return random_() % 3 != 0 ? from
                                      : from + static_cast<std::uint32_t>(random_() % 140'000) - 70'000;
        };
        out.sequence = near(sender.end, sender.max_end);
        out.acknowledged = near(receiver.end, receiver.acked);
        out.payload = random_() % 3 == 0 ? static_cast<std::uint32_t>(random_() % 1400) : 0;
        out.window = static_cast<std::uint16_t>(random_() % 65'536);
        const std::uint64_t kind = random_() % 64;
        out.flags = kind == 0   ? "rst"
                    : kind == 1 ? "rst ack"
                    : kind == 2 ? "syn"
                    : kind < 5  ? "ack fin"
                                : "ack";
        return out;
    }

    void compare() const {
        ASSERT_EQ(plain_flow_->state, spliced_flow_->state);
        for (const int side : {0, 1}) {
            const flow::TcpSide& a = plain_flow_->tcp[side];
            const flow::TcpSide& b = spliced_flow_->tcp[side];
            ASSERT_EQ(a.end, b.end) << side;
            ASSERT_EQ(a.max_end, b.max_end) << side;
            ASSERT_EQ(a.acked, b.acked) << side;
            ASSERT_EQ(a.max_window, b.max_window) << side;
        }
    }

    std::mt19937_64 random_;
    bool ipv6_;
    flow::FlowWorld plain_;
    flow::FlowWorld spliced_;
    flow::Flow* plain_flow_ = nullptr;
    flow::Flow* spliced_flow_ = nullptr;
    std::uint32_t client_ = 0, server_ = 0, cookie_ = 0;
};

}  // namespace

TEST(SpliceModel, AnyShiftIsJudgedAsNone) {
    const char* given = std::getenv("SLUICE_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    fmt::print("seed {} (SLUICE_SEED repeats it)\n", seed);
    for (std::uint64_t connection = 0; connection < 300; ++connection) {
        Twins twins(seed + connection);
        for (int n = 0; n < 100 && !twins.is_over() && !HasFailure(); ++n) twins.exchange();
        ASSERT_FALSE(HasFailure()) << "seed " << seed << ", connection " << connection;
    }
    EXPECT_GT(Twins::judged[static_cast<std::size_t>(Step::pass)], 5'000U);
    EXPECT_GT(Twins::judged[static_cast<std::size_t>(Step::bad_window)], 2'000U);
}

}  // namespace sluice::dataplane::splice
