// flowblast: sends export datagrams to a collector on loopback, at a rate or as fast as it can, and says what
// it sent as one line of JSON. Refuses any other destination: it is a load, not a tool against others.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <thread>

#include "datagram_ring.hpp"

namespace sluice::bench::flowblast {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t burst = 32;

struct Sent {
    std::uint64_t datagrams = 0;
    std::uint64_t templates = 0;
    double seconds = 0;
    double began_unix_s = 0;
};

double unix_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

int open_socket(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int buffer_bytes = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return -1;
    return fd;
}

class Sender {
  public:
    Sender(DatagramRing& ring, int fd) : ring_(ring), fd_(fd) {}

    Sent run(double records_per_s, double seconds) {
        send_templates();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        Sent sent;
        sent.began_unix_s = unix_seconds();
        const auto began = Clock::now();
        double templates_last = 0;
        for (;;) {
            const double passed = std::chrono::duration<double>(Clock::now() - began).count();
            if (passed >= seconds) break;
            if (passed - templates_last >= 1) {
                send_templates();
                templates_last = passed;
            }
            std::size_t size = burst;
            if (records_per_s > 0) {
                const double due =
                    records_per_s * passed / ring_.records_a_datagram() - static_cast<double>(sent.datagrams);
                if (due < 1) {
                    std::this_thread::sleep_for(std::chrono::microseconds(100));
                    continue;
                }
                size = std::min(size, static_cast<std::size_t>(due));
            }
            send_burst(size);
            sent.datagrams += size;
        }
        sent.seconds = std::chrono::duration<double>(Clock::now() - began).count();
        sent.templates = templates_sent_;
        return sent;
    }

  private:
    void send_templates() {
        const auto bytes = ring_.templates(static_cast<std::uint32_t>(unix_seconds()));
        if (bytes.empty()) return;
        if (send(fd_, bytes.data(), bytes.size(), 0) > 0) ++templates_sent_;
    }

    void send_burst(std::size_t size) {
        std::array<iovec, burst> parts;
        std::array<mmsghdr, burst> messages{};
        const auto now = static_cast<std::uint32_t>(unix_seconds());
        for (std::size_t i = 0; i < size; ++i) {
            const auto bytes = ring_.stamped(next_, now);
            next_ = (next_ + 1) % ring_.size();
            parts[i] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        for (std::size_t done = 0; done < size;) {
            const int n = sendmmsg(fd_, &messages[done], static_cast<unsigned>(size - done), 0);
            // Refused: nobody listens yet.
            if (n < 0 && errno != ECONNREFUSED && errno != EINTR && errno != ENOBUFS) {
                std::perror("flowblast: sendmmsg");
                std::exit(1);
            }
            if (n > 0) done += static_cast<std::size_t>(n);
        }
    }

    DatagramRing& ring_;
    int fd_;
    std::size_t next_ = 0;
    std::uint64_t templates_sent_ = 0;
};

}  // namespace
}  // namespace sluice::bench::flowblast

int main(int argc, char** argv) {
    using namespace sluice::bench::flowblast;
    const std::map<std::string, Protocol> protocols{
        {"v5", Protocol::v5}, {"v9", Protocol::v9}, {"ipfix", Protocol::ipfix}, {"sflow", Protocol::sflow}};
    CLI::App app("Sends flow export datagrams to a collector on 127.0.0.1.");
    Workload workload;
    std::uint16_t port = 2055;
    double records_per_s = 0;
    double seconds = 6;
    app.add_option("--protocol", workload.protocol, "v5, v9, ipfix or sflow")
        ->transform(CLI::CheckedTransformer(protocols, CLI::ignore_case));
    app.add_option("--port", port, "of the collector")->capture_default_str();
    app.add_option("--rate", records_per_s, "records a second; 0: as fast as it can")->capture_default_str();
    app.add_option("--seconds", seconds)->capture_default_str();
    app.add_option("--ring", workload.datagrams, "different datagrams")->capture_default_str();
    app.add_option("--host-bits", workload.host_bits, "2^n destinations")->capture_default_str();
    app.add_option("--packets", workload.packets_a_record, "a record")->capture_default_str();
    app.add_option("--seed", workload.seed)->capture_default_str();
    app.add_flag("--attack", workload.attack, "UDP from everywhere to 10.10.0.5");
    CLI11_PARSE(app, argc, argv);

    const int fd = open_socket(port);
    if (fd < 0) {
        std::perror("flowblast: socket");
        return 1;
    }
    DatagramRing ring(workload);
    const Sent sent = Sender(ring, fd).run(records_per_s, seconds);
    close(fd);
    const std::uint64_t records = sent.datagrams * ring.records_a_datagram();
    std::printf(
        "{\"datagrams\": %llu, \"templates\": %llu, \"records\": %llu, \"records_a_datagram\": %u, "
        "\"seconds\": %.3f, \"records_per_s\": %.0f, \"began\": %.6f}\n",
        static_cast<unsigned long long>(sent.datagrams), static_cast<unsigned long long>(sent.templates),
        static_cast<unsigned long long>(records), ring.records_a_datagram(), sent.seconds,
        static_cast<double>(records) / sent.seconds, sent.began_unix_s);
    return 0;
}
