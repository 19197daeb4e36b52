// UDP sockets as a DatagramSource: recvmmsg(2), an explicit receive buffer, kernel time stamps, and the
// kernel's own count of what it dropped (SO_MEMINFO).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "telemetry/datagram_source.hpp"

namespace sluice::telemetry {

// A bound, non-blocking socket; closes itself.
class UdpSocket {
  public:
    struct Options {
        std::string address;  // numeric; "::" takes IPv4 too
        std::uint16_t port = 0;
        std::size_t receive_buffer_bytes = 0;
        bool share_port = false;  // SO_REUSEPORT
    };

    [[nodiscard]] static base::Result<UdpSocket> open(const Options& options);
    UdpSocket(UdpSocket&& other) noexcept;
    UdpSocket& operator=(UdpSocket&& other) noexcept;
    ~UdpSocket();

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] std::uint16_t port() const;
    // What the kernel gave, as it accounts for it (twice what was asked for, socket(7)).
    [[nodiscard]] std::size_t buffer_bytes() const;
    // Dropped for want of buffer since the socket was opened, modulo 2^32.
    [[nodiscard]] std::uint32_t drops() const;
    // Spreads the datagrams of all sockets that share this port over them by the sender's address alone; the
    // sockets are numbered in the order in which they were opened.
    [[nodiscard]] base::Status spread_by_sender(unsigned sockets) const;

  private:
    explicit UdpSocket(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

class UdpSource final : public DatagramSource {
  public:
    UdpSource(std::vector<UdpSocket> sockets, const base::Clock& clock, unsigned batch,
              std::size_t max_datagram_bytes);
    ~UdpSource() override;

    // One socket's datagrams, at most a batch; the sockets take turns.
    [[nodiscard]] std::span<const Datagram> receive(base::Duration patience) override;
    [[nodiscard]] SourceStatistics statistics() override;

  private:
    struct Buffers;
    [[nodiscard]] std::span<const Datagram> receive_from(const UdpSocket& socket);
    [[nodiscard]] std::span<const Datagram> receive_any();

    std::vector<UdpSocket> sockets_;
    std::vector<std::uint32_t> last_drops_;
    const base::Clock& clock_;
    std::unique_ptr<Buffers> buffers_;
    SourceStatistics statistics_;
    std::size_t turn_ = 0;
};

}  // namespace sluice::telemetry
