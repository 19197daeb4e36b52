#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace sluice::base {

TEST(TimeText, RoundTripsMilliseconds) {
    const auto time = parse_rfc3339("2026-11-21T09:44:15.250Z");
    ASSERT_TRUE(time.has_value());
    EXPECT_EQ(to_rfc3339(*time), "2026-11-21T09:44:15.250Z");
    EXPECT_EQ(to_rfc3339(Timestamp{}), "1970-01-01T00:00:00.000Z");
}

TEST(TimeText, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "2026-11-21", "2026-02-31T00:00:00Z", "2026-11-21T09:44:15", "2026-11-21T25:00:00Z"}) {
        EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
    }
}

}  // namespace sluice::base
