// An address and a port, as the sockets of the operating system want them.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace sluice::integration {

struct Endpoint {
    sockaddr_storage address{};
    socklen_t size = 0;

    Endpoint(const char* host, std::uint16_t port) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
        if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
            v4->sin_family = AF_INET;
            v4->sin_port = htons(port);
            size = sizeof *v4;
        } else {
            inet_pton(AF_INET6, host, &v6->sin6_addr);
            v6->sin6_family = AF_INET6;
            v6->sin6_port = htons(port);
            size = sizeof *v6;
        }
    }
    [[nodiscard]] int family() const { return address.ss_family; }
    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

}  // namespace sluice::integration
