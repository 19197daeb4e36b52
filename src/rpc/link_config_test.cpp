#include "rpc/link_config.hpp"

#include <gtest/gtest.h>

namespace sluice::rpc {
namespace {

TEST(LinkConfig, AnOpenDoorIsRefused) {
    EXPECT_FALSE(validate(LinkServerConfig{}));  // 0.0.0.0, no token
    LinkServerConfig loopback;
    loopback.listen = "127.0.0.1:50061";
    EXPECT_TRUE(validate(loopback));
    LinkServerConfig token;
    token.token = "short";
    ASSERT_FALSE(validate(token));
    EXPECT_EQ(validate(token).error().where, "token");
    token.token = "0123456789abcdef";
    EXPECT_TRUE(validate(token));
    LinkServerConfig half;
    half.listen = "127.0.0.1:1";
    half.tls.certificate = "c.pem";
    EXPECT_FALSE(validate(half));
}

TEST(LinkConfig, AClientNeedsANameAndAPort) {
    LinkClientConfig config;
    EXPECT_EQ(validate(config).error().where, "name");
    config.name = "guard-1";
    EXPECT_TRUE(validate(config));
    config.server = "controller";
    EXPECT_EQ(validate(config).error().where, "server");
    config.server = "controller:50061";
    config.reconnect_ms = 5000;
    EXPECT_EQ(validate(config).error().where, "reconnect_ms");
}

}  // namespace
}  // namespace sluice::rpc
