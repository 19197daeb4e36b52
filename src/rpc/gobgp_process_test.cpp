#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "rpc/gobgp_process.hpp"

namespace sluice::rpc {
namespace {

constexpr const char* program = "/usr/bin/gobgpd";
constexpr int bgp_port = 1790;

}  // namespace

bool GobgpProcess::available() {
    return ::access(program, X_OK) == 0;
}

std::string GobgpProcess::own_network() {
    const auto pid = static_cast<unsigned>(::getpid());
    return "127." + std::to_string(64 + pid / 256 % 128) + "." + std::to_string(pid % 256);
}

GobgpProcess::GobgpProcess(GobgpSettings settings) : settings_(std::move(settings)) {
    std::string name = "/tmp/sluice-gobgp-XXXXXX";
    ::close(::mkstemp(name.data()));
    file_ = name;
    std::ofstream out(file_);
    out << fmt::format(
        "[global.config]\n  as = {}\n  router-id = \"{}\"\n  port = {}\n  local-address-list = [\"{}\"]\n"
        "[[neighbors]]\n  [neighbors.config]\n    neighbor-address = \"{}\"\n    peer-as = {}\n"
        "  [neighbors.transport.config]\n    local-address = \"{}\"\n    remote-port = {}\n    passive-mode "
        "= {}\n"
        "  [neighbors.ebgp-multihop.config]\n    enabled = true\n    multihop-ttl = 8\n"
        "  [neighbors.timers.config]\n    connect-retry = 1\n    hold-time = 9\n"
        "    idle-hold-time-after-reset = 1\n",
        settings_.asn, settings_.address, bgp_port, settings_.address, settings_.peer_address,
        settings_.peer_asn, settings_.address, bgp_port, settings_.passive ? "true" : "false");
    for (const char* family : {"ipv4-unicast", "ipv6-unicast", "ipv4-flowspec", "ipv6-flowspec"}) {
        out << "  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = \""
            << family << "\"\n";
    }
}

GobgpProcess::~GobgpProcess() {
    kill();
    ::unlink(file_.c_str());
}

void GobgpProcess::start() {
    const std::string api_option = "--api-hosts=" + api();
    pid_ = ::fork();
    if (pid_ != 0) return;
    // Only what is safe between fork and exec.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 0);
    ::dup2(null, 1);
    ::dup2(null, 2);
    ::execl(program, program, "-f", file_.c_str(), api_option.c_str(), "--pprof-disable",
            static_cast<char*>(nullptr));
    ::_exit(127);
}

void GobgpProcess::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void GobgpProcess::freeze(bool on) {
    ::kill(pid_, on ? SIGSTOP : SIGCONT);
}

}  // namespace sluice::rpc
