#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "rpc/tcp_relay.hpp"

namespace sluice::rpc {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

void reset(int socket) {
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(socket);
}

}  // namespace

TcpRelay::TcpRelay(std::uint16_t target) : target_(target) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

TcpRelay::~TcpRelay() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
}

void TcpRelay::run() {
    std::vector<std::array<int, 2>> pairs;
    while (!stopping_) {
        if (cut_.exchange(false)) {
            for (const auto& pair : pairs) {
                for (const int socket : pair) reset(socket);
            }
            pairs.clear();
        }
        std::vector<pollfd> waiting{{listener_, POLLIN, 0}};
        for (const auto& pair : pairs) {
            for (const int socket : pair) waiting.push_back({socket, POLLIN, 0});
        }
        if (swallow_) {
            ::usleep(5000);  // bytes wait in the kernel until the network is whole again
            continue;
        }
        if (::poll(waiting.data(), waiting.size(), 5) <= 0) continue;
        for (std::size_t i = 1; i < waiting.size(); ++i) {
            if (waiting[i].revents == 0) continue;
            auto& pair = pairs[(i - 1) / 2];
            std::array<char, 65536> bytes;
            const ssize_t got = pair[0] < 0 ? -1 : ::recv(waiting[i].fd, bytes.data(), bytes.size(), 0);
            if (got > 0) {
                const int other = pair[0] == waiting[i].fd ? pair[1] : pair[0];
                for (ssize_t sent = 0; sent < got;) {
                    const ssize_t n = ::send(other, bytes.data() + sent, static_cast<std::size_t>(got - sent),
                                             MSG_NOSIGNAL);
                    if (n <= 0) break;
                    sent += n;
                }
            } else if (pair[0] >= 0) {
                for (int& socket : pair) {
                    reset(socket);
                    socket = -1;
                }
            }
        }
        std::erase_if(pairs, [](const auto& pair) { return pair[0] < 0; });
        if (waiting[0].revents & POLLIN) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const auto address = loopback(target_);
            if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
                pairs.push_back({client, server});
            } else {
                reset(client);
                ::close(server);
            }
        }
    }
    for (const auto& pair : pairs) {
        for (const int socket : pair) ::close(socket);
    }
}

}  // namespace sluice::rpc
