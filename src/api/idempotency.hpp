// Answers to requests with an Idempotency-Key, so that a repetition gets the same answer and does nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/http/message.hpp"
#include "base/clock.hpp"

namespace sluice::api {

// Thread-safe. In memory: a restart forgets, and the oldest give way at the limit.
class IdempotencyBook {
  public:
    struct Limits {
        std::size_t max_answers = 4096;
        base::Duration keep = std::chrono::hours(24);
    };
    IdempotencyBook(Limits limits, const base::Clock& clock) : limits_(limits), clock_(clock) {}

    enum class Verdict : std::uint8_t {
        begin,   // new: do it, then finish()
        repeat,  // give the answer again
        busy,    // the first one is still at work
        misuse,  // the key was used for another request
    };
    struct Begun {
        Verdict verdict = Verdict::begin;
        http::Response answer;  // with repeat
    };
    // `key`: who and which key; `print`: method, path and body.
    [[nodiscard]] Begun begin(const std::string& key, const std::string& print);
    // Server errors are not kept: a repetition may succeed.
    void finish(const std::string& key, const http::Response& answer);

  private:
    struct Entry {
        std::string print;
        std::optional<http::Response> answer;
        base::Instant at{};
    };
    void forget_old();

    const Limits limits_;
    const base::Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, Entry, std::less<>> entries_;
    std::deque<std::pair<std::string, base::Instant>> order_;
};

}  // namespace sluice::api
