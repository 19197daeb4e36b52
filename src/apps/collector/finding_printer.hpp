// Findings as JSON lines on standard output, for a collector without a controller. Writes on a thread of its
// own: a reader that stalls must not stall the detector.
#pragma once

#include <string>
#include <thread>

#include "base/bounded_queue.hpp"
#include "model/finding.hpp"

namespace sluice::apps::collector {

class FindingPrinter {
  public:
    ~FindingPrinter() { stop(); }
    void start();
    void stop();
    // Never waits; what does not fit is counted.
    void print(const model::Finding& finding);
    [[nodiscard]] std::uint64_t lost() const { return lines_.rejected(); }

  private:
    base::BoundedQueue<std::string> lines_{4096};
    std::thread thread_;
};

}  // namespace sluice::apps::collector
