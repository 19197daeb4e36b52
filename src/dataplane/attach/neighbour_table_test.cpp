#include "dataplane/attach/neighbour_table.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::dataplane::attach {
namespace {

using Hint = NeighbourTable::Hint;

constexpr CoarseTime second = 4;
constexpr Mac nobody{};

net::Address host(std::uint32_t number) {
    return net::Address::v4(0x0a000000U + number);
}
Mac mac(std::uint8_t last) {
    return {2, 0, 0, 0, 0, last};
}

class Neighbours : public ::testing::Test {
  protected:
    NeighbourTable table_{{}, {1, 2}};
    CoarseTime now_ = 1000;
};

}  // namespace

TEST_F(Neighbours, AnUnknownHostIsAskedForOnceASecondAndThenKnown) {
    auto answer = table_.find(host(5), now_);
    EXPECT_FALSE(answer.known);
    EXPECT_TRUE(answer.ask);
    EXPECT_EQ(answer.ask_at, nobody);
    EXPECT_FALSE(table_.find(host(5), now_ + 1).ask) << "a question is on its way";
    EXPECT_TRUE(table_.find(host(5), now_ + second).ask);
    table_.hear(host(5), mac(5), Hint::answer, now_ + second);
    answer = table_.find(host(5), now_ + second);
    EXPECT_TRUE(answer.known);
    EXPECT_FALSE(answer.ask);
    EXPECT_EQ(answer.mac, mac(5));
}

TEST_F(Neighbours, AnOldAnswerIsCheckedWhilePacketsGoOn) {
    (void)table_.find(host(5), now_);
    table_.hear(host(5), mac(5), Hint::answer, now_);
    now_ += 31 * second;
    for (int question = 0; question < 6; ++question) {
        const auto answer = table_.find(host(5), now_);
        EXPECT_TRUE(answer.known) << question;
        EXPECT_TRUE(answer.ask) << question;
        EXPECT_EQ(answer.ask_at, question < 3 ? mac(5) : nobody) << question;
        EXPECT_FALSE(table_.find(host(5), now_ + 1).ask) << question;
        now_ += second;
    }
    const auto gone = table_.find(host(5), now_);
    EXPECT_FALSE(gone.known) << "six questions without an answer";
    EXPECT_TRUE(gone.ask);
    table_.hear(host(5), mac(6), Hint::answer, now_);
    EXPECT_EQ(table_.find(host(5), now_).mac, mac(6));
}

TEST_F(Neighbours, AnAnswerInTimeKeepsAnEntry) {
    (void)table_.find(host(5), now_);
    table_.hear(host(5), mac(5), Hint::answer, now_);
    for (int round = 0; round < 5; ++round) {
        now_ += 40 * second;
        EXPECT_TRUE(table_.find(host(5), now_).ask);
        table_.hear(host(5), mac(5), Hint::answer, now_);
        const auto answer = table_.find(host(5), now_ + 20 * second);
        EXPECT_TRUE(answer.known);
        EXPECT_FALSE(answer.ask);
    }
}

TEST_F(Neighbours, WhoAsksForTheGatewayIsKnownAndWhoTellsEverybodyIsNot) {
    table_.hear(host(7), mac(7), Hint::other, now_);
    EXPECT_EQ(table_.size(), 0U);
    table_.hear(host(7), mac(7), Hint::question, now_);
    EXPECT_EQ(table_.find(host(7), now_).mac, mac(7));
    // A host that has moved says so: it is believed, and asked at once.
    table_.hear(host(7), mac(8), Hint::other, now_);
    const auto answer = table_.find(host(7), now_);
    EXPECT_EQ(answer.mac, mac(8));
    EXPECT_TRUE(answer.known);
    EXPECT_TRUE(table_.find(host(7), now_ + second).ask);
    table_.hear(host(7), nobody, Hint::answer, now_);
    EXPECT_EQ(table_.find(host(7), now_).mac, mac(8)) << "no Ethernet address at all";
}

// Somebody goes through all addresses of a network: questions stay few, memory bounded, and whoever is known
// stays known.
TEST_F(Neighbours, AScanDisplacesNobody) {
    for (std::uint32_t n = 1; n <= 100; ++n) {
        table_.hear(host(n), mac(static_cast<std::uint8_t>(n)), Hint::question, now_);
    }
    const std::size_t before = table_.size();
    EXPECT_GE(before, 99U);
    std::uint64_t asked = 0;
    std::uint32_t scanned = 1000;
    for (int s = 0; s < 20; ++s) {
        for (int n = 0; n < 1000; ++n) {
            asked += table_.find(host(scanned++), now_ + static_cast<CoarseTime>(n) / 250).ask ? 1 : 0;
        }
        now_ += second;
    }
    EXPECT_LE(asked, 21 * 64U);
    EXPECT_GE(asked, 10 * 64U);
    EXPECT_GT(table_.refused(), 10'000U);
    std::size_t known = 0;
    for (std::uint32_t n = 1; n <= 100; ++n) known += table_.find(host(n), now_).known ? 1 : 0;
    EXPECT_EQ(known, before);
    EXPECT_LE(table_.size(), table_.capacity());
    EXPECT_LE(table_.bytes(), 20'000U);
}

TEST_F(Neighbours, BothFamiliesLieInOneTable) {
    const auto v6 = *net::Address::parse("2001:db8:1::5");
    (void)table_.find(v6, now_);
    table_.hear(v6, mac(6), Hint::answer, now_);
    table_.hear(host(5), mac(5), Hint::question, now_);
    EXPECT_EQ(table_.find(v6, now_).mac, mac(6));
    EXPECT_EQ(table_.find(host(5), now_).mac, mac(5));
}

// Several workers read while hosts come, move and are displaced: whatever is found is an address that this
// host had.
TEST_F(Neighbours, ReadersSeeOneHostsAddressOrNone) {
    NeighbourTable table({.hosts = 8}, {3, 4});
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> wrong{0};
    std::vector<std::thread> readers;
    for (int r = 0; r < 2; ++r) {
        readers.emplace_back([&] {
            CoarseTime now = 1000;
            while (!stop.load(std::memory_order_relaxed)) {
                for (std::uint32_t n = 1; n < 64; ++n) {
                    const auto answer = table.find(host(n), now);
                    if (answer.known && answer.mac[5] != n) ++wrong;
                }
                ++now;
                std::this_thread::yield();
            }
        });
    }
    CoarseTime now = 1000;
    for (int round = 0; round < 500; ++round) {
        const auto n = static_cast<std::uint8_t>(1 + round % 63);
        table.hear(host(n), {2, 0, 0, static_cast<std::uint8_t>(round), 0, n}, Hint::question, now);
        now += 300;  // everybody is old: each newcomer displaces one
    }
    stop = true;
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(wrong.load(), 0U);
}

}  // namespace sluice::dataplane::attach
