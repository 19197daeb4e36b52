// One accepted socket, plain or TLS, with limits in bytes and time for what the peer sends and takes.
// Internal to api/http.
//
// Every wait is bounded by the current deadline and ends when `stop_fd` becomes readable, so that a peer that
// sends or reads slowly holds one thread for a known time only, and stopping needs no patience.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace sluice::api::http {

class Connection {
  public:
    struct Limits {
        std::size_t max_head_bytes = 16 * 1024;
        base::Duration head_timeout{};
        base::Duration body_timeout{};
        base::Duration write_timeout{};
    };
    enum class Trouble : std::uint8_t { none, head_too_large, too_slow, broken };

    // Owns the socket. `tls` may be null.
    Connection(int socket, int stop_fd, Limits limits, ssl_ctx_st* tls, const base::Clock& clock);
    Connection(const Connection&) = delete;
    ~Connection();

    // Only with TLS; within the head's time.
    [[nodiscard]] bool handshake();
    // Waits for the first byte of a request. False: idle for too long, closed, or stopping.
    [[nodiscard]] bool wait_for_request(base::Duration idle);
    // A request's head begins: its bytes and its time are counted from here.
    void begin_head();
    // The head has been read; the body has its own time.
    void begin_body();
    [[nodiscard]] bool in_head() const { return in_head_; }

    // As read(2) and write(2): bytes, 0 at the end, -1 on trouble.
    [[nodiscard]] ssize_t read(char* out, std::size_t size);
    [[nodiscard]] ssize_t write(const char* bytes, std::size_t size);
    [[nodiscard]] bool flush();
    // Until called with true again, each write goes out at once.
    void set_buffered(bool buffered) { buffered_ = buffered; }
    // The peer has neither closed nor reset.
    [[nodiscard]] bool peer_open() const;
    // The server is being stopped.
    [[nodiscard]] bool stopping() const;

    [[nodiscard]] Trouble trouble() const { return trouble_; }
    [[nodiscard]] const std::string& remote_address() const { return remote_address_; }
    [[nodiscard]] int remote_port() const { return remote_port_; }
    [[nodiscard]] int socket() const { return socket_; }
    [[nodiscard]] bool secure() const { return ssl_ != nullptr; }

  private:
    [[nodiscard]] bool wait(short events, base::Instant deadline);
    [[nodiscard]] ssize_t receive(char* out, std::size_t size);
    [[nodiscard]] bool send_all(const char* bytes, std::size_t size);
    [[nodiscard]] bool tls_wait(int result, base::Instant deadline);

    const int socket_;
    const int stop_fd_;
    const Limits limits_;
    const base::Clock& clock_;
    ssl_st* ssl_ = nullptr;
    std::string remote_address_;
    int remote_port_ = 0;
    Trouble trouble_ = Trouble::none;
    bool in_head_ = true;
    bool buffered_ = true;
    base::Instant read_deadline_{};
    std::size_t head_bytes_ = 0;
    std::string out_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    char in_[8192];
};

}  // namespace sluice::api::http
