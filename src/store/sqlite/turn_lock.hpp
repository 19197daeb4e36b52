// A lock that is had in the order in which it was asked for. Where one holder waits a second for a locked
// file and asks again at once, a std::mutex leaves all others waiting for many of its turns.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sluice::store::sqlite {

// Any threads; a BasicLockable for std::lock_guard.
class TurnLock {
  public:
    void lock() {
        std::unique_lock guard(mutex_);
        const std::uint64_t own = next_++;
        moved_on_.wait(guard, [&] { return turn_ == own; });
    }
    void unlock() {
        {
            const std::lock_guard guard(mutex_);
            ++turn_;
        }
        moved_on_.notify_all();
    }
    // Who has it, and who waits for it.
    [[nodiscard]] std::uint64_t wanted() const {
        const std::lock_guard guard(mutex_);
        return next_ - turn_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable moved_on_;
    std::uint64_t next_ = 0;
    std::uint64_t turn_ = 0;
};

}  // namespace sluice::store::sqlite
