// SIGTERM and SIGINT as something that the main thread waits for.
#pragma once

#include <csignal>

#include "base/clock.hpp"

namespace sluice::apps::process {

// Make one first thing in main, before any thread is started: threads inherit that the signals are blocked.
class ShutdownSignal {
  public:
    ShutdownSignal();

    // True as soon as the process is asked to end; false after `patience`.
    [[nodiscard]] bool wait(base::Duration patience);

  private:
    sigset_t signals_{};
};

}  // namespace sluice::apps::process
