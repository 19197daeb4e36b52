// DPDK's environment (EAL): memory and drivers for the devices of one process. Started once, before any
// device, and never again in the same process: DPDK keeps its state in globals.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.hpp"

namespace sluice::packet {

class Eal {
  public:
    struct Config {
        bool hugepages = false;         // true: 2 MiB pages must be there (vm.nr_hugepages)
        std::uint32_t memory_mb = 256;  // for packet buffers
        bool pci = false;               // look for network cards
    };
    // unavailable: no memory, no permission, a driver's plugin is missing; conflict: it was started before.
    [[nodiscard]] static base::Result<std::unique_ptr<Eal>> start(const Config& config);
    ~Eal();
    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;

    // True when this machine has free 2 MiB pages enough for `memory_mb`.
    [[nodiscard]] static bool hugepages_free(std::uint32_t memory_mb);

    // Gives the calling thread DPDK's per-thread caches (Port::enter_thread does it). False: it has them, or
    // DPDK has no more to give; it then works without.
    [[nodiscard]] static bool register_thread();
    static void unregister_thread();

  private:
    Eal() = default;
};

}  // namespace sluice::packet
