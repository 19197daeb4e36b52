#include "apps/controller/ticker.hpp"

#include <chrono>

namespace sluice::apps::controller {

void Ticker::start() {
    thread_ = std::thread([this] { run(); });
}

void Ticker::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Ticker::run() {
    auto next = std::chrono::steady_clock::now() + interval_;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_until(lock, next, [this] { return stopping_; })) {
        lock.unlock();
        work_();
        lock.lock();
        // What a slow call has missed is not made up for.
        next = std::max(next + interval_, std::chrono::steady_clock::now());
    }
}

}  // namespace sluice::apps::controller
