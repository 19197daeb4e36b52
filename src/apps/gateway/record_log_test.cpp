// From packets to files and datagrams: a customer behind NAT opens connections through a gateway, and its
// logs say so.
#include "apps/gateway/record_log.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/random.hpp"
#include "packet/memory_port.hpp"
#include "packet/packet_text.hpp"

namespace sluice::apps::gateway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

model::TenantProgram acme() {
    model::TenantProgram program;
    program.tenant = model::TenantId(12);
    program.generation = 1;
    program.prefixes = {net::Prefix::parse("192.0.2.0/24").value()};
    model::FirewallProgram& firewall = program.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside"};
    model::Attachment inside;
    inside.name = "office";
    inside.kind = model::AttachmentKind::vlan;
    inside.vlan = 10;
    inside.next_hop_mac = {2, 0, 0, 0, 0, 9};
    inside.prefixes = {net::Prefix::parse("10.0.0.0/8").value()};
    firewall.attachments = {inside};
    model::FirewallRule telnet;
    telnet.name = "no-telnet";
    telnet.services = {{6, {}, {23, 23}}};
    telnet.log = true;
    model::FirewallRule out;
    out.name = "out";
    out.from = {1};
    out.action = model::RuleAction::allow;
    out.log = true;
    firewall.rules = {telnet, out};
    model::NatRule pool;
    pool.name = "office-out";
    pool.to = {0};
    pool.translated = {net::Prefix::parse("192.0.2.1").value()};
    model::NatRule forward;
    forward.name = "web";
    forward.kind = model::NatKind::destination;
    forward.match = {net::Prefix::parse("192.0.2.8").value()};
    forward.service = {6, {}, {443, 443}};
    forward.translated = {net::Prefix::parse("10.0.0.80").value()};
    firewall.nat = {pool, forward};
    return program;
}

class Logs : public ::testing::Test {
  protected:
    Logs() {
        fs::create_directories(folder_);
        config_.gateway = "guard-1";
        config_.interval_ms = 1;
    }
    ~Logs() override {
        gateway_.stop();
        fs::remove_all(folder_);
    }
    bool apply(const model::TenantProgram& program) {
        return gateway_.apply({&program, 1}, {}, true, program.generation).empty();
    }
    // Before the gateway runs: a worker owns its ports.
    void put_in(const char* packet) {
        const auto frame = packet::parse_packet_text(packet);
        ASSERT_TRUE(frame) << packet;
        ASSERT_TRUE(clean_.put_in(*frame));
    }
    template <class Condition>
    static bool until(Condition&& condition) {
        for (int i = 0; i < 5000; ++i) {
            if (condition()) return true;
            std::this_thread::sleep_for(1ms);
        }
        return false;
    }
    [[nodiscard]] std::vector<std::string> lines(const char* name) const {
        std::ifstream in(folder_ / name);
        std::vector<std::string> out;
        for (std::string line; std::getline(in, line);) out.push_back(line);
        return out;
    }
    static bool has(const std::string& line, std::initializer_list<const char*> parts) {
        return std::all_of(parts.begin(), parts.end(),
                           [&](const char* part) { return line.find(part) != std::string::npos; });
    }
    RecordLog::Dependencies dependencies() {
        return {gateway_, clock_, base::Logger(base::null_sink(), clock_, "test"), metrics_};
    }

    fs::path folder_ = fs::temp_directory_path() / ("sluice-records-" + std::to_string(::getpid()));
    base::SystemClock clock_;
    base::SeededRandom random_{1};
    base::MetricRegistry metrics_;
    packet::BufferPool pool_{256};
    packet::MemoryPort dirty_{pool_, 64};
    packet::MemoryPort clean_{pool_, 64};
    dataplane::Gateway gateway_{{.internet_way = dataplane::WayOut{},
                                 .max_targets = 64,
                                 .max_sources = 1024,
                                 .max_flows = 1024,
                                 .max_firewalls = 16},
                                {{{&dirty_, &clean_}}, clock_, random_}};
    RecordLog::Config config_;
};

// nfcapd (Debian's nfdump), as a provider may run it.
class Nfcapd {
  public:
    explicit Nfcapd(const fs::path& folder) : folder_(folder / "nfcapd"), port_(free_port()) {
        fs::create_directories(folder_);
        const std::string port = std::to_string(port_);
        const std::string into = folder_.string();
        process_ = ::fork();
        if (process_ != 0) return;
        const int nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, 1);
        ::dup2(nowhere, 2);
        ::execlp("nfcapd", "nfcapd", "-w", into.c_str(), "-b", "127.0.0.1", "-p", port.c_str(), "-t", "60",
                 nullptr);
        ::_exit(127);
    }
    ~Nfcapd() { (void)what_it_keeps(); }
    static bool is_there() { return ::access("/usr/bin/nfcapd", X_OK) == 0; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] bool listens() const {
        std::ifstream in("/proc/net/udp");
        const std::string wanted = fmt::format("0100007F:{:04X}", port_);
        for (std::string line; std::getline(in, line);) {
            if (line.find(wanted) != std::string::npos) return true;
        }
        return false;
    }
    // Ends it: it then writes what it has.
    std::string what_it_keeps() {
        if (process_ <= 0) return {};
        ::kill(process_, SIGTERM);
        ::waitpid(std::exchange(process_, -1), nullptr, 0);
        std::string text;
        FILE* out = ::popen(("nfdump -q -o json -R " + folder_.string() + " 2>/dev/null").c_str(), "r");
        std::array<char, 4096> part{};
        while (const std::size_t n = std::fread(part.data(), 1, part.size(), out))
            text.append(part.data(), n);
        ::pclose(out);
        return text;
    }

  private:
    static std::uint16_t free_port() {
        const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof any;
        (void)::bind(socket, reinterpret_cast<sockaddr*>(&any), length);
        (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&any), &length);
        ::close(socket);
        return ntohs(any.sin_port);
    }
    fs::path folder_;
    std::uint16_t port_;
    pid_t process_ = -1;
};

}  // namespace

TEST_F(Logs, BindingsAndFlowsOfARealPathAreKept) {
    config_.nat = LogFile::Config{.path = folder_ / "nat.jsonl"};
    config_.rules = LogFile::Config{.path = folder_ / "rules.jsonl"};
    put_in("tcp 10.0.0.5:4000 > 198.51.100.7:80 syn seq 7 vlan 10");
    put_in("tcp 10.0.0.5:4001 > 198.51.100.7:23 syn seq 7 vlan 10");
    ASSERT_TRUE(apply(acme()));
    RecordLog log(config_, dependencies());
    ASSERT_TRUE(log.start());
    ASSERT_TRUE(gateway_.start());
    EXPECT_TRUE(until([&] { return lines("nat.jsonl").size() >= 3 && lines("rules.jsonl").size() >= 3; }));
    gateway_.stop();
    log.stop();

    const auto nat = lines("nat.jsonl");
    ASSERT_EQ(nat.size(), 3U);
    EXPECT_TRUE(has(nat[0], {"\"gateway-started\"", "\"guard-1\""})) << nat[0];
    EXPECT_TRUE(has(nat[1], {"\"static-added\"", "\"tenant-12\"", "\"10.0.0.80\"", "\"192.0.2.8\"", "443"}))
        << nat[1];
    EXPECT_TRUE(has(nat[2], {"\"block-taken\"", "\"tenant-12\"", "\"10.0.0.5\"", "\"192.0.2.1\""})) << nat[2];
    const auto rules = lines("rules.jsonl");
    ASSERT_EQ(rules.size(), 3U);
    EXPECT_TRUE(has(rules[1], {"\"flow-opened\"", "\"tenant-12\"", "\"rule\":\"out\"", "\"10.0.0.5\"",
                               "\"source_port\":4000", "\"translated_source\":\"192.0.2.1\""}))
        << rules[1];
    EXPECT_TRUE(has(rules[2], {"\"dropped\"", "\"rule\":\"no-telnet\"", "\"destination_port\":23"}))
        << rules[2];
    EXPECT_TRUE(log.trouble().empty());
}

TEST_F(Logs, NfcapdReadsTheBindings) {
    if (!Nfcapd::is_there()) GTEST_SKIP() << "needs nfcapd (nfdump)";
    Nfcapd collector(folder_);
    ASSERT_TRUE(until([&] { return collector.listens(); }));
    config_.ipfix = RecordLog::Ipfix{.collector = collector.address()};
    put_in("udp 10.0.0.5:4000 > 198.51.100.7:53 payload 20 vlan 10");
    ASSERT_TRUE(apply(acme()));
    RecordLog log(config_, dependencies());
    ASSERT_TRUE(log.start());
    ASSERT_TRUE(gateway_.start());
    EXPECT_TRUE(until([&] { return gateway_.firewall_totals().blocks_taken == 1; }));
    gateway_.stop();
    log.stop();
    std::this_thread::sleep_for(200ms);  // nfcapd reads its socket in its own time
    const std::string kept = collector.what_it_keeps();
    EXPECT_TRUE(
        has(kept, {"\"src4_addr\" : \"10.0.0.5\"", "\"src4_xlt_ip\" : \"192.0.2.1\"", "Port block allocation",
                   "\"ingress_vrf\" : \"12\"", "\"src4_addr\" : \"10.0.0.80\""}))
        << kept;
}

// A disk that takes no more: the gateway says so and goes on, and lines are kept again when there is room.
TEST_F(Logs, AFullDiskIsTroubleAndNobodyWaitsForIt) {
    config_.nat = LogFile::Config{.path = folder_ / "nat.jsonl"};
    RecordLog log(config_, dependencies());
    ASSERT_TRUE(log.start());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_NE(::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    rlimit full = before;
    full.rlim_cur = 100;  // the first line is there already
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    ASSERT_TRUE(apply(acme()));
    EXPECT_TRUE(until([&] { return !log.trouble().empty(); }));
    EXPECT_NE(log.trouble().find("the nat log can not be written"), std::string::npos) << log.trouble();
    EXPECT_EQ(metrics_.counter("sluice_gateway_log_lines_lost_total", "", {{"log", "nat"}}).value(), 1U);

    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    auto without = acme();
    without.generation = 2;
    without.firewall.nat.pop_back();
    // It is tried again each second, also when there is nothing to write.
    EXPECT_TRUE(until([&] { return log.trouble().empty(); }));
    ASSERT_TRUE(apply(without));
    EXPECT_TRUE(until([&] { return lines("nat.jsonl").size() == 3; }));
    log.stop();
    const auto kept = lines("nat.jsonl");
    ASSERT_EQ(kept.size(), 3U);
    EXPECT_TRUE(has(kept[1], {"\"lines-lost\"", "\"lines\":1"})) << kept[1];
    EXPECT_TRUE(has(kept[2], {"\"static-removed\"", "\"10.0.0.80\""})) << kept[2];
    EXPECT_TRUE(log.trouble().empty());
}

TEST_F(Logs, WhatCanNotBeginIsRefused) {
    config_.nat = LogFile::Config{.path = folder_ / "no-such-folder" / "nat.jsonl"};
    RecordLog log(config_, dependencies());
    EXPECT_FALSE(log.start());
    config_.nat.reset();
    config_.ipfix = RecordLog::Ipfix{.collector = "192.0.2.50"};
    RecordLog nobody(config_, dependencies());
    const auto refused = nobody.start();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("192.0.2.50:4739"), std::string::npos);
}

}  // namespace sluice::apps::gateway
