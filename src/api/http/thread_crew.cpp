#include "api/http/thread_crew.hpp"

#include <system_error>
#include <utility>

namespace sluice::api::http {

bool ThreadCrew::run(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    if (jobs_.size() >= idle_) {
        if (threads_.size() >= limit_) return false;
        try {
            threads_.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
            return false;  // the system has no thread for us: the same as our own limit
        }
        ++idle_;
    }
    jobs_.push_back(std::move(job));
    ready_.notify_one();
    return true;
}

void ThreadCrew::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        const auto job = std::move(jobs_.front());
        jobs_.pop_front();
        --idle_;
        lock.unlock();
        job();
        lock.lock();
        ++idle_;
    }
}

void ThreadCrew::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ready_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

std::size_t ThreadCrew::busy() const {
    const std::lock_guard lock(mutex_);
    return threads_.size() - idle_;
}

}  // namespace sluice::api::http
