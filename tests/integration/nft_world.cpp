#include "nft_world.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "packet/packet_text.hpp"

namespace sluice::integration {
namespace {

constexpr std::size_t ethernet = 14;
constexpr int patience_ms = 10'000;
constexpr const char* router = "router";

std::string host(std::size_t zone) {
    return "host-" + std::to_string(zone);
}
std::string host_mac(std::size_t zone) {
    return "02:5c:00:00:80:1" + std::to_string(zone);
}
std::string router_mac(std::size_t zone) {
    return "02:5c:00:00:80:2" + std::to_string(zone);
}
void put_mac(std::uint8_t* at, const std::string& text) {
    for (std::size_t i = 0; i < 6; ++i)
        at[i] = static_cast<std::uint8_t>(std::stoul(text.substr(i * 3, 2), nullptr, 16));
}

int open_socket(const Namespaces& spaces, std::size_t zone) {
    int out = -1;
    spaces.inside(host(zone), [&] {
        out = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
        sockaddr_ll at{};
        at.sll_family = AF_PACKET;
        at.sll_protocol = htons(ETH_P_ALL);
        at.sll_ifindex = static_cast<int>(::if_nametoindex("router"));
        const int bytes = 4 << 20;
        (void)::setsockopt(out, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        if (::bind(out, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) out = -1;
    });
    if (out < 0) throw std::runtime_error("no packet socket in " + spaces.name(host(zone)));
    return out;
}

// From host 250 of one zone to host 250 of another.
std::vector<std::uint8_t> marker(std::size_t zone, std::uint32_t number) {
    constexpr std::array<const char*, NftWorld::zones> hosts{"60.0.0.250", "10.1.0.250", "10.2.0.250"};
    const std::size_t to = (zone + 1) % NftWorld::zones;
    auto frame = packet::parse_packet_text(std::string("udp ") + hosts[zone] + ":9 > " + hosts[to] + ":" +
                                           std::to_string(NftWorld::marker_port) + " payload 4")
                     .value();
    std::memcpy(frame.data() + frame.size() - 4, &number, 4);
    frame[ethernet + 26] = frame[ethernet + 27] = 0;  // no UDP checksum
    return frame;
}

bool is_marker(const std::vector<std::uint8_t>& frame, std::uint32_t number) {
    return frame.size() >= ethernet + 32 && frame[12] == 8 && frame[13] == 0 && frame[ethernet + 9] == 17 &&
           frame[ethernet + 23] == NftWorld::marker_port && frame[ethernet + 22] == 0 &&
           std::memcmp(frame.data() + ethernet + 28, &number, 4) == 0;
}

}  // namespace

std::string NftWorld::missing() {
    if (const std::string reason = Namespaces::missing(); !reason.empty()) return reason;
    const Namespaces probe("slu-nft-" + std::to_string(::getpid()), {"probe"});
    const bool tracks = probe.runs("probe",
                                   "nft 'add table inet t; add chain inet t c { type filter hook forward "
                                   "priority 0; }; add rule inet t c ct state new accept'");
    return tracks ? "" : "nftables with connection tracking is not allowed here";
}

NftWorld::NftWorld(const std::string& tag) : spaces_("slu-nft-" + tag, {router, host(0), host(1), host(2)}) {
    for (const char* setting :
         {"net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0",
          "net.ipv4.conf.default.rp_filter=0", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0",
          "net.ipv4.icmp_msgs_per_sec=100000", "net.ipv4.icmp_msgs_burst=100000"}) {
        (void)spaces_.runs(router, std::string("sysctl -qw ") + setting);
    }
    for (std::size_t zone = 0; zone < zones; ++zone) {
        const std::string number = std::to_string(zone);
        const std::string device = "z" + number;
        spaces_.veth({router, device, router_mac(zone)}, {host(zone), "router", host_mac(zone)});
        for (const std::string& command :
             {"addr add 100.64." + number + ".1/30 dev " + device,
              "-6 addr add 2001:db8:ff:" + number + "::1/64 dev " + device + " nodad",
              "neigh replace 100.64." + number + ".2 lladdr " + host_mac(zone) + " nud permanent dev " +
                  device,
              "neigh replace 2001:db8:ff:" + number + "::2 lladdr " + host_mac(zone) + " nud permanent dev " +
                  device,
              std::string("route add ") + networks4[zone] + " via 100.64." + number + ".2",
              std::string("-6 route add ") + networks6[zone] + " via 2001:db8:ff:" + number + "::2"}) {
            spaces_.ip(router, command);
        }
        sockets_[zone] = open_socket(spaces_, zone);
    }
    // What is translated has no host of its own: it is not answered for, and not sent back.
    spaces_.ip(router, "route add blackhole 203.0.113.0/24");
    spaces_.ip(router, "-6 route add blackhole 2001:db8:cc::/64");
    // As strict as Sluice is by default: a connection begins with a SYN. Tracking begins with the first rule
    // that asks for it, and with it the setting is there.
    load("table inet t { chain c { type filter hook forward priority 0; ct state new accept; }; }");
    spaces_.run(router, "sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0");
}

NftWorld::~NftWorld() {
    for (const int fd : sockets_) {
        if (fd >= 0) ::close(fd);
    }
}

void NftWorld::load(const std::string& ruleset) {
    const std::string command = "ip netns exec " + spaces_.name(router) + " nft -f -";
    FILE* nft = ::popen(command.c_str(), "w");
    if (nft == nullptr) throw std::runtime_error("nft does not start");
    const std::string text = "flush ruleset\n" + ruleset + "\n";
    std::fwrite(text.data(), 1, text.size(), nft);
    if (::pclose(nft) != 0) throw std::runtime_error("nft refuses:\n" + ruleset);
}

std::vector<NftWorld::Came> NftWorld::send(std::size_t zone, std::vector<std::uint8_t> frame) {
    auto last = marker(zone, ++markers_);
    for (auto* one : {&frame, &last}) {
        put_mac(one->data(), router_mac(zone));
        put_mac(one->data() + 6, host_mac(zone));
        if (::send(sockets_[zone], one->data(), one->size(), 0) < 0)
            throw std::runtime_error("a frame is not sent");
    }
    std::vector<Came> came;
    bool marked = false;
    for (int waited = 0; !marked && waited < patience_ms; waited += 10) {
        drain(came, marked, markers_);
        if (marked) break;
        std::array<pollfd, zones> ready{};
        for (std::size_t i = 0; i < zones; ++i) ready[i] = {sockets_[i], POLLIN, 0};
        (void)::poll(ready.data(), zones, 10);
    }
    if (!marked) throw std::runtime_error("the marker did not come out: the router is gone");
    drain(came, marked, markers_);
    return came;
}

void NftWorld::drain(std::vector<Came>& came, bool& marked, std::uint32_t number) const {
    for (std::size_t zone = 0; zone < zones; ++zone) {
        std::array<std::uint8_t, 2048> bytes{};
        sockaddr_ll from{};
        socklen_t size = sizeof from;
        for (ssize_t n = 0; (n = ::recvfrom(sockets_[zone], bytes.data(), bytes.size(), 0,
                                            reinterpret_cast<sockaddr*>(&from), &size)) > 0;) {
            if (from.sll_pkttype == PACKET_OUTGOING) continue;
            std::vector<std::uint8_t> frame(bytes.begin(), bytes.begin() + n);
            const bool ip =
                frame.size() > ethernet && ((frame[12] == 8 && frame[13] == 0) || frame[12] == 0x86);
            if (is_marker(frame, number)) {
                marked = true;
            } else if (ip) {
                came.push_back({zone, std::move(frame)});
            }
        }
    }
}

}  // namespace sluice::integration
