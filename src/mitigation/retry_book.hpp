// When a route that the speaker has not taken is tried again: after a delay that doubles with each failure.
// For one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace sluice::mitigation {

class RetryBook {
  public:
    RetryBook(std::uint32_t first_ms, std::uint32_t longest_ms)
        : first_ms_(first_ms), longest_ms_(longest_ms) {}

    // What never failed is due.
    [[nodiscard]] bool due(const std::string& key, base::Instant now) const {
        const auto it = retries_.find(key);
        return it == retries_.end() || it->second.at <= now;
    }
    // True for the first failure in a row.
    bool failed(const std::string& key, base::Instant now) {
        auto& retry = retries_[key];
        const auto delay = std::min<std::uint64_t>(
            static_cast<std::uint64_t>(first_ms_) << std::min(retry.failures, 16U), longest_ms_);
        retry.at = now + std::chrono::milliseconds(delay);
        return retry.failures++ == 0;
    }
    // True when it had failed.
    bool succeeded(const std::string& key) { return retries_.erase(key) > 0; }
    // Whatever failed before may be taken now.
    void make_all_due() {
        for (auto& [key, retry] : retries_) retry.at = {};
    }
    // Those of which `over(key)` holds; they are forgotten.
    template <class Over>
    [[nodiscard]] std::vector<std::string> forget(const Over& over) {
        std::vector<std::string> gone;
        std::erase_if(retries_, [&](const auto& item) {
            if (!over(item.first)) return false;
            gone.push_back(item.first);
            return true;
        });
        return gone;
    }
    template <class Take>
    void each_time(const Take& take) const {
        for (const auto& [key, retry] : retries_) take(retry.at);
    }

  private:
    struct Retry {
        std::uint32_t failures = 0;
        base::Instant at{};
    };
    const std::uint32_t first_ms_;
    const std::uint32_t longest_ms_;
    std::map<std::string, Retry> retries_;
};

}  // namespace sluice::mitigation
