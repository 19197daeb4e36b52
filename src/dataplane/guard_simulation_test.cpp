// Attacks of each kind that the anomaly and protocol stages are made for, mixed with legitimate traffic, in
// virtual time through the engine: of the attack at least 95 % is dropped, of the legitimate packets at most
// 0.1 %.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "dataplane/engine.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane {
namespace {

using Frame = std::vector<std::uint8_t>;

std::string hex(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
        out += digits;
    }
    return out;
}

struct Tally {
    std::uint64_t sent = 0;
    std::uint64_t dropped = 0;

    [[nodiscard]] double share() const {
        return sent == 0 ? 0 : static_cast<double>(dropped) / static_cast<double>(sent);
    }
};

// One target, steps of 10 ms, and what is sent in each.
class Simulation {
  public:
    Simulation(const model::ScrubProfile& profile, std::uint64_t seed)
        : seed_(seed), random_(seed), engine_({65'536, 64, 64}, random_) {
        model::TenantProgram program;
        program.tenant = model::TenantId(1);
        program.prefixes = {net::Prefix::parse("203.0.113.0/24").value()};
        program.targets = {{net::Prefix::parse("203.0.113.9").value(), model::MitigationId(1), profile}};
        EXPECT_TRUE(engine_.load(std::vector{program}, now_));
    }

    // In this step; `legitimate` says whose it is.
    void send(const std::string& text, bool legitimate) {
        frames_.push_back(packet::parse_packet_text(text).value());
        legitimate_.push_back(legitimate);
    }
    [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }

    // `each` is called for every step with its number.
    void run(double seconds, const std::function<void(int)>& each) {
        const int steps = static_cast<int>(seconds * 100);
        for (int n = 0; n < steps; ++n) {
            each(step_++);
            deliver();
            now_ += std::chrono::milliseconds(10);
        }
    }
    [[nodiscard]] const Tally& attack() const { return attack_; }
    [[nodiscard]] const Tally& legitimate() const { return good_; }
    void forget() { attack_ = good_ = {}; }

    void expect_clean(const char* what) const {
        std::printf(
            "%s, seed %llu: %.2f %% of %llu attack packets dropped, %.4f %% of %llu legitimate ones\n", what,
            static_cast<unsigned long long>(seed_), 100 * attack_.share(),
            static_cast<unsigned long long>(attack_.sent), 100 * good_.share(),
            static_cast<unsigned long long>(good_.sent));
        EXPECT_GT(attack_.sent, 1000U);
        EXPECT_GT(good_.sent, 1000U);
        EXPECT_GE(attack_.share(), 0.95);
        EXPECT_LE(good_.share(), 0.001);
    }

  private:
    void deliver() {
        // In any order, as they would come.
        std::vector<std::size_t> order(frames_.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        for (std::size_t i = order.size(); i > 1 && shuffles; --i) std::swap(order[i - 1], order[below(i)]);
        for (std::size_t first = 0; first < order.size(); first += 32) {
            std::vector<std::span<const std::uint8_t>> burst;
            for (std::size_t n = first; n < std::min(first + 32, order.size()); ++n)
                burst.emplace_back(frames_[order[n]]);
            const auto outcomes = engine_.process(now_, burst);
            for (std::size_t n = 0; n < burst.size(); ++n) {
                Tally& tally = legitimate_[order[first + n]] ? good_ : attack_;
                ++tally.sent;
                tally.dropped += outcomes[n].verdict == model::Verdict::drop ? 1 : 0;
            }
        }
        frames_.clear();
        legitimate_.clear();
    }

    std::uint64_t seed_;
    base::SeededRandom random_;
    Engine engine_;
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    int step_ = 0;
    std::vector<Frame> frames_;
    std::vector<bool> legitimate_;
    Tally attack_, good_;

  public:
    bool shuffles = true;
};

std::string client(std::uint64_t n) {
    return "198.18." + std::to_string(n / 250 % 250) + "." + std::to_string(1 + n % 250);
}
std::string bot(std::uint64_t n) {
    return "198.19." + std::to_string(n / 250 % 250) + "." + std::to_string(1 + n % 250);
}

// 1,000 packets a second of 200 clients: datagrams of many lengths and contents, acknowledgements.
void send_quiet(Simulation& it) {
    for (int n = 0; n < 10; ++n) {
        const std::string from = client(it.below(200));
        if (it.below(2) == 0) {
            it.send("tcp " + from + ":4242 > 203.0.113.9:80 ack seq 7", true);
        } else {
            it.send("udp " + from + ":4242 > 203.0.113.9:4000 data " +
                        hex(std::to_string(it.below(1'000'000'000))) + " payload " +
                        std::to_string(20 + it.below(1200)),
                    true);
        }
    }
}

model::ScrubProfile unusual() {
    model::ScrubProfile profile;
    profile.anomaly = {
        .heavy_sources = true, .odd_lengths = true, .repeated_payloads = true, .filter_for_s = 30};
    return profile;
}

class GuardSimulation : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(GuardSimulation, HeavySources) {
    Simulation it(unusual(), GetParam());
    it.run(10, [&](int) {
        send_quiet(it);
        for (std::uint64_t n = 0; n < 80; ++n) {
            it.send("udp " + bot(n % 3) + ":9 > 203.0.113.9:4000 data " +
                        hex(std::to_string(it.below(1'000'000'000))) + " payload " +
                        std::to_string(20 + it.below(1200)),
                    false);
        }
    });
    it.expect_clean("heavy sources");
}

TEST_P(GuardSimulation, OneLengthOfManySources) {
    Simulation it(unusual(), GetParam());
    it.run(7, [&](int) {
        send_quiet(it);
        for (int n = 0; n < 60; ++n) {
            it.send("udp " + bot(it.below(60'000)) + ":9 > 203.0.113.9:4000 data " +
                        hex(std::to_string(it.below(1'000'000'000))) + " payload 900",
                    false);
        }
    });
    it.expect_clean("one length");
}

TEST_P(GuardSimulation, OneContentOfManySources) {
    Simulation it(unusual(), GetParam());
    const std::string same = hex("getstatus of the game server, once more, please");
    it.run(7, [&](int) {
        send_quiet(it);
        for (int n = 0; n < 60; ++n) {
            it.send("udp " + bot(it.below(60'000)) + ":9 > 203.0.113.9:4000 data " + same + " payload " +
                        std::to_string(60 + it.below(1200)),
                    false);
        }
    });
    it.expect_clean("one content");
}

// Sixty bots of 100 packets a second each: too little for a heavy source, of the length that clients send,
// and no two contents alike.
TEST_P(GuardSimulation, Zombies) {
    model::ScrubProfile profile = unusual();
    profile.anomaly.zombies = true;
    Simulation it(profile, GetParam());
    const auto clients = [&] {
        for (int n = 0; n < 10; ++n) {
            const std::uint64_t kind = it.below(4);
            it.send("udp " + client(it.below(40)) + ":4242 > 203.0.113.9:4000 data " +
                        hex(std::to_string(it.below(1'000'000'000))) + " payload " +
                        std::to_string(kind == 0 ? 100 : 30 + it.below(900)),
                    true);
        }
    };
    it.run(15, [&](int) { clients(); });
    EXPECT_EQ(it.legitimate().dropped, 0U);
    const auto bots = [&] {
        for (int n = 0; n < 60; ++n) {
            it.send("udp " + bot(it.below(60)) + ":9 > 203.0.113.9:4000 data " +
                        hex(std::to_string(it.below(1'000'000'000))) + " payload 100",
                    false);
        }
    };
    it.run(6, [&](int) { clients(), bots(); });
    it.forget();
    it.run(10, [&](int) { clients(), bots(); });
    it.expect_clean("zombies");
}

// Many phones of one kind, each with 50 small packets a second that are all of one length: in quiet times,
// too.
TEST_P(GuardSimulation, WhoSendsAlikeInQuietTimesIsNoZombie) {
    model::ScrubProfile profile = unusual();
    profile.anomaly.zombies = true;
    Simulation it(profile, GetParam());
    const auto calls = [&](std::uint64_t phones, int packets) {
        for (int n = 0; n < packets; ++n)
            it.send("udp " + client(it.below(phones)) + ":4242 > 203.0.113.9:4000 data " +
                        hex(std::to_string(it.below(1'000'000'000))) + " payload 160",
                    true);
    };
    it.run(15, [&](int) { calls(10, 9); });
    it.run(10, [&](int) { calls(30, 27); });
    EXPECT_EQ(it.legitimate().dropped, 0U);
}

// What is usual stays so: the quiet traffic has a length and a source that make up most of it.
TEST_P(GuardSimulation, WhatIsUsualIsNoAnomaly) {
    Simulation it(unusual(), GetParam());
    const auto usual = [&] {
        for (int n = 0; n < 9; ++n) {
            it.send("udp " + client(it.below(3)) + ":9 > 203.0.113.9:4000 data " +
                        hex(std::to_string(it.below(1'000'000'000))) + " payload 160",
                    true);
        }
    };
    it.run(25, [&](int) { usual(); });
    // Three times as many of the same.
    it.run(5, [&](int) { usual(), usual(), usual(); });
    EXPECT_EQ(it.legitimate().dropped, 0U);
}

std::string query(Simulation& it) {
    char id[5];
    std::snprintf(id, sizeof id, "%04x", static_cast<unsigned>(it.below(65'536)));
    return std::string(id) + "01000001000000000000" + "03777777076578616d706c65036e65740000010001";
}

TEST_P(GuardSimulation, GarbageToTheNameServer) {
    model::ScrubProfile profile;
    profile.protocol.dns = true;
    profile.protocol.dns_queries_per_s = 50;
    Simulation it(profile, GetParam());
    it.run(5, [&](int) {
        for (int n = 0; n < 10; ++n)
            it.send("udp " + client(it.below(200)) + ":4242 > 203.0.113.9:53 data " + query(it), true);
        for (int n = 0; n < 80; ++n) {
            // Noise, queries with something behind them, and more queries than one sender asks.
            const std::string from = "udp " + bot(it.below(60'000)) + ":9 > 203.0.113.9:53 ";
            const std::uint64_t kind = it.below(3);
            if (kind == 0) it.send(from + "payload " + std::to_string(it.below(1200)), false);
            if (kind == 1)
                it.send(from + "data " + query(it) + " payload " + std::to_string(50 + it.below(400)), false);
            if (kind == 2) it.send("udp " + bot(n % 2) + ":9 > 203.0.113.9:53 data " + query(it), false);
        }
    });
    it.expect_clean("DNS garbage");
}

// A client's connections, each with one request in two pieces; a bot's, each with whatever it sends.
struct Talker {
    std::string from;
    std::uint64_t port = 1024;
};

std::string segment(const Talker& from, std::uint64_t sequence, const std::string& flags) {
    return "tcp " + from.from + ":" + std::to_string(from.port) + " > 203.0.113.9:80 " + flags + " seq " +
           std::to_string(sequence);
}

void request_page(Simulation& it, Talker& talker) {
    ++talker.port;
    const std::string first = "GET /page HTTP/1.1\r\nHo";
    it.send(segment(talker, 99, "syn"), true);
    it.send(segment(talker, 100, "ack"), true);
    it.send(segment(talker, 100, "psh ack") + " data " + hex(first), true);
    it.send(segment(talker, 100 + first.size(), "psh ack") + " data " + hex("st: www.example.net\r\n\r\n"),
            true);
    it.send(segment(talker, 100 + first.size() + 23, "fin ack"), true);
}

// Slowloris: each bot keeps 20 connections open and sends a line on each every ten seconds.
TEST_P(GuardSimulation, SlowRequests) {
    model::ScrubProfile profile;
    profile.protocol.slow = true;
    Simulation it(profile, GetParam());
    it.shuffles = false;
    std::vector<Talker> clients;
    for (std::uint64_t n = 0; n < 20; ++n) clients.push_back({client(n)});
    std::vector<std::uint64_t> sent(2000);
    const std::string begin = "GET / HTTP/1.1\r\n", line = "X-a: b\r\n";
    const auto step = [&](int n) {
        if (n % 5 == 0) request_page(it, clients[it.below(clients.size())]);
        // 2,000 connections of 100 bots; two of them have something to send in each step.
        for (std::size_t c = static_cast<std::size_t>(n) % 1000 * 2, end = c + 2; c < end; ++c) {
            const Talker talker{bot(c / 20), 2000 + c};
            if (sent[c] == 0) {
                it.send(segment(talker, 99, "syn"), false);
                it.send(segment(talker, 100, "psh ack") + " data " + hex(begin), false);
                sent[c] = 100 + begin.size();
            } else {
                it.send(segment(talker, sent[c], "psh ack") + " data " + hex(line), false);
                sent[c] += line.size();
            }
        }
    };
    // The first 20 seconds, and the time in which each has sent once more, are everybody's right.
    it.run(31, step);
    it.forget();
    it.run(40, step);
    it.expect_clean("slow requests");
}

// 100 bots ask for a page as often as they can, on connections that stay open.
TEST_P(GuardSimulation, RequestsWithoutEnd) {
    model::ScrubProfile profile;
    profile.protocol.http = true;
    profile.protocol.http_requests_per_s = 10;
    Simulation it(profile, GetParam());
    it.shuffles = false;
    std::vector<Talker> clients;
    for (std::uint64_t n = 0; n < 50; ++n) clients.push_back({client(n)});
    const std::string get = hex("GET / HTTP/1.1\r\nHost: www.example.net\r\n\r\n");
    const auto step = [&](int n) {
        if (n % 2 == 0) request_page(it, clients[it.below(clients.size())]);
        for (std::uint64_t b = 0; b < 20; ++b) {
            it.send(segment({bot(b), 4000}, 1000 + static_cast<std::uint64_t>(n) * 41, "psh ack") + " data " +
                        get,
                    false);
        }
    };
    it.run(1, step);  // a source may ask 32 times at once
    it.forget();
    it.run(5, step);
    it.expect_clean("requests without end");
}

INSTANTIATE_TEST_SUITE_P(Seeds, GuardSimulation, ::testing::Values(20261121));

}  // namespace
}  // namespace sluice::dataplane
