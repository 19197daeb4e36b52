// For tests of threads, sockets and other processes: waits for what has to come, and not longer.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace sluice::base::testing {

// False when the condition does not hold within the patience, which is for machines that do other work, too.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    using Steady = std::chrono::steady_clock;
    for (const auto end = Steady::now() + patience; Steady::now() < end;) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return condition();
}

}  // namespace sluice::base::testing
