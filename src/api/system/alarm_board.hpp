// What is wrong with the platform: each alarm with a sentence and what to do about it. Raised once, told as
// an event, cleared when it is over, remembered for a day.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"

namespace sluice::incident {
class EventSink;
}

namespace sluice::api::system {

enum class Severity : std::uint8_t { warning, critical };

struct Alarm {
    std::string code;     // "gateway-silent", stable
    std::string subject;  // "guard-1"
    Severity severity = Severity::warning;
    std::string sentence;
    std::string what_to_do;
    base::Timestamp raised_at{};
    std::optional<base::Timestamp> cleared_at;
};

// Thread-safe.
class AlarmBoard {
  public:
    struct Config {
        std::size_t max_active = 1000;
        std::size_t max_cleared = 1000;
        std::chrono::hours keep_cleared{24};
    };
    struct Dependencies {
        incident::EventSink& events;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    AlarmBoard(Config config, Dependencies dependencies);

    // Again for the same code and subject: only the sentence is renewed.
    void raise(Alarm alarm);
    // Nothing happens when it is not raised.
    void clear(const std::string& code, const std::string& subject);
    // raise() or clear(), for a watch that looks again and again.
    void set(bool wrong, Alarm alarm);

    [[nodiscard]] std::vector<Alarm> active() const;
    // Active ones first, then cleared ones; newest first.
    [[nodiscard]] std::vector<Alarm> all() const;

  private:
    const Config config_;
    Dependencies dependencies_;
    base::Gauge& active_gauge_;
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Alarm> active_;
    std::vector<Alarm> cleared_;  // oldest first
};

}  // namespace sluice::api::system
