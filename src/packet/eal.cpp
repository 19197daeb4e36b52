#include "packet/eal.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <sched.h>

#include <atomic>
#include <fstream>
#include <string>
#include <vector>

namespace sluice::packet {
namespace {

using base::ErrorCode;

std::vector<std::string> arguments(const Eal::Config& config) {
    std::vector<std::string> words{"sluice", "--no-telemetry", "--log-level=error"};
    // The main thread is no worker; let it float.
    words.emplace_back("--lcores=0@0");
    if (!config.pci) words.emplace_back("--no-pci");
    // Either way nothing is left in the file system. DPDK refuses --in-memory without hugepages.
    if (config.hugepages) {
        words.emplace_back("--in-memory");
    } else {
        words.insert(words.end(), {"--no-huge", "--no-shconf"});
    }
    words.insert(words.end(), {"-m", fmt::format("{}", config.memory_mb)});
    return words;
}

}  // namespace

base::Result<std::unique_ptr<Eal>> Eal::start(const Config& config) {
    static std::atomic<bool> started{false};
    if (started.exchange(true)) {
        return base::fail(ErrorCode::conflict, "DPDK was started before in this process");
    }
    auto words = arguments(config);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    // EAL pins the calling thread to a core; its own idea of where that runs is not ours.
    cpu_set_t affinity;
    CPU_ZERO(&affinity);
    const bool known = pthread_getaffinity_np(pthread_self(), sizeof affinity, &affinity) == 0;
    const int result = rte_eal_init(static_cast<int>(argv.size()), argv.data());
    const int problem = rte_errno;
    if (known) (void)pthread_setaffinity_np(pthread_self(), sizeof affinity, &affinity);
    if (result < 0) {
        return base::fail(ErrorCode::unavailable,
                          fmt::format("DPDK does not start: {}", rte_strerror(problem)), "eal",
                          config.hugepages ? "set hugepages to false, or reserve them: sysctl vm.nr_hugepages"
                                           : "run as root, or with less memory_mb");
    }
    return std::unique_ptr<Eal>(new Eal);
}

Eal::~Eal() {
    rte_eal_cleanup();
}

bool Eal::hugepages_free(std::uint32_t memory_mb) {
    std::ifstream in("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    std::uint64_t pages = 0;
    return in >> pages && pages * 2 >= memory_mb;
}

bool Eal::register_thread() {
    return rte_thread_register() == 0;
}
void Eal::unregister_thread() {
    rte_thread_unregister();
}

}  // namespace sluice::packet
