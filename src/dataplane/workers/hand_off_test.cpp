// Flows of a customer with a firewall over several workers, whichever of them a packet arrives at: nothing is
// lost, nothing is judged twice, a flow's packets stay in order, both directions meet, whatever NAT does.
#include "dataplane/workers/hand_off.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "dataplane/gateway.hpp"
#include "packet/memory_port.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::workers {
namespace {

constexpr std::size_t workers = 3;
using Bytes = std::vector<std::uint8_t>;

net::Prefix prefix(const char* text) {
    return net::Prefix::parse(text).value();
}

// Inside 10.0.0.0/16 behind a pool, a DMZ 10.1.0.0/16 with a forwarded and a translated server.
model::TenantProgram customer(std::uint64_t generation) {
    model::TenantProgram out;
    out.tenant = model::TenantId(1);
    out.generation = generation;
    out.prefixes = {prefix("203.0.113.0/24")};
    model::FirewallProgram& firewall = out.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside", "dmz"};
    for (const std::uint16_t n : {0, 1}) {
        model::Attachment network;
        network.name = n == 0 ? "inside" : "dmz";
        network.zone = static_cast<model::ZoneIndex>(n + 1);
        network.kind = model::AttachmentKind::vlan;
        network.vlan = static_cast<std::uint16_t>(10 + n);
        network.next_hop_mac = {2, 0, 0, 0, 0, 9};
        network.prefixes = {prefix(n == 0 ? "10.0.0.0/16" : "10.1.0.0/16")};
        firewall.attachments.push_back(network);
    }
    model::FirewallRule all;
    all.name = fmt::format("all-{}", generation);
    all.action = model::RuleAction::allow;
    firewall.rules.push_back(all);
    model::NatRule pair;
    pair.name = "pair";
    pair.kind = model::NatKind::one_to_one;
    pair.match = {prefix("203.0.113.9")};
    pair.translated = {prefix("10.1.0.9")};
    model::NatRule forwarded;
    forwarded.name = "forwarded";
    forwarded.kind = model::NatKind::destination;
    forwarded.match = {prefix("203.0.113.2")};
    forwarded.service.protocol = 17;
    forwarded.service.destination_port = {80, 80};
    forwarded.translated = {prefix("10.1.0.80")};
    forwarded.translated_port = 8080;
    model::NatRule pool;
    pool.name = "pool";
    pool.kind = model::NatKind::source;
    pool.to = {model::internet_zone};
    pool.translated = {prefix("203.0.113.1")};
    firewall.nat = {pair, forwarded, pool};
    return out;
}

struct End {
    net::Address address;
    std::uint16_t port = 0;
    bool operator==(const End&) const = default;
    [[nodiscard]] std::string text() const { return fmt::format("{}:{}", address.to_string(), port); }
};

struct Conversation {
    int vlan = 0;  // of the client's network; 0: the internet
    End client;
    End server;                // as the client knows it
    int asked = 0, heard = 0;  // numbers of the packets, in their order
    int answered = 0, told = 0;
};

// The workers' wires: what a test puts in and takes out, safe between threads.
class Wires {
  public:
    Wires(packet::BufferPool& pool, std::size_t count) {
        for (std::size_t i = 0; i < count * 2; ++i) ports_.push_back(std::make_unique<Locked>(pool));
    }
    [[nodiscard]] std::vector<WorkerPorts> ports() {
        std::vector<WorkerPorts> out;
        for (std::size_t i = 0; i < ports_.size(); i += 2)
            out.push_back({ports_[i].get(), ports_[i + 1].get(), {}});
        return out;
    }
    [[nodiscard]] bool put(std::size_t worker, bool clean, const Bytes& frame) {
        return ports_[worker * 2 + (clean ? 1 : 0)]->put(frame);
    }
    // What has left, by either leg.
    [[nodiscard]] std::vector<Bytes> take(bool clean) {
        std::vector<Bytes> all;
        for (std::size_t i = clean ? 1 : 0; i < ports_.size(); i += 2) {
            for (Bytes& frame : ports_[i]->take()) all.push_back(std::move(frame));
        }
        return all;
    }

  private:
    class Locked final : public packet::Port {
      public:
        explicit Locked(packet::BufferPool& pool) : inner_(pool, 4096) {}
        std::size_t receive(std::span<packet::Frame> into) override {
            const std::lock_guard lock(mutex_);
            return inner_.receive(into);
        }
        std::size_t transmit(std::span<const packet::Frame> frames) override {
            const std::lock_guard lock(mutex_);
            return inner_.transmit(frames);
        }
        packet::Frame make_frame(std::uint32_t bytes) override { return inner_.make_frame(bytes); }
        void release(std::span<const packet::Frame> frames) override {
            const std::lock_guard lock(mutex_);
            inner_.release(frames);
        }
        [[nodiscard]] bool put(const Bytes& frame) {
            const std::lock_guard lock(mutex_);
            return inner_.put_in(frame);
        }
        [[nodiscard]] std::vector<Bytes> take() {
            const std::lock_guard lock(mutex_);
            return inner_.take_out();
        }

      private:
        std::mutex mutex_;
        packet::MemoryPort inner_;
    };
    std::vector<std::unique_ptr<Locked>> ports_;
};

// Clients ask, servers answer what reaches them, clients check what comes back.
class Talk {
  public:
    explicit Talk(Wires& wires) : wires_(wires) {
        const auto v4 = [](const std::string& text) { return *net::Address::parse(text); };
        for (int n = 0; n < 12; ++n) {
            const auto port = static_cast<std::uint16_t>(4000 + n);
            const End inside{v4(fmt::format("10.0.0.{}", 5 + n % 4)), port};
            const End outside{v4(fmt::format("198.18.{}.{}", n, 7 + n)), port};
            add(10, inside, {outside.address, 53});                   // behind the pool
            add(0, outside, {v4("203.0.113.2"), 80});                 // forwarded
            add(0, outside, {v4("203.0.113.9"), 53});                 // one to one
            add(11, {v4("10.1.0.9"), port}, {outside.address, 123});  // the same from inside
            add(10, inside, {v4("10.1.0.7"), 53});                    // between two networks
            add(10, inside, {v4("203.0.113.2"), 80});                 // hairpin to a forwarded port
            add(10, inside, {v4("203.0.113.9"), 99});                 // and to a translated server
        }
    }

    void ask() {
        for (std::size_t c = 0; c < conversations_.size(); ++c) {
            Conversation& it = conversations_[c];
            send(c, false, it.asked++, it.client, it.server, it.vlan);
        }
    }
    // Takes what has left the gateway; servers answer. How many packets there were.
    std::size_t listen() {
        std::size_t count = 0;
        for (const bool clean : {false, true}) {
            for (const Bytes& frame : wires_.take(clean)) {
                ++count;
                hear(frame, clean);
            }
        }
        return count;
    }
    void check(int rounds) const {
        for (const Conversation& it : conversations_) {
            EXPECT_EQ(it.heard, rounds) << it.client.text() << " > " << it.server.text();
            EXPECT_EQ(it.told, rounds) << it.client.text() << " < " << it.server.text();
        }
    }
    [[nodiscard]] std::size_t size() const { return conversations_.size(); }
    [[nodiscard]] bool all_told(int rounds) const {
        return std::all_of(conversations_.begin(), conversations_.end(),
                           [&](const Conversation& it) { return it.told == rounds; });
    }

  private:
    struct Sent {
        std::size_t conversation;
        bool answer;
        int number;
    };

    void add(int vlan, const End& client, const End& server) {
        Conversation it;
        it.vlan = vlan;
        it.client = client;
        it.server = server;
        conversations_.push_back(it);
    }

    // The packet's number is in its IPv4 identification, which nothing changes.
    void send(std::size_t conversation, bool answer, int number, const End& from, const End& to, int vlan) {
        const auto id = next_id_++;
        sent_[id] = {conversation, answer, number};
        std::string text = fmt::format("udp {} > {} payload 20", from.text(), to.text());
        if (vlan != 0) text += fmt::format(" vlan {}", vlan);
        Bytes frame = packet::parse_packet_text(text).value();
        const std::size_t ip = vlan != 0 ? 18 : 14;
        frame[ip + 4] = static_cast<std::uint8_t>(id >> 8U);
        frame[ip + 5] = static_cast<std::uint8_t>(id);
        // The header's checksum for the identification that was 0.
        std::uint32_t sum = (static_cast<std::uint32_t>(frame[ip + 10]) << 8U | frame[ip + 11]) ^ 0xffffU;
        sum += id;
        sum = (sum & 0xffffU) + (sum >> 16U);
        frame[ip + 10] = static_cast<std::uint8_t>(~sum >> 8U);
        frame[ip + 11] = static_cast<std::uint8_t>(~sum);
        // As a card spreads them: one direction of one flow always to the same worker, any worker.
        const std::size_t entry = (from.port * 7U + to.port * 13U + from.address.bytes()[15] * 3U) % workers;
        ASSERT_TRUE(wires_.put(entry, vlan != 0, frame));
    }

    void hear(const Bytes& frame, bool clean) {
        const packet::Key key = packet::parse(frame);
        ASSERT_EQ(key.error, packet::ParseError::none);
        const auto id = static_cast<std::uint16_t>(frame[key.l3_offset + 4] << 8U | frame[key.l3_offset + 5]);
        const auto found = sent_.find(id);
        ASSERT_NE(found, sent_.end()) << "twice, or never sent: " << packet::describe_packet(frame);
        const Sent sent = found->second;
        sent_.erase(found);
        Conversation& it = conversations_[sent.conversation];
        const End from{key.source, key.source_port};
        const End to{key.destination, key.destination_port};
        if (sent.answer) {
            EXPECT_EQ(from, it.server) << packet::describe_packet(frame);
            EXPECT_EQ(to, it.client) << packet::describe_packet(frame);
            EXPECT_EQ(clean, it.vlan != 0);
            EXPECT_EQ(sent.number, it.told++) << "out of order";
            return;
        }
        EXPECT_EQ(sent.number, it.heard++) << "out of order";
        send(sent.conversation, true, it.answered++, to, from, clean ? key.vlan : 0);
    }

    Wires& wires_;
    std::vector<Conversation> conversations_;
    std::map<std::uint16_t, Sent> sent_;
    std::uint16_t next_id_ = 1;
};

Topology topology() {
    Topology out = Topology::plain(2);
    out.rewrite = true;
    out.to_customers.way.rewrite = out.to_internet.way.rewrite = true;
    return out;
}

// Several workers in one thread and in virtual time.
class Simulation : public ::testing::Test {
  protected:
    Simulation() {
        limits_.workers = workers;
        limits_.shared = std::make_shared<SharedTenants>(limits_.tenants, limits_.workers);
        const Secrets secrets = Secrets::from(random_);
        const auto ports = wires_.ports();
        for (std::size_t i = 0; i < workers; ++i) {
            workers_.push_back(std::make_unique<Worker>(
                i, limits_, secrets,
                Worker::Dependencies{
                    {ports[i].dirty, ports[i].clean}, topology_, programs_, bogons_, clock_, &hand_off_}));
        }
    }
    void publish(const model::TenantProgram& program) {
        for (auto& worker : workers_) worker->rest();
        programs_.publish(compiler_.compile({&program, 1}, {clock_.wall(), 0}).value());
    }
    // One burst of each, in an order that changes.
    void step() {
        for (std::size_t n = 0; n < workers; ++n) (void)workers_[(n + turn_) % workers]->run_once();
        ++turn_;
        clock_.advance(std::chrono::milliseconds(1));
    }
    [[nodiscard]] std::uint64_t dropped(model::DropReason reason) const {
        std::uint64_t sum = 0;
        for (const auto& worker : workers_) {
            for (const auto& target : worker->counts().targets)
                sum += target.reasons[static_cast<std::size_t>(reason)].packets.value();
        }
        return sum;
    }

    base::SeededRandom random_{7};
    base::ManualClock clock_;
    packet::BufferPool pool_{4096};
    Wires wires_{pool_, workers};
    Topology topology_ = topology();
    scrub::Bogons bogons_;
    ProgramSwitch programs_{workers};
    ProgramCompiler compiler_{{.slots = 64, .workers = workers}, random_, topology_};
    WorkerLimits limits_{.slots = 64, .sources = 1024, .destinations = 64, .flows = 4096, .tenants = 16};
    HandOff hand_off_{workers, 2, 256};
    std::vector<std::unique_ptr<Worker>> workers_;
    std::size_t turn_ = 0;
};

}  // namespace

TEST_F(Simulation, BothDirectionsOfEveryFlowMeetWhateverNatDoes) {
    publish(customer(1));
    Talk talk(wires_);
    constexpr int rounds = 40;
    for (int round = 0; round < rounds; ++round) {
        talk.ask();
        for (int n = 0; n < 12; ++n) {
            step();
            (void)talk.listen();
        }
        // The policy changes under way: no flow of these ends by it.
        if (round % 10 == 9) publish(customer(2 + static_cast<std::uint64_t>(round)));
    }
    talk.check(rounds);
    std::uint64_t handed = 0;
    std::uint64_t opened = 0;
    for (const auto& worker : workers_) {
        handed += worker->counts().handed_over.value();
        opened += worker->flow_counts().opened.value();
        EXPECT_GT(worker->flow_counts().opened.value(), talk.size() / workers / 4) << "spread over all";
    }
    EXPECT_EQ(opened, talk.size()) << "each flow at one worker, and once";
    EXPECT_GT(handed, rounds * talk.size() / 2);
    EXPECT_EQ(pool_.free(), 4096U) << "a buffer was lost";
}

TEST_F(Simulation, FragmentsAndIcmpErrorsFindTheirFlow) {
    publish(customer(1));
    for (int n = 0; n < 30; ++n) {
        const std::string client = fmt::format("198.18.{}.9", n);
        const auto put = [&](std::size_t worker, const std::string& text) {
            ASSERT_TRUE(wires_.put(worker % workers, text.find("vlan") != std::string::npos,
                                   packet::parse_packet_text(text).value()))
                << text;
            for (int i = 0; i < 4; ++i) step();
        };
        const auto number = static_cast<std::size_t>(n);
        put(number, fmt::format("udp {}:5 > 203.0.113.2:80 payload 1000 more id 77", client));
        put(number + 1, fmt::format("protocol 17 {} > 203.0.113.2 payload 100 fragment 1008 id 77", client));
        EXPECT_EQ(wires_.take(true).size(), 2U) << client;
        // Inside, a pc asks the forwarded port by its public address: only the first piece says which it is.
        const std::string pc = fmt::format("10.0.0.{}", 100 + n);
        put(number, fmt::format("udp {}:6 > 203.0.113.2:80 payload 1000 more id 78 vlan 10", pc));
        put(number, fmt::format("protocol 17 {} > 203.0.113.2 payload 100 fragment 1008 id 78 vlan 10", pc));
        const auto questions = wires_.take(true);
        ASSERT_EQ(questions.size(), 2U) << pc;
        const packet::Key asked = packet::parse(questions[0]);
        EXPECT_EQ(packet::parse(questions[1]).source, asked.source);
        const std::string outside = asked.source.to_string();
        put(number + 1, fmt::format("udp 10.1.0.80:8080 > {}:{} payload 1000 more id 79 vlan 11", outside,
                                    asked.source_port));
        put(number + 1,
            fmt::format("protocol 17 10.1.0.80 > {} payload 100 fragment 1008 id 79 vlan 11", outside));
        const auto answers = wires_.take(true);
        ASSERT_EQ(answers.size(), 2U) << pc;
        for (const Bytes& answer : answers) EXPECT_EQ(packet::parse(answer).destination.to_string(), pc);
        // Inside, a pc asks through the pool; a router on the way says that it cannot go on.
        put(number, fmt::format("udp 10.0.0.5:{} > {}:53 vlan 10", 5000 + n, client));
        const auto out = wires_.take(false);
        ASSERT_EQ(out.size(), 1U);
        // The error quotes the packet as it left: its IP header and eight bytes.
        const packet::Key key = packet::parse(out[0]);
        Bytes error = packet::parse_packet_text(fmt::format("icmp 192.0.2.77 > {} type 3 code 4 payload 28",
                                                            key.source.to_string()))
                          .value();
        std::copy_n(out[0].begin() + key.l3_offset, 28, error.begin() + 14 + 20 + 8);
        std::uint32_t sum = 0;
        error[36] = error[37] = 0;
        for (std::size_t i = 34; i < error.size(); i += 2)
            sum += static_cast<std::uint32_t>(error[i] << 8U | (i + 1 < error.size() ? error[i + 1] : 0));
        while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
        error[36] = static_cast<std::uint8_t>(~sum >> 8U);
        error[37] = static_cast<std::uint8_t>(~sum);
        ASSERT_TRUE(wires_.put((number + 2) % workers, false, error));
        for (int i = 0; i < 4; ++i) step();
        const auto told = wires_.take(true);
        ASSERT_EQ(told.size(), 1U) << client;
        EXPECT_EQ(packet::parse(told[0]).destination.to_string(), "10.0.0.5");
    }
    EXPECT_EQ(dropped(model::DropReason::fragment_without_first), 0U);
    EXPECT_EQ(dropped(model::DropReason::icmp_unrelated), 0U);
}

// Its cookie, its ACK, the server's answer and all that follows, each at another worker.
TEST_F(Simulation, ASplicedConnectionIsOneWorkersWhateverArrivesWhere) {
    auto program = customer(1);
    model::ScrubProfile profile;
    profile.verify_tcp = model::TcpVerification::all;
    profile.tcp_method = model::TcpMethod::splice;
    program.targets = {{prefix("203.0.113.9"), model::MitigationId(1), profile}};
    publish(program);
    for (unsigned n = 0; n < 30; ++n) {
        const auto exchange = [&](unsigned worker, const std::string& text) {
            const Bytes frame = packet::parse_packet_text(text).value();
            EXPECT_TRUE(wires_.put(worker % workers, text.find("vlan") != std::string::npos, frame));
            for (int i = 0; i < 4; ++i) step();
        };
        const auto only = [&](bool clean) {
            const auto frames = wires_.take(clean);
            EXPECT_EQ(frames.size(), 1U) << n;
            return frames.empty() ? std::string() : packet::describe_packet(frames[0]);
        };
        const std::string client = fmt::format("198.18.{}.9:7", n);
        exchange(n, fmt::format("tcp {} > 203.0.113.9:443 syn seq 100", client));
        const std::string answer = only(false);
        const auto at = answer.find(" seq ");
        ASSERT_NE(at, std::string::npos) << answer;
        const auto c = static_cast<std::uint32_t>(std::stoul(answer.substr(at + 5)));
        exchange(n + 1, fmt::format("tcp {} > 203.0.113.9:443 ack seq 101 ack-number {}", client, c + 1));
        EXPECT_EQ(only(true), fmt::format("tcp {} > 10.1.0.9:443 syn seq 100 data-offset 6 payload 4 ttl 63 "
                                          "vlan 11",
                                          client));
        exchange(n + 2, fmt::format("tcp 10.1.0.9:443 > {} syn ack seq 500 ack-number 101 vlan 11", client));
        EXPECT_EQ(only(false),
                  fmt::format("tcp 203.0.113.9:443 > {} ack seq {} ack-number 101 ttl 63", client, c + 1));
        EXPECT_EQ(only(true),
                  fmt::format("tcp {} > 10.1.0.9:443 ack seq 101 ack-number 501 vlan 11", client));
        exchange(n,
                 fmt::format("tcp {} > 203.0.113.9:443 ack seq 101 ack-number {} payload 9", client, c + 1));
        EXPECT_EQ(only(true), fmt::format("tcp {} > 10.1.0.9:443 ack seq 101 ack-number 501 payload 9 "
                                          "ttl 63 vlan 11",
                                          client));
    }
    EXPECT_EQ(pool_.free(), 4096U) << "a buffer was lost";
}

TEST_F(Simulation, WhatAFullQueueDoesNotTakeIsCountedAndGivenBack) {
    publish(customer(1));
    // Only worker 0 runs: what belongs to the others fills their queues.
    std::uint64_t sent = 0;
    for (int n = 0; n < 3000; ++n) {
        const std::string text =
            fmt::format("udp 10.0.0.5:{} > 198.18.{}.{}:53 vlan 10", 1 + n % 50, n % 200, n / 200);
        sent += wires_.put(0, true, packet::parse_packet_text(text).value()) ? 1 : 0;
        if (n % 32 == 31) (void)workers_[0]->run_once();
    }
    EXPECT_EQ(sent, 3000U);
    while (workers_[0]->run_once() != 0) {
    }
    const std::uint64_t full = dropped(model::DropReason::hand_off_full);
    EXPECT_EQ(workers_[0]->counts().handed_over.value(), 2U * 256);
    EXPECT_GT(full, 1000U);
    const std::size_t left = wires_.take(false).size();
    EXPECT_EQ(left + full + 2U * 256, sent);
    packet::Port* ports[] = {wires_.ports()[0].dirty, wires_.ports()[0].clean};
    for (auto& worker : workers_) worker->rest();
    hand_off_.release_all(ports);
    EXPECT_EQ(pool_.free(), 4096U) << "a buffer was lost";
}

// A tenant's limits are his, however many workers there are and however his flows lie.
TEST_F(Simulation, LimitsAreCountedByAllWorkersTogether) {
    auto program = customer(1);
    program.firewall.limits.flows = 50;
    publish(program);
    for (int n = 0; n < 200; ++n) {
        const std::string text = fmt::format("udp 10.0.0.5:5 > 198.18.{}.1:53 vlan 10", n);
        ASSERT_TRUE(
            wires_.put(static_cast<std::size_t>(n) % workers, true, packet::parse_packet_text(text).value()));
    }
    for (int n = 0; n < 20; ++n) step();
    EXPECT_EQ(wires_.take(false).size(), 50U);
    EXPECT_EQ(dropped(model::DropReason::flow_limit), 150U);
    // The committed rate: one flow may use all of it.
    program = customer(2);
    program.firewall.outbound.packets_per_s = 900;
    publish(program);
    std::size_t passed = 0;
    for (int second = 0; second < 4000; ++second) {
        const auto frame = packet::parse_packet_text("udp 10.0.0.5:5 > 198.18.0.1:53 vlan 10").value();
        for (int i = 0; i < 2; ++i) ASSERT_TRUE(wires_.put(static_cast<std::size_t>(i), true, frame));
        step();  // a millisecond
        passed += wires_.take(false).size();
    }
    EXPECT_NEAR(static_cast<double>(passed), 3600.0 + 90, 60.0);
}

// The real thing: threads, a gateway, programs that change meanwhile.
TEST(Workers, HandOverBetweenThreads) {
    base::SystemClock clock;
    base::SeededRandom random{3};
    packet::BufferPool pool{8192};
    Wires wires(pool, workers);
    Gateway::Config config;
    config.way.rewrite = true;
    config.internet_way = config.way;
    config.max_targets = 64;
    config.max_sources = 1024;
    config.max_flows = 4096;
    config.max_firewalls = 16;
    constexpr int rounds = 25;
    {
        Gateway gateway(config, {wires.ports(), clock, random});
        auto program = customer(1);
        ASSERT_TRUE(gateway.apply({&program, 1}, {}, true, 1).empty());
        ASSERT_TRUE(gateway.start().has_value());
        Talk talk(wires);
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        for (int round = 0; round < rounds; ++round) {
            talk.ask();
            while (!talk.all_told(round + 1) && std::chrono::steady_clock::now() < patience) {
                if (talk.listen() == 0) std::this_thread::yield();
            }
            if (round % 5 == 4) {
                program = customer(2 + static_cast<std::uint64_t>(round));
                ASSERT_TRUE(gateway.apply({&program, 1}, {}, false, program.generation).empty());
            }
        }
        talk.check(rounds);
        EXPECT_GT(gateway.handed_over(), rounds * talk.size() / 2);
        gateway.stop();
    }
    EXPECT_EQ(pool.free(), 8192U) << "a buffer was lost";
}

}  // namespace sluice::dataplane::workers
