#include "one_way_path.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace sluice::integration {
namespace {

int quiet(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str());
}
void must(const std::string& command) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace

std::string OneWayPath::missing() {
    if (::geteuid() != 0) return "network namespaces need root";
    const std::string probe = "slg-probe-" + std::to_string(::getpid());
    if (quiet("ip netns add " + probe) != 0) return "network namespaces are not allowed here";
    std::string reason;
    if (quiet("ip -n " + probe + " link add probe0 type veth peer name probe1") != 0)
        reason = "veth devices are not allowed here";
    quiet("ip netns del " + probe);
    return reason;
}

OneWayPath::OneWayPath(std::string tag) : tag_(std::move(tag)) {
    for (const char* role : {"client", "edge", "guard", "server"}) {
        must("ip netns add " + name(role));
        // Nobody else is on these links; a tentative link-local address would only delay the first packets.
        must("ip netns exec " + name(role) + " sysctl -qw net.ipv6.conf.default.accept_dad=0");
        ip(role, "link set lo up");
    }
    link("edge", "client", "02:5c:00:00:01:01", "client", "edge", "02:5c:00:00:01:02", 1);
    link("edge", "server", "02:5c:00:00:02:01", "server", "edge", "02:5c:00:00:02:02", 2);
    link("edge", "dirty", dirty_router_mac, "guard", "dirty", "02:5c:00:00:21:02", 21);
    link("edge", "clean", clean_router_mac, "guard", "clean", "02:5c:00:00:22:02", 22);
    for (const char* setting : {"net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                                "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"}) {
        must("ip netns exec " + name("edge") + " sysctl -qw " + setting);
    }
    for (const char* side : {"client", "server"}) {
        const bool client = std::string(side) == "client";
        ip(side, std::string("addr add ") + (client ? client4 : server4) + "/32 dev lo");
        ip(side, std::string("addr add ") + (client ? client6 : server6) + "/128 dev lo nodad");
        const std::string net = client ? "1" : "2";
        ip(side, "route add default via 100.64." + net + ".1 src " + (client ? client4 : server4));
        ip(side, "-6 route add default via 2001:db8:ff:" + net + "::1 src " + (client ? client6 : server6));
    }
    // From the client to the server through the guard; from the clean leg straight on; back past it.
    ip("edge", std::string("route add ") + client4 + "/32 via 100.64.1.2");
    ip("edge", std::string("-6 route add ") + client6 + "/128 via 2001:db8:ff:1::2");
    ip("edge", std::string("route add ") + server4 + "/32 via " + dirty4);
    ip("edge", std::string("-6 route add ") + server6 + "/128 via " + dirty6);
    ip("edge", std::string("route add ") + server4 + "/32 via 100.64.2.2 table 100");
    ip("edge", std::string("-6 route add ") + server6 + "/128 via 2001:db8:ff:2::2 table 100");
    ip("edge", "rule add iif clean lookup 100 pref 100");
    ip("edge", "-6 rule add iif clean lookup 100 pref 100");
}

OneWayPath::~OneWayPath() {
    for (const char* role : {"client", "edge", "guard", "server"}) quiet("ip netns del " + name(role));
}

void OneWayPath::ip(const std::string& role, const std::string& command) const {
    must("ip -n " + name(role) + " " + command);
}

void OneWayPath::link(const std::string& a, const std::string& a_device, const std::string& a_mac,
                      const std::string& b, const std::string& b_device, const std::string& b_mac,
                      int net) const {
    must("ip link add " + a_device + " netns " + name(a) + " address " + a_mac + " type veth peer name " +
         b_device + " netns " + name(b) + " address " + b_mac);
    const auto end = [&](const std::string& role, const std::string& device, int host,
                         const std::string& peer_mac) {
        const std::string net4 = "100.64." + std::to_string(net) + ".";
        const std::string net6 = "2001:db8:ff:" + std::to_string(net) + "::";
        const int peer = 3 - host;
        // The guard's addresses are the gateway's, not its kernel's.
        if (role != "guard") {
            ip(role, "addr add " + net4 + std::to_string(host) + "/30 dev " + device);
            ip(role, "addr add " + net6 + std::to_string(host) + "/64 dev " + device + " nodad");
        }
        ip(role, "link set " + device + " up");
        // Checksums must be in the packets, as on a wire.
        must("ip netns exec " + name(role) + " ethtool -K " + device +
             " tx off rx off gso off tso off gro off >/dev/null");
        // Towards the guard nothing is configured: the gateway answers ARP and neighbour discovery.
        if (role != "guard" && b != "guard") {
            ip(role,
               "neigh replace " + net4 + std::to_string(peer) + " lladdr " + peer_mac + " dev " + device);
            ip(role,
               "neigh replace " + net6 + std::to_string(peer) + " lladdr " + peer_mac + " dev " + device);
        }
    };
    end(a, a_device, 1, b_mac);
    end(b, b_device, 2, a_mac);
}

void OneWayPath::enter(const std::string& role) const {
    const int fd = ::open(("/run/netns/" + name(role)).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::setns(fd, CLONE_NEWNET) != 0) throw std::runtime_error("cannot enter " + name(role));
    ::close(fd);
}

void OneWayPath::inside(const std::string& role, const std::function<void()>& work) const {
    std::thread([&] {
        enter(role);
        work();
    }).join();
}

}  // namespace sluice::integration
