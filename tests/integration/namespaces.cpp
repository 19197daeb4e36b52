#include "namespaces.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace sluice::integration {
namespace {

bool succeeds(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}
void must(const std::string& command) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace

std::string Namespaces::missing() {
    if (::geteuid() != 0) return "network namespaces need root";
    const std::string probe = "slp-" + std::to_string(::getpid());
    if (!succeeds("ip netns add " + probe)) return "network namespaces are not allowed here";
    const bool veth = succeeds("ip -n " + probe + " link add probe0 type veth peer name probe1");
    (void)succeeds("ip netns del " + probe);
    return veth ? "" : "veth devices are not allowed here";
}

Namespaces::Namespaces(std::string tag, std::vector<std::string> roles)
    : tag_(std::move(tag)), roles_(std::move(roles)) {
    try {
        for (const std::string& role : roles_) {
            must("ip netns add " + name(role));
            // Nobody else is on these links; a tentative link-local address would only delay the first
            // packets.
            run(role, "sysctl -qw net.ipv6.conf.default.accept_dad=0");
            ip(role, "link set lo up");
        }
    } catch (...) {
        remove();
        throw;
    }
}

Namespaces::~Namespaces() {
    remove();
}

void Namespaces::remove() const {
    for (const std::string& role : roles_) (void)succeeds("ip netns del " + name(role));
}

void Namespaces::veth(const End& a, const End& b) const {
    const auto end = [&](const End& of) {
        return of.device + " netns " + name(of.role) + (of.mac.empty() ? "" : " address " + of.mac);
    };
    must("ip link add " + end(a) + " type veth peer name " + end(b));
    for (const End& of : {a, b}) {
        ip(of.role, "link set " + of.device + " up");
        run(of.role, "ethtool -K " + of.device + " tx off rx off gso off tso off gro off >/dev/null");
    }
}

void Namespaces::host(const End& end, const End& router, const std::string& net4,
                      const std::string& net6) const {
    veth(router, end);
    ip(end.role, "addr add " + net4 + "5/24 dev " + end.device);
    ip(end.role, "addr add " + net6 + "5/64 dev " + end.device + " nodad");
    ip(end.role, "route add default via " + net4 + "1");
    ip(end.role, "-6 route add default via " + net6 + "1");
}

void Namespaces::ip(const std::string& role, const std::string& command) const {
    must("ip -n " + name(role) + " " + command);
}

void Namespaces::run(const std::string& role, const std::string& command) const {
    must("ip netns exec " + name(role) + " " + command);
}

bool Namespaces::runs(const std::string& role, const std::string& command) const {
    return succeeds("ip netns exec " + name(role) + " " + command);
}

void Namespaces::enter(const std::string& role) const {
    const int fd = ::open(("/run/netns/" + name(role)).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::setns(fd, CLONE_NEWNET) != 0) throw std::runtime_error("cannot enter " + name(role));
    ::close(fd);
}

void Namespaces::inside(const std::string& role, const std::function<void()>& work) const {
    std::thread([&] {
        enter(role);
        work();
    }).join();
}

}  // namespace sluice::integration
