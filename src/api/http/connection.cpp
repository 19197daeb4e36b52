#include "api/http/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::api::http {
namespace {

constexpr std::size_t out_limit = 16 * 1024;

void read_peer(int socket, std::string& address, int& port) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return;
    char text[INET6_ADDRSTRLEN] = {};
    if (peer.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        port = ntohs(v4.sin_port);
    } else if (peer.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        port = ntohs(v6.sin6_port);
    }
    address = text;
    // A dual-stack listener sees IPv4 peers as ::ffff:192.0.2.1.
    if (address.starts_with("::ffff:") && address.find('.') != std::string::npos) address.erase(0, 7);
}

}  // namespace

Connection::Connection(int socket, int stop_fd, Limits limits, ssl_ctx_st* tls, const base::Clock& clock)
    : socket_(socket), stop_fd_(stop_fd), limits_(limits), clock_(clock) {
    ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
    ::fcntl(socket_, F_SETFD, FD_CLOEXEC);
    read_peer(socket_, remote_address_, remote_port_);
    if (tls != nullptr) {
        ssl_ = SSL_new(tls);
        if (ssl_ == nullptr || SSL_set_fd(ssl_, socket_) != 1) trouble_ = Trouble::broken;
    }
}

Connection::~Connection() {
    if (ssl_ != nullptr) {
        if (trouble_ == Trouble::none) SSL_shutdown(ssl_);
        SSL_free(ssl_);
    }
    ::shutdown(socket_, SHUT_RDWR);
    ::close(socket_);
}

bool Connection::wait(short events, base::Instant deadline) {
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.now()).count();
        if (left <= 0) {
            if (trouble_ == Trouble::none) trouble_ = Trouble::too_slow;
            return false;
        }
        pollfd fds[2] = {{socket_, events, 0}, {stop_fd_, POLLIN, 0}};
        const int ready = ::poll(fds, 2, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
        if (ready < 0 && errno != EINTR) return false;
        if (ready <= 0) continue;
        if (fds[0].revents != 0) return true;
        if (fds[1].revents != 0) return false;
    }
}

bool Connection::tls_wait(int result, base::Instant deadline) {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return wait(POLLIN, deadline);
        case SSL_ERROR_WANT_WRITE:
            return wait(POLLOUT, deadline);
        default:
            trouble_ = Trouble::broken;
            return false;
    }
}

bool Connection::handshake() {
    if (ssl_ == nullptr) return trouble_ == Trouble::none;
    const auto deadline = clock_.now() + limits_.head_timeout;
    for (;;) {
        ERR_clear_error();
        const int result = SSL_accept(ssl_);
        if (result == 1) return true;
        if (!tls_wait(result, deadline)) {
            trouble_ = Trouble::broken;
            return false;
        }
    }
}

bool Connection::wait_for_request(base::Duration idle) {
    if (in_begin_ < in_end_ || (ssl_ != nullptr && SSL_pending(ssl_) > 0)) return true;
    if (!flush()) return false;
    const bool ready = wait(POLLIN, clock_.now() + idle);
    if (trouble_ == Trouble::too_slow) trouble_ = Trouble::none;  // idle is no offence
    return ready;
}

void Connection::begin_head() {
    in_head_ = true;
    head_bytes_ = 0;
    read_deadline_ = clock_.now() + limits_.head_timeout;
}

void Connection::begin_body() {
    in_head_ = false;
    read_deadline_ = clock_.now() + limits_.body_timeout;
}

ssize_t Connection::receive(char* out, std::size_t size) {
    for (;;) {
        if (ssl_ != nullptr) {
            ERR_clear_error();
            const int got = SSL_read(ssl_, out, static_cast<int>(size));
            if (got > 0) return got;
            if (SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN) return 0;
            if (!tls_wait(got, read_deadline_)) return -1;
            continue;
        }
        const ssize_t got = ::recv(socket_, out, size, 0);
        if (got >= 0) return got;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            trouble_ = Trouble::broken;
            return -1;
        }
        if (!wait(POLLIN, read_deadline_)) return -1;
    }
}

ssize_t Connection::read(char* out, std::size_t size) {
    if (trouble_ != Trouble::none) return -1;
    if (in_begin_ == in_end_) {
        if (!flush()) return -1;  // the peer may wait for what we have said ("100 Continue")
        const ssize_t got = receive(in_, sizeof in_);
        if (got <= 0) return got;
        in_begin_ = 0;
        in_end_ = static_cast<std::size_t>(got);
    }
    std::size_t take = std::min(size, in_end_ - in_begin_);
    if (in_head_) {
        take = std::min(take, limits_.max_head_bytes - head_bytes_);
        if (take == 0) {
            trouble_ = Trouble::head_too_large;
            return -1;
        }
        head_bytes_ += take;
    }
    std::memcpy(out, in_ + in_begin_, take);
    in_begin_ += take;
    return static_cast<ssize_t>(take);
}

bool Connection::send_all(const char* bytes, std::size_t size) {
    const auto deadline = clock_.now() + limits_.write_timeout;
    std::size_t sent = 0;
    while (sent < size) {
        if (ssl_ != nullptr) {
            ERR_clear_error();
            const int wrote = SSL_write(ssl_, bytes + sent, static_cast<int>(size - sent));
            if (wrote > 0) {
                sent += static_cast<std::size_t>(wrote);
            } else if (!tls_wait(wrote, deadline)) {
                return false;
            }
            continue;
        }
        const ssize_t wrote = ::send(socket_, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (wrote >= 0) {
            sent += static_cast<std::size_t>(wrote);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait(POLLOUT, deadline)) return false;
        } else if (errno != EINTR) {
            trouble_ = Trouble::broken;
            return false;
        }
    }
    return true;
}

ssize_t Connection::write(const char* bytes, std::size_t size) {
    if (trouble_ == Trouble::broken) return -1;
    if (buffered_ && out_.size() + size <= out_limit) {
        out_.append(bytes, size);
        return static_cast<ssize_t>(size);
    }
    if (!flush() || !send_all(bytes, size)) return -1;
    return static_cast<ssize_t>(size);
}

bool Connection::flush() {
    if (out_.empty()) return true;
    const bool sent = send_all(out_.data(), out_.size());
    out_.clear();
    return sent;
}

bool Connection::peer_open() const {
    pollfd fd{socket_, POLLRDHUP, 0};
    return trouble_ == Trouble::none && ::poll(&fd, 1, 0) == 0;
}

bool Connection::stopping() const {
    pollfd fd{stop_fd_, POLLIN, 0};
    return ::poll(&fd, 1, 0) > 0;
}

}  // namespace sluice::api::http
