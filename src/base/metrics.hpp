// Counters and gauges with labels, and their Prometheus text (exposition format 0.0.4). Parts keep a
// reference to their own counters; nobody looks one up on a hot path.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::base {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Relaxed atomics: readable at any time, from any thread.
class Counter {
  public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    // For mirrors of a counter that a worker keeps by itself.
    void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
  public:
    void set(double value) { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<double> value_{0};
};

// References stay valid as long as the registry lives. The same name and labels give the same instrument.
class MetricRegistry {
  public:
    Counter& counter(std::string_view name, std::string_view help, MetricLabels labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
    [[nodiscard]] std::string prometheus_text() const;

  private:
    template <class T>
    struct Family {
        std::string help;
        std::map<std::string, T*> series;  // by rendered labels
        std::deque<T> storage;
    };
    template <class T>
    T& find(std::map<std::string, Family<T>, std::less<>>& families, std::string_view name,
            std::string_view help, const MetricLabels& labels);

    mutable std::mutex mutex_;
    std::map<std::string, Family<Counter>, std::less<>> counters_;
    std::map<std::string, Family<Gauge>, std::less<>> gauges_;
};

}  // namespace sluice::base
