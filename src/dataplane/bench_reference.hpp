// What a fixed piece of work costs at this moment, for benchmarks on machines that are shared: where it is
// dearer than at its best, somebody else has a part of the core or of the caches, and a run beside it says
// more of him than of us. The work is always the same and knows nothing of what is measured, so runs can be
// left out by it (bench/measuring/quiet.py).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "dataplane/bench_loop.hpp"
#include "dataplane/huge_memory.hpp"

namespace sluice::dataplane {

class BenchReference {
  public:
    BenchReference() : table_(table_words, 1) {}

    // Prints "CASE machine CORE MEMORY": ns of a multiplication where eight chains go on at once, and of a
    // line of 64 MiB that was asked for 32 lines ahead. A millisecond. True: others leave the machine alone
    // now.
    bool print(const char* name) {
        const double core = core_ns();
        const double memory = memory_ns();
        std::printf("%s machine %.4f %.3f\n", name, core, memory);
        std::fflush(stdout);
        best_core_ = std::min(best_core_, core);
        best_memory_ = std::min(best_memory_, memory);
        return core <= tolerated * best_core_ && memory <= tolerated * best_memory_;
    }

    // Calls run(number) so often, and on until enough of the runs were quiet, or patience is at its end.
    template <class Run>
    void measure(const char* name, int runs, Run&& run) {
        bool before = print(name);
        int quiet = 0;
        for (int i = 0; i < runs || (quiet < enough && i < patience * runs); ++i) {
            run(i);
            const bool after = print(name);
            quiet += before && after ? 1 : 0;
            before = after;
        }
    }

  private:
    static constexpr double tolerated = 1.15;
    static constexpr int enough = 5;
    static constexpr int patience = 6;
    static constexpr std::size_t table_words = 8U << 20U;
    static constexpr std::uint64_t factor = 6364136223846793005ULL;

    double core_ns() {
        constexpr int rounds = 100'000;
        std::uint64_t x[8] = {1, 2, 3, 4, 5, 6, 7, random_};
        const double start = thread_cpu_ns();
        for (int i = 0; i < rounds; ++i) {
            for (std::uint64_t& one : x) one = one * factor + 1;
        }
        const double spent = thread_cpu_ns() - start;
        for (const std::uint64_t one : x) random_ ^= one;
        return spent / (rounds * 8);
    }
    double memory_ns() {
        constexpr int bursts = 1'000;
        constexpr std::size_t lines = 32;
        std::size_t at[lines];
        const double start = thread_cpu_ns();
        for (int i = 0; i < bursts; ++i) {
            for (std::size_t& one : at) {
                random_ = random_ * factor + 1;
                one = random_ >> 33U & (table_words - 8);
                __builtin_prefetch(&table_[one]);
            }
            for (const std::size_t one : at) random_ += table_[one];
        }
        return (thread_cpu_ns() - start) / (bursts * static_cast<double>(lines));
    }

    double best_core_ = 1e9;
    double best_memory_ = 1e9;
    HugeVector<std::uint64_t> table_;
    std::uint64_t random_ = 1;
};

}  // namespace sluice::dataplane
