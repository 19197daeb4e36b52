#include "api/http/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

#include "api/http/connection.hpp"
#include "api/http/endpoint.hpp"
#include "api/http/thread_crew.hpp"
#include "api/http/tls.hpp"
#include "api/problem.hpp"

namespace sluice::api::http {
namespace {

using std::chrono::milliseconds;

constexpr base::Duration stream_patience = milliseconds(500);

// What httplib reads and writes through.
class ConnectionStream final : public httplib::Stream {
  public:
    explicit ConnectionStream(Connection& connection) : connection_(connection) {}
    bool is_readable() const override { return connection_.trouble() == Connection::Trouble::none; }
    bool is_writable() const override { return connection_.trouble() != Connection::Trouble::broken; }
    ssize_t read(char* out, size_t size) override { return connection_.read(out, size); }
    ssize_t write(const char* bytes, size_t size) override { return connection_.write(bytes, size); }
    void get_remote_ip_and_port(std::string& ip, int& port) const override {
        ip = connection_.remote_address();
        port = connection_.remote_port();
    }
    void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
    socket_t socket() const override { return connection_.socket(); }

  private:
    Connection& connection_;
};

// What the hooks of httplib need to know of the connection that their thread serves.
struct Serving {
    Connection* connection = nullptr;
    bool head_read = false;
    bool close = false;  // what follows on this connection can not be trusted
};
thread_local Serving serving;
thread_local bool refusing = false;  // the crew is full: answer 503

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// What every answer says to a browser: nothing from elsewhere, nothing inside another page, nothing guessed.
constexpr std::array<std::pair<std::string_view, const char*>, 7> security_headers{{
    {"Content-Security-Policy",
     "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},  // unless the answer says otherwise
}};

void give(const Response& from, httplib::Response& to, bool secure) {
    to.status = from.status;
    for (const auto& [name, value] : from.headers) to.set_header(name, value);
    for (const auto& [name, value] : security_headers) {
        if (from.header(name) == nullptr) to.set_header(std::string(name), value);
    }
    if (secure) to.set_header("Strict-Transport-Security", "max-age=31536000");
    if (from.stream) return;  // by the caller
    if (from.shared_body) {
        if (from.shared_body->empty()) return;
        to.set_content_provider(
            from.shared_body->size(), from.content_type,
            [body = from.shared_body](size_t offset, size_t length, httplib::DataSink& sink) {
                return sink.write(body->data() + offset, length);
            });
    } else if (!from.content_type.empty()) {
        to.set_content(from.body, from.content_type);
    }
}

}  // namespace

class Server::Impl final : public httplib::Server {
  public:
    Impl(ServerConfig config, Dependencies dependencies)
        : config_(std::move(config)), dependencies_(std::move(dependencies)) {
        limits_.max_head_bytes = config_.max_head_bytes;
        limits_.head_timeout = milliseconds(config_.head_timeout_ms);
        limits_.body_timeout = milliseconds(config_.body_timeout_ms);
        limits_.write_timeout = milliseconds(config_.write_timeout_ms);
        auto& metrics = dependencies_.metrics;
        for (std::size_t i = 0; i < by_class_.size(); ++i) {
            by_class_[i] = &metrics.counter("sluice_http_responses_total", "Answers by class of status",
                                            {{"class", fmt::format("{}xx", i + 1)}});
        }
        refused_ =
            &metrics.counter("sluice_http_refused_total", "Connections and requests that a limit turned away",
                             {{"limit", "connections"}});
        refused_head_ = &metrics.counter("sluice_http_refused_total", "", {{"limit", "head"}});
        refused_body_ = &metrics.counter("sluice_http_refused_total", "", {{"limit", "body"}});
    }
    ~Impl() override { end(); }

    base::Status begin();
    void end();
    [[nodiscard]] std::uint16_t bound_port() const { return port_; }

  private:
    bool process_and_close_socket(socket_t socket) override;
    void serve(Connection& connection);
    HandlerResponse on_request(const httplib::Request& in, httplib::Response& out);
    HandlerResponse on_error(httplib::Response& out);
    [[nodiscard]] Response answer(const httplib::Request& in, const Request& request);
    [[nodiscard]] std::optional<Response> refuse(const httplib::Request& in, std::size_t& body_bytes);
    void give_stream(const Response& from, httplib::Response& to);
    [[nodiscard]] std::string next_request_id();
    void count(int status) { by_class_[static_cast<std::size_t>(std::clamp(status / 100, 1, 5)) - 1]->add(); }

    const ServerConfig config_;
    Dependencies dependencies_;
    Connection::Limits limits_;
    TlsContext tls_;
    std::unique_ptr<ThreadCrew> crew_;
    std::thread acceptor_;
    int stop_fd_ = -1;
    std::uint16_t port_ = 0;
    std::uint64_t id_base_ = 0;
    std::atomic<std::uint64_t> requests_{0};
    std::array<base::Counter*, 5> by_class_{};
    base::Counter* refused_ = nullptr;
    base::Counter* refused_head_ = nullptr;
    base::Counter* refused_body_ = nullptr;

    // httplib hands accepted sockets to its task queue; ours is the crew, which may say no.
    class CrewQueue final : public httplib::TaskQueue {
      public:
        explicit CrewQueue(ThreadCrew& crew) : crew_(crew) {}
        void enqueue(std::function<void()> job) override {
            if (crew_.run(job)) return;
            refusing = true;
            job();
            refusing = false;
        }
        void shutdown() override { crew_.stop(); }

      private:
        ThreadCrew& crew_;
    };
};

base::Status Server::Impl::begin() {
    auto endpoint = parse_endpoint(config_.listen, "listen");
    if (!endpoint) return std::unexpected(endpoint.error());
    if (!config_.certificate.empty()) {
        auto context = make_tls_context(config_.certificate, config_.key);
        if (!context) return std::unexpected(context.error());
        tls_ = std::move(*context);
    }
    stop_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd_ < 0)
        return base::fail(base::ErrorCode::io, "no eventfd", {}, "raise the limit of open files");
    id_base_ = dependencies_.random.next() & 0xffffffff00000000ULL;

    set_tcp_nodelay(true);
    // Only SO_REUSEADDR: with httplib's default (SO_REUSEPORT) two servers would share a port in silence.
    set_socket_options([](socket_t socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    });
    crew_ = std::make_unique<ThreadCrew>(config_.max_connections);
    new_task_queue = [this] { return new CrewQueue(*crew_); };
    set_pre_routing_handler(
        [this](const httplib::Request& in, httplib::Response& out) { return on_request(in, out); });
    set_error_handler(HandlerWithResponse(
        [this](const httplib::Request& /*in*/, httplib::Response& out) { return on_error(out); }));

    if (endpoint->port == 0) {
        const int port = bind_to_any_port(endpoint->host);
        port_ = port > 0 ? static_cast<std::uint16_t>(port) : 0;
    } else if (bind_to_port(endpoint->host, endpoint->port)) {
        port_ = endpoint->port;
    }
    if (port_ == 0) {
        return base::fail(base::ErrorCode::unavailable, "can not listen there", config_.listen,
                          "another program has the port, or the address is not this machine's");
    }
    acceptor_ = std::thread([this] { listen_after_bind(); });
    return {};
}

void Server::Impl::end() {
    if (stop_fd_ < 0) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto wrote = ::write(stop_fd_, &one, sizeof one);
    while (acceptor_.joinable() && !is_running() && svr_sock_ != INVALID_SOCKET) std::this_thread::yield();
    stop();
    if (acceptor_.joinable()) acceptor_.join();
    ::close(stop_fd_);
    stop_fd_ = -1;
}

bool Server::Impl::process_and_close_socket(socket_t socket) {
    Connection connection(socket, stop_fd_, limits_, tls_.get(), dependencies_.clock);
    if (refusing) {
        refused_->add();
        if (tls_) return true;  // a handshake would hold up everybody else
        connection.set_buffered(false);
        static constexpr std::string_view busy =
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\nContent-Length: "
            "0\r\n\r\n";
        (void)connection.write(busy.data(), busy.size());
        return true;
    }
    serve(connection);
    return true;
}

void Server::Impl::serve(Connection& connection) {
    if (!connection.handshake()) return;
    ConnectionStream stream(connection);
    while (connection.wait_for_request(milliseconds(config_.idle_timeout_ms))) {
        serving = {&connection, false, false};
        connection.begin_head();
        bool closed = false;
        const bool served = process_request(stream, false, closed, [&](httplib::Request& request) {
            serving.head_read = true;
            connection.begin_body();
            // Ranges and compression on the fly are not for an API: a slice of a JSON document helps nobody.
            request.ranges.clear();
            request.headers.erase("Range");
        });
        const bool flushed = connection.flush();
        const bool close = serving.close;
        serving = {};
        if (!served || closed || close || !flushed || connection.trouble() != Connection::Trouble::none)
            return;
    }
}

// What is refused before its body is read. Its connection ends with it, as the body would follow.
std::optional<Response> Server::Impl::refuse(const httplib::Request& in, std::size_t& body_bytes) {
    const auto closing = [](Problem problem) {
        serving.close = true;
        return to_response(problem);
    };
    if (in.headers.size() > config_.max_headers) {
        refused_head_->add();
        return closing(Problem(431, "too-large", "The request has too many headers.",
                               fmt::format("Send at most {} headers.", config_.max_headers)));
    }
    if (in.has_header("Transfer-Encoding")) {
        return closing(Problem(411, "length-required", "The length of the body is not known.",
                               "Send Content-Length instead of Transfer-Encoding."));
    }
    const auto lengths = in.get_header_value_count("Content-Length");
    if (lengths == 0) return std::nullopt;
    const std::string text = in.get_header_value("Content-Length");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), body_bytes);
    if (lengths > 1 || error != std::errc{} || end != text.data() + text.size()) {
        return closing(
            Problem(400, "malformed", "The request is not HTTP.", "Content-Length must be one number."));
    }
    if (body_bytes > config_.max_body_bytes) {
        refused_body_->add();
        return closing(Problem(413, "too-large", "The body is too large.",
                               fmt::format("Send at most {} bytes.", config_.max_body_bytes)));
    }
    if (body_bytes == 0) return std::nullopt;
    if (in.has_header("Content-Encoding")) {
        return closing(Problem(415, "unsupported-media-type", "The body can not be read.",
                               "Send it without Content-Encoding."));
    }
    if (in.method != "POST" && in.method != "PUT" && in.method != "PATCH") {
        return closing(Problem(400, "malformed", "A request of this method has no body.", "Send none."));
    }
    return std::nullopt;
}

httplib::Server::HandlerResponse Server::Impl::on_request(const httplib::Request& in,
                                                          httplib::Response& out) {
    Connection& connection = *serving.connection;
    Request request;
    request.id = next_request_id();
    std::size_t body_bytes = 0;
    auto response = refuse(in, body_bytes);
    if (!response && body_bytes > 0) {
        request.body.resize(body_bytes);
        std::size_t have = 0;
        while (have < body_bytes) {
            const ssize_t got = connection.read(request.body.data() + have, body_bytes - have);
            if (got <= 0) break;
            have += static_cast<std::size_t>(got);
        }
        if (have < body_bytes) {
            serving.close = true;
            response =
                to_response(Problem(408, "too-slow", "The body did not arrive in time.", "Try again."));
        }
    }
    if (!response) response = answer(in, request);
    response->with("X-Request-Id", request.id);
    count(response->status);
    give(*response, out, connection.secure());
    if (serving.close) out.set_header("Connection", "close");
    if (response->stream) give_stream(*response, out);
    return HandlerResponse::Handled;
}

Response Server::Impl::answer(const httplib::Request& in, const Request& prepared) {
    const auto method = parse_method(in.method);
    if (!method) {
        return to_response(
            Problem(405, "method-not-allowed", "There is no such method.", "See the API's description."));
    }
    Request request = prepared;
    request.method = *method;
    request.path = in.path;
    request.query.assign(in.params.begin(), in.params.end());
    request.headers.reserve(in.headers.size());
    for (const auto& [name, value] : in.headers) request.headers.emplace_back(lower(name), value);
    request.remote_address = serving.connection->remote_address();
    request.secure = serving.connection->secure();
    try {
        return dependencies_.handler(request);
    } catch (const std::exception& error) {
        dependencies_.log.error("a handler threw; this is a defect",
                                {{"path", request.path}, {"request", request.id}, {"what", error.what()}});
        return to_response(Problem(500, "internal", "Something is broken here.",
                                   "It is in the log of the controller; report it with the request's id."));
    }
}

void Server::Impl::give_stream(const Response& from, httplib::Response& to) {
    Connection& connection = *serving.connection;
    serving.close = true;
    to.set_header("X-Accel-Buffering", "no");
    to.set_chunked_content_provider(
        from.content_type, [this, &connection, stream = from.stream, quiet_since = dependencies_.clock.now()](
                               size_t /*offset*/, httplib::DataSink& sink) mutable {
            connection.set_buffered(false);
            if (!connection.flush()) return false;
            std::string out;
            const bool more = stream->next(out, stream_patience);
            if (out.empty() &&
                dependencies_.clock.now() - quiet_since >= milliseconds(config_.stream_heartbeat_ms)) {
                out = ": here\n\n";
            }
            if (!out.empty()) {
                quiet_since = dependencies_.clock.now();
                if (!sink.write(out.data(), out.size())) return false;
            }
            if (!more || connection.stopping()) {
                sink.done();
                return true;
            }
            return connection.peer_open();
        });
}

// Errors of httplib itself: a head that can not be parsed, a URI that is too long.
httplib::Server::HandlerResponse Server::Impl::on_error(httplib::Response& out) {
    if (!out.body.empty() || serving.connection == nullptr || serving.head_read) {
        return HandlerResponse::Unhandled;
    }
    serving.close = true;
    Problem problem(400, "malformed", "The request is not HTTP.", "The head could not be read.");
    if (serving.connection->trouble() == Connection::Trouble::head_too_large) {
        refused_head_->add();
        problem = Problem(431, "too-large", "The request's head is too large.",
                          fmt::format("Send at most {} bytes.", config_.max_head_bytes));
    } else if (out.status == 414) {
        problem = Problem(414, "too-large", "The address is too long.", "Use a shorter query.");
    }
    count(problem.status);
    give(to_response(problem), out, serving.connection->secure());
    out.set_header("Connection", "close");
    return HandlerResponse::Handled;
}

std::string Server::Impl::next_request_id() {
    return fmt::format("request-{:016x}", id_base_ + requests_.fetch_add(1, std::memory_order_relaxed));
}

base::Status validate(const ServerConfig& config) {
    using base::ErrorCode;
    if (auto endpoint = parse_endpoint(config.listen, "listen"); !endpoint)
        return std::unexpected(endpoint.error());
    if (config.certificate.empty() != config.key.empty()) {
        return base::fail(ErrorCode::invalid_argument, "TLS needs both a certificate and a key", "tls",
                          "set certificate and key, or neither");
    }
    if (config.max_connections < 4 || config.max_connections > 4096) {
        return base::fail(ErrorCode::invalid_argument, "out of range", "max_connections", "write 4 to 4096");
    }
    if (config.max_head_bytes < 1024 || config.max_headers < 8 || config.max_body_bytes < 1024) {
        return base::fail(ErrorCode::invalid_argument, "limits too small for a request", "max_head_bytes",
                          "use at least 1024 bytes, 8 headers");
    }
    return {};
}

Server::Server(ServerConfig config, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(dependencies))) {}
Server::~Server() = default;
base::Status Server::start() {
    return impl_->begin();
}
void Server::stop() {
    impl_->end();
}
std::uint16_t Server::port() const {
    return impl_->bound_port();
}

}  // namespace sluice::api::http
