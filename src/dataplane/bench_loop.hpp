// The timing loop of the benchmarks of whole workers: CPU time of the thread, so that what other programs do
// with the processor meanwhile is not counted (what they do to its caches is).
#pragma once

#include <cstdint>
#include <ctime>

namespace sluice::dataplane {

[[nodiscard]] inline double thread_cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Runs `burst` (which says how many packets it handled) for some time, after a while that does not count; CPU
// ns a packet.
template <class Burst>
[[nodiscard]] double cpu_ns_a_packet(double seconds, Burst&& burst) {
    for (int i = 0; i < 4096; ++i) (void)burst();
    std::uint64_t packets = 0;
    const double start = thread_cpu_ns();
    while (thread_cpu_ns() < start + seconds * 1e9) {
        for (int i = 0; i < 256; ++i) packets += burst();
    }
    return (thread_cpu_ns() - start) / static_cast<double>(packets);
}

}  // namespace sluice::dataplane
