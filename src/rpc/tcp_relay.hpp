// For tests of links: passes TCP connections on to a port, and can cut them or swallow everything, as a
// broken network would.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace sluice::rpc {

class TcpRelay {
  public:
    explicit TcpRelay(std::uint16_t target);
    ~TcpRelay();
    TcpRelay(const TcpRelay&) = delete;
    TcpRelay& operator=(const TcpRelay&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    // Connections stay open, nothing passes any more, nobody is told.
    void swallow(bool on) { swallow_ = on; }
    // Connections end with a reset.
    void cut() { cut_ = true; }

  private:
    void run();

    const std::uint16_t target_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<bool> swallow_{false};
    std::atomic<bool> cut_{false};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace sluice::rpc
