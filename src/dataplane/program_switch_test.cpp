// The change of the program in force while workers come, look and leave.
#include "dataplane/program_switch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluice::dataplane {
namespace {

std::unique_ptr<const Program> numbered(std::uint64_t sequence) {
    auto program = std::make_unique<Program>();
    program->sequence = sequence;
    return program;
}

}  // namespace

TEST(ProgramSwitch, NobodyHoldsAProgramThatWasReplaced) {
    constexpr std::uint64_t changes = 200'000;
    ProgramSwitch programs(1);
    std::atomic<std::uint64_t> replaced{0};  // programs up to this one are gone
    std::atomic<bool> done{false};
    std::uint64_t stale = 0;
    programs.publish(numbered(1));
    // Comes back from elsewhere again and again: the moment at which the control thread may take the worker
    // for absent although it is on its way in. What it wrote before, to memory that no cache has, holds up
    // what it writes on its way in; what it reads is not held up.
    std::vector<std::uint64_t> cold(8U << 20U);
    std::thread worker([&] {
        for (std::uint64_t n = 0; !done.load(std::memory_order_relaxed); ++n) {
            for (std::uint64_t i = 1; i <= 8; ++i) cold[(n * 8 + i) * 0x9e3779b97f4a7c15U >> 41U] = n;
            const std::uint64_t held = programs.pass(0).sequence;
            bool gone = false;
            for (unsigned i = 0; i < 60; ++i) gone |= replaced.load(std::memory_order_relaxed) >= held;
            stale += gone;
            programs.leave(0);
            for (unsigned i = 0; i < n % 64; ++i) (void)replaced.load(std::memory_order_acquire);
        }
    });
    for (std::uint64_t n = 2; n <= changes; ++n) {
        programs.publish(numbered(n));
        replaced.store(n - 1, std::memory_order_relaxed);
    }
    done = true;
    worker.join();
    EXPECT_EQ(stale, 0U);
}

}  // namespace sluice::dataplane
