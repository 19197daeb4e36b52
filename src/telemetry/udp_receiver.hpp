// Receives export datagrams on UDP sockets with N threads and hands each thread's datagrams to its own
// handler.
//
// Which thread: with several threads each opens every port with SO_REUSEPORT, and a socket filter picks the
// thread by the sender's address alone. So all datagrams of one exporter, whatever its source ports, reach
// one handler, and handlers share nothing.
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

class UdpReceiver {
  public:
    struct Listen {
        std::string address = "::";  // "::" takes IPv4 too
        std::uint16_t port = 0;      // 0: any free port, see ports()
    };
    struct Config {
        std::vector<Listen> listen;  // customarily 2055 for NetFlow/IPFIX and 6343 for sFlow
        unsigned threads = 1;
        std::size_t receive_buffer_bytes = 32U
                                           << 20U;  // a socket; the kernel may give less, see statistics()
        std::size_t max_datagram_bytes = 65535;
        unsigned batch = 64;  // datagrams a system call
        std::uint32_t gather_us =
            1000;  // after a short batch wait this long for more: fewer wake-ups; 0: off
        std::uint32_t tick_interval_ms = 100;
    };
    struct Dependencies {
        const base::Clock& clock;
        std::vector<DatagramHandler*> handlers;  // one a thread; must outlive stop()
    };

    UdpReceiver(Config config, Dependencies dependencies);
    ~UdpReceiver();
    UdpReceiver(const UdpReceiver&) = delete;
    UdpReceiver& operator=(const UdpReceiver&) = delete;

    // Opens the sockets, then starts the threads. An error names the address, the port and what to do.
    [[nodiscard]] base::Status start();
    // Returns when the threads have ended; datagrams that the kernel still holds are lost.
    void stop();

    // The ports in the order of Config::listen, as bound.
    [[nodiscard]] std::vector<std::uint16_t> ports() const;
    // Summed over the threads, at most one tick old; after stop() the last state. Any thread but not during
    // start().
    [[nodiscard]] SourceStatistics statistics() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] base::Status validate(const UdpReceiver::Config& config);

}  // namespace sluice::telemetry
