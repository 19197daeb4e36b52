// A network device by DPDK's device string: a card ("0000:03:00.0"), a kernel interface
// ("net_af_xdp0,iface=dirty", "net_af_packet0,iface=dirty"), shared memory ("net_memif0,…"), a capture
// ("net_pcap0,rx_pcap=in.pcap,tx_pcap=out.pcap") or nothing at all ("net_null0"). No header shows a DPDK
// type.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "packet/eal.hpp"
#include "packet/port.hpp"

namespace sluice::packet {

// As the device itself counts; since it was opened.
struct DeviceCounters {
    std::uint64_t received = 0;
    std::uint64_t transmitted = 0;
    std::uint64_t missed = 0;     // arrived, but no room in the receive queue
    std::uint64_t no_buffer = 0;  // arrived, but no free buffer
    std::uint64_t errors_in = 0;
    std::uint64_t errors_out = 0;
    std::uint64_t segmented = 0;  // longer than a buffer; refused by us
};

class Device {
  public:
    struct Config {
        std::string device;
        // One a worker, 64 at most; the device spreads packets by source and destination address. Where it
        // has fewer, the last workers receive nothing, and share the queues by which frames leave.
        std::uint16_t queues = 1;
        std::uint16_t descriptors = 1024;  // a queue, each way
        std::uint32_t buffers = 8191;      // 2^n − 1 is best; each 2.4 kB
        bool promiscuous = true;
    };

    // Opens and starts it. invalid_argument: no such device or driver; unavailable: the kernel or the card
    // refuses.
    [[nodiscard]] static base::Result<std::unique_ptr<Device>> open(const Eal& eal, const Config& config);
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    // Each queue for one thread. Valid as long as the device.
    [[nodiscard]] Port& queue(std::uint16_t index);
    // By which frames come in; at most Config::queues.
    [[nodiscard]] std::uint16_t receive_queues() const;
    [[nodiscard]] std::array<std::uint8_t, 6> mac() const;
    // Any thread.
    [[nodiscard]] DeviceCounters counters() const;

  private:
    struct State;
    explicit Device(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// A card on the PCI bus ("0000:03:00.0"), by the form of its name.
[[nodiscard]] bool is_pci(const std::string& device);

}  // namespace sluice::packet
