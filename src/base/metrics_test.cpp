#include "base/metrics.hpp"

#include <gtest/gtest.h>

namespace sluice::base {

TEST(Metrics, TheSameNameAndLabelsAreOneInstrument) {
    MetricRegistry registry;
    registry.counter("drops_total", "Dropped.", {{"reason", "bad \"checksum\""}}).add(2);
    registry.counter("drops_total", "Dropped.", {{"reason", "bad \"checksum\""}}).add(3);
    registry.gauge("load", "Load.").set(0.5);
    EXPECT_EQ(registry.prometheus_text(),
              "# HELP drops_total Dropped.\n# TYPE drops_total counter\n"
              "drops_total{reason=\"bad \\\"checksum\\\"\"} 5\n"
              "# HELP load Load.\n# TYPE load gauge\nload 0.5\n");
}

}  // namespace sluice::base
