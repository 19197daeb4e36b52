#include "apps/process/shutdown_signal.hpp"

#include <pthread.h>

#include <cerrno>
#include <chrono>
#include <ctime>

namespace sluice::apps::process {

ShutdownSignal::ShutdownSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // A peer that goes away while we write to it is an error of that call, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
}

bool ShutdownSignal::wait(base::Duration patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left =
            std::max<base::Duration>(until - std::chrono::steady_clock::now(), base::Duration{0});
        const timespec time{static_cast<std::time_t>(left.count() / 1'000'000'000),
                            static_cast<long>(left.count() % 1'000'000'000)};
        if (sigtimedwait(&signals_, nullptr, &time) > 0) return true;
        if (errno != EINTR) return false;
    }
}

}  // namespace sluice::apps::process
