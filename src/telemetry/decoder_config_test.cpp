#include "telemetry/decoder_config.hpp"

#include <gtest/gtest.h>

namespace sluice::telemetry {
namespace {

TEST(DecoderConfig, DefaultsAreValid) {
    EXPECT_TRUE(validate(DecoderConfig{}));
}

TEST(DecoderConfig, NamesTheFieldThatIsOutOfBounds) {
    DecoderConfig config;
    config.max_exporters = 0;
    const auto status = validate(config);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().where, "max_exporters");
    EXPECT_NE(status.error().hint.find("from 1 to"), std::string::npos);
}

TEST(DecoderConfig, RefusesSamplingOfZeroAndDoubleEntries) {
    DecoderConfig config;
    config.exporters.push_back({*net::Prefix::parse("192.0.2.1"), 0, 0});
    EXPECT_FALSE(validate(config));
    config.exporters.front().default_sampling = 100;
    EXPECT_TRUE(validate(config));
    config.exporters.push_back(config.exporters.front());
    EXPECT_FALSE(validate(config));
}

}  // namespace
}  // namespace sluice::telemetry
