#include <gtest/gtest.h>

#include "detection/baseline_store.hpp"
#include "detection/detector.hpp"

namespace sluice::detection {

TEST(DetectorConfig, DefaultTickIsWithinThePromise) {
    EXPECT_LE(DetectorConfig{}.tick_ms, 250U);
}

}  // namespace sluice::detection
