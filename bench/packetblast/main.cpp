// packetblast: sends frames of many flows on a veth interface, as fast as it can or at a rate, and says as
// one line of JSON what it sent and what processor time that took. On a veth the receiving side's work is
// done in the sender's time (the softirq runs where the frame was sent), so this is the cost of the whole
// path. Refuses any interface that is no veth: it is a load, not a tool against others.
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"

namespace sluice::bench::packetblast {
namespace {

constexpr std::size_t burst = 64;
constexpr std::size_t room = 128;

struct Settings {
    std::string interface;
    std::string to_mac;
    std::string packet;       // of any flow, as packet_text has it; IPv4
    std::uint32_t hosts = 1;  // source addresses, from the packet's on
    std::uint32_t ports = 1;  // source ports, from the packet's on
    double seconds = 1;
    double packets_per_s = 0;   // 0: as fast as it can
    std::uint64_t packets = 0;  // 0: by time
    bool in_order = false;
};

struct Sent {
    std::uint64_t packets = 0;
    std::uint64_t refused = 0;
    double cpu_ns = 0;
    double seconds = 0;
};

double cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

bool is_veth(int fd, const std::string& interface) {
    ethtool_drvinfo info{};
    info.cmd = ETHTOOL_GDRVINFO;
    ifreq request{};
    std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&info);
    return ioctl(fd, SIOCETHTOOL, &request) == 0 && std::strcmp(info.driver, "veth") == 0;
}

class Blaster {
  public:
    explicit Blaster(const Settings& settings) : settings_(settings), random_(17) {
        fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        if (fd_ < 0) fail("a packet socket needs root");
        if (!is_veth(fd_, settings_.interface)) fail("not a veth: " + settings_.interface);
        const int on = 1;
        setsockopt(fd_, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
        sockaddr_ll at{};
        at.sll_family = AF_PACKET;
        at.sll_ifindex = static_cast<int>(if_nametoindex(settings_.interface.c_str()));
        if (bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
            fail("can not bind to " + settings_.interface);
        prepare();
    }
    ~Blaster() { close(fd_); }

    Sent run() {
        using Clock = std::chrono::steady_clock;
        Sent sent;
        const auto start = Clock::now();
        const auto end = start + std::chrono::duration<double>(settings_.seconds);
        const double cpu = cpu_ns();
        while (settings_.packets != 0 ? sent.packets < settings_.packets : Clock::now() < end) {
            for (auto& frame : frames_) write(frame);
            send(sent);
            if (settings_.packets_per_s > 0) {
                std::this_thread::sleep_until(
                    start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                static_cast<double>(sent.packets) / settings_.packets_per_s)));
            }
        }
        sent.cpu_ns = cpu_ns() - cpu;
        sent.seconds = std::chrono::duration<double>(Clock::now() - start).count();
        return sent;
    }

  private:
    [[noreturn]] static void fail(const std::string& what) {
        std::fprintf(stderr, "packetblast: %s\n", what.c_str());
        std::exit(1);
    }

    void prepare() {
        auto packet = packet::parse_packet_text(settings_.packet);
        if (!packet) fail(packet.error().message());
        length_ = packet->size();
        if (length_ < 42 || length_ > room || (*packet)[12] != 8 || (*packet)[13] != 0)
            fail("a short IPv4 packet");
        for (std::size_t i = 0; i < 6; ++i)
            (*packet)[i] =
                static_cast<std::uint8_t>(std::stoul(settings_.to_mac.substr(i * 3, 2), nullptr, 16));
        for (std::size_t i = 0; i < burst; ++i) {
            std::memcpy(frames_[i].data(), packet->data(), length_);
            parts_[i] = {frames_[i].data(), length_};
            messages_[i] = {};
            messages_[i].msg_hdr.msg_iov = &parts_[i];
            messages_[i].msg_hdr.msg_iovlen = 1;
        }
        first_host_ = word(frames_[0].data() + 26);
        first_port_ = static_cast<std::uint16_t>(word(frames_[0].data() + 32) & 0xffffU);
    }

    static std::uint32_t word(const std::uint8_t* at) {
        std::uint32_t value = 0;
        std::memcpy(&value, at, 4);
        return ntohl(value);
    }

    // Address and port of a flow, and the checksums that follow from the change (RFC 1624).
    void write(std::array<std::uint8_t, room>& frame) {
        const std::uint64_t number = settings_.in_order ? next_++ : random_.next();
        const auto host = static_cast<std::uint32_t>(number % settings_.hosts);
        const auto port = static_cast<std::uint16_t>(number / settings_.hosts % settings_.ports);
        const std::size_t check = frame[23] == 6 ? 50 : 40;
        const auto change = [&](std::size_t at, std::uint16_t value, bool of_ip) {
            const auto get = [&](std::size_t place) {
                return static_cast<std::uint16_t>(frame[place] << 8U | frame[place + 1]);
            };
            const auto put = [&](std::size_t place, std::uint16_t now) {
                frame[place] = static_cast<std::uint8_t>(now >> 8U);
                frame[place + 1] = static_cast<std::uint8_t>(now);
            };
            const std::uint16_t before = get(at);
            if (of_ip) put(24, net::checksum_update(get(24), before, value));
            put(check, net::checksum_update(get(check), before, value));
            put(at, value);
        };
        const std::uint32_t address = first_host_ + host;
        change(26, static_cast<std::uint16_t>(address >> 16U), true);
        change(28, static_cast<std::uint16_t>(address), true);
        change(34, static_cast<std::uint16_t>(first_port_ + port), false);
    }

    void send(Sent& sent) {
        std::size_t done = 0;
        while (done < burst) {
            const int n = sendmmsg(fd_, messages_.data() + done, static_cast<unsigned>(burst - done), 0);
            if (n > 0) {
                done += static_cast<std::size_t>(n);
                sent.packets += static_cast<std::uint64_t>(n);
            } else {
                // The far side's queue is full: what a wire would drop.
                ++sent.refused;
                if (errno != ENOBUFS && errno != EAGAIN)
                    fail(std::string("sendmmsg: ") + std::strerror(errno));
                ++done;
            }
        }
    }

    const Settings& settings_;
    base::SeededRandom random_;
    int fd_ = -1;
    std::size_t length_ = 0;
    std::uint32_t first_host_ = 0;
    std::uint16_t first_port_ = 0;
    std::uint64_t next_ = 0;
    std::array<std::array<std::uint8_t, room>, burst> frames_{};
    std::array<iovec, burst> parts_{};
    std::array<mmsghdr, burst> messages_{};
};

}  // namespace
}  // namespace sluice::bench::packetblast

int main(int argc, char** argv) {
    using namespace sluice::bench::packetblast;
    Settings settings;
    CLI::App app("Sends frames of many flows on a veth interface.");
    app.add_option("--interface", settings.interface)->required();
    app.add_option("--to-mac", settings.to_mac)
        ->required()
        ->check(CLI::Validator(
            [](const std::string& text) { return text.size() == 17 ? "" : "an Ethernet address"; }, "MAC"));
    app.add_option("--packet", settings.packet, "such as 'udp 10.1.0.10:4000 > 198.18.0.10:443 payload 18'")
        ->required();
    app.add_option("--hosts", settings.hosts)->check(CLI::Range(1U, 0x7fffffffU));
    app.add_option("--ports", settings.ports)->check(CLI::Range(1U, 50'000U));
    app.add_option("--seconds", settings.seconds)->check(CLI::Range(0.01, 60.0));
    app.add_option("--rate", settings.packets_per_s, "packets a second; 0: as fast as it can");
    app.add_option("--packets", settings.packets, "this many instead of some time");
    app.add_flag("--in-order", settings.in_order, "flow after flow instead of random ones");
    CLI11_PARSE(app, argc, argv);
    const Sent sent = Blaster(settings).run();
    std::printf("{\"packets\":%llu,\"refused\":%llu,\"cpu_ns\":%.0f,\"seconds\":%.6f}\n",
                static_cast<unsigned long long>(sent.packets), static_cast<unsigned long long>(sent.refused),
                sent.cpu_ns, sent.seconds);
    return 0;
}
