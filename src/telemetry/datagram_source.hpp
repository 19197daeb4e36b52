// The port through which a receiver thread gets datagrams: UDP sockets (udp_source.hpp), or a test's memory.
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "telemetry/datagram.hpp"

namespace sluice::telemetry {

struct SourceStatistics {
    std::uint64_t datagrams = 0;
    std::uint64_t bytes = 0;
    std::uint64_t socket_full = 0;   // dropped by the kernel for want of buffer (LossReason::socket_full)
    std::uint64_t cut = 0;           // longer than max_datagram_bytes (LossReason::datagram_cut)
    std::uint64_t errors = 0;        // receive calls that failed
    std::uint64_t buffer_bytes = 0;  // what the kernel gave for the socket buffers, all sockets together
};

// Belongs to one thread.
class DatagramSource {
  public:
    virtual ~DatagramSource() = default;
    // Waits at most `patience` for datagrams. Empty on time-out. What it returns is valid until the next
    // call.
    [[nodiscard]] virtual std::span<const Datagram> receive(base::Duration patience) = 0;
    [[nodiscard]] virtual SourceStatistics statistics() = 0;
};

// What a receiver thread does with them; one object a thread, called on that thread only.
class DatagramHandler {
  public:
    virtual ~DatagramHandler() = default;
    virtual void on_datagrams(std::span<const Datagram> datagrams) = 0;
    // About every idle_interval_ms, busy or not.
    virtual void on_tick(base::Instant now) = 0;
};

}  // namespace sluice::telemetry
