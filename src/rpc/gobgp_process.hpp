// For tests: a real gobgpd as a child process, on an address of its own on loopback.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sluice::rpc {

struct GobgpSettings {
    std::string address;  // 127.a.b.c, of its API and its BGP sessions
    std::uint32_t asn = 0;
    std::string peer_address;
    std::uint32_t peer_asn = 0;
    bool passive = false;
};

class GobgpProcess {
  public:
    // Whether gobgpd is installed.
    [[nodiscard]] static bool available();
    // A network of this process' own, "127.a.b", so that runs beside each other do not meet.
    [[nodiscard]] static std::string own_network();

    explicit GobgpProcess(GobgpSettings settings);
    ~GobgpProcess();
    GobgpProcess(const GobgpProcess&) = delete;
    GobgpProcess& operator=(const GobgpProcess&) = delete;

    void start();
    void kill();           // SIGKILL
    void freeze(bool on);  // SIGSTOP, SIGCONT
    [[nodiscard]] std::string api() const { return settings_.address + ":50051"; }

  private:
    const GobgpSettings settings_;
    std::string file_;
    pid_t pid_ = -1;
};

}  // namespace sluice::rpc
