// A thread that calls a function again and again.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.hpp"

namespace sluice::apps::controller {

class Ticker {
  public:
    Ticker(base::Duration interval, std::function<void()> work)
        : interval_(interval), work_(std::move(work)) {}
    ~Ticker() { stop(); }

    void start();
    // Waits for the call that is being made.
    void stop();

  private:
    void run();

    const base::Duration interval_;
    const std::function<void()> work_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sluice::apps::controller
