#include "apps/process/metrics_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::apps::process {
namespace {

std::string get(std::uint16_t port, const std::string& path) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return "refused";
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    (void)!::write(fd, request.data(), request.size());
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
        answer.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
    return answer;
}

}  // namespace

TEST(MetricsServer, ServesTheRegistry) {
    base::MetricRegistry registry;
    registry.counter("sluice_test_total", "A test").add(7);
    const auto port = static_cast<std::uint16_t>(20000 + ::getpid() % 20000);
    MetricsServer server("127.0.0.1:" + std::to_string(port), registry);
    ASSERT_TRUE(server.start().has_value());
    EXPECT_NE(get(port, "/metrics").find("sluice_test_total 7"), std::string::npos);
    EXPECT_NE(get(port, "/healthz").find("200"), std::string::npos);

    server.stop();
    EXPECT_EQ(get(port, "/metrics"), "refused");
}

TEST(MetricsServer, SaysWhatIsWrong) {
    const base::MetricRegistry registry;
    EXPECT_FALSE(MetricsServer("192.0.2.1:9102", registry).start().has_value()) << "not our address";
    EXPECT_FALSE(MetricsServer("nonsense", registry).start().has_value());
    EXPECT_TRUE(MetricsServer("", registry).start().has_value()) << "none wanted";
}

}  // namespace sluice::apps::process
