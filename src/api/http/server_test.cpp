#include "api/http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/http/client.hpp"

namespace sluice::api::http {
namespace {

using namespace std::chrono_literals;

class TickStream final : public BodyStream {
  public:
    bool next(std::string& out, base::Duration /*patience*/) override {
        out = "data: " + std::to_string(++count_) + "\n\n";
        return count_ < 3;
    }

  private:
    int count_ = 0;
};

class EndlessStream final : public BodyStream {
  public:
    explicit EndlessStream(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
    ~EndlessStream() override { --alive_; }
    bool next(std::string& /*out*/, base::Duration patience) override {
        std::this_thread::sleep_for(std::min<base::Duration>(patience, 20ms));
        return true;
    }

  private:
    std::atomic<int>& alive_;
};

// A plain socket that says exactly what the test wants it to.
class RawPeer {
  public:
    explicit RawPeer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
        timeval patience{5, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~RawPeer() { ::close(socket_); }
    bool say(const std::string& text) { return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) > 0; }
    // Until the server closes, or `end` has been seen.
    std::string hear(const std::string& end = {}) {
        std::string all;
        char buffer[4096];
        for (;;) {
            const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
            if (got <= 0) return all;
            all.append(buffer, static_cast<std::size_t>(got));
            if (!end.empty() && all.find(end) != std::string::npos) return all;
        }
    }
    bool connected_ = false;

  private:
    int socket_;
};

class HttpServer : public ::testing::Test {
  protected:
    void run(ServerConfig config = {}) {
        config.listen = "127.0.0.1:0";
        server_ = std::make_unique<Server>(
            config, Server::Dependencies{[this](const Request& request) { return answer(request); }, clock_,
                                         random_, base::Logger(base::null_sink(), clock_, "test"), metrics_});
        const auto started = server_->start();
        ASSERT_TRUE(started) << started.error().message();
    }
    Response answer(const Request& request) {
        Response response;
        response.content_type = "text/plain";
        if (request.path == "/stream") {
            response.content_type = "text/event-stream";
            response.stream = std::make_shared<TickStream>();
        } else if (request.path == "/endless") {
            response.content_type = "text/event-stream";
            response.stream = std::make_shared<EndlessStream>(streams_);
        } else if (request.path == "/throw") {
            throw std::runtime_error("secret detail");
        } else if (request.path == "/file") {
            response.shared_body = std::make_shared<const std::string>(100'000, 'x');
        } else {
            response.body = std::string(to_string(request.method)) + " " + request.path + " " + request.body;
            for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
        }
        return response;
    }
    base::Result<ClientAnswer> ask(ClientRequest request) {
        ClientConfig config;
        config.base_url = "http://127.0.0.1:" + std::to_string(server_->port());
        return exchange(config, request);
    }

    base::SystemClock clock_;
    base::SystemRandom random_;
    base::MetricRegistry metrics_;
    std::atomic<int> streams_{0};
    std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersWithMethodPathQueryAndBody) {
    run();
    const auto get = ask({.path = "/a%20b/c?x=1&y=%2F"});
    ASSERT_TRUE(get) << get.error().message();
    EXPECT_EQ(get->status, 200);
    EXPECT_EQ(get->body, "GET /a b/c  x=1 y=/");
    EXPECT_TRUE(get->header("content-security-policy").starts_with("default-src 'self'"));
    EXPECT_EQ(get->header("x-content-type-options"), "nosniff");
    EXPECT_FALSE(get->header("x-request-id").empty());
    const auto post =
        ask({.method = Method::post, .path = "/p", .content_type = "application/json", .body = "{\"a\":1}"});
    ASSERT_TRUE(post);
    EXPECT_EQ(post->body, "POST /p {\"a\":1}");
}

TEST_F(HttpServer, KeepsAConnectionForManyRequestsAlsoPipelined) {
    run();
    RawPeer peer(server_->port());
    peer.say(
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nPOST /3 HTTP/1.1\r\nHost: "
        "x\r\nContent-Length: 4\r\n\r\nbodyGET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto all = peer.hear();
    for (const auto* text : {"GET /1 ", "GET /2 ", "POST /3 body", "GET /4 "}) {
        EXPECT_NE(all.find(text), std::string::npos) << text;
    }
}

TEST_F(HttpServer, HeadHasNoBody) {
    run();
    RawPeer peer(server_->port());
    peer.say("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto all = peer.hear();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(all.ends_with("\r\n\r\n"));
}

TEST_F(HttpServer, RefusesAHeadThatIsTooLarge) {
    run();
    RawPeer peer(server_->port());
    std::string head = "GET /x HTTP/1.1\r\nHost: x\r\n";
    while (head.size() < 20'000) head += "X-Filler: " + std::string(100, 'a') + "\r\n";
    peer.say(head);
    EXPECT_TRUE(peer.hear("}").starts_with("HTTP/1.1 431"));
    EXPECT_NE(metrics_.prometheus_text().find("sluice_http_refused_total{limit=\"head\"} 1"),
              std::string::npos);
}

TEST_F(HttpServer, RefusesTooManyHeaders) {
    run();
    RawPeer peer(server_->port());
    std::string head = "GET /x HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 100; ++i) head += "X-" + std::to_string(i) + ": 1\r\n";
    peer.say(head + "\r\n");
    EXPECT_TRUE(peer.hear().starts_with("HTTP/1.1 431"));
}

TEST_F(HttpServer, RefusesBodiesItCanNotBound) {
    ServerConfig config;
    config.max_body_bytes = 2048;
    run(config);
    const std::vector<std::pair<std::string, std::string>> cases{
        {"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4096\r\n\r\n", "HTTP/1.1 413"},
        {"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
         "HTTP/1.1 411"},
        {"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody", "HTTP/1.1 400"},
        {"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4x\r\n\r\nbody", "HTTP/1.1 400"},
        {"POST /x HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody",
         "HTTP/1.1 415"},
        {"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.1 400"},
        {"BREW /x HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
        {"nonsense\r\n\r\n", "HTTP/1.1 400"},
    };
    for (const auto& [request, start] : cases) {
        RawPeer peer(server_->port());
        peer.say(request);
        const auto all = peer.hear();  // ends: the connection is closed, as what follows can not be trusted
        EXPECT_TRUE(all.starts_with(start)) << request << "\n" << all;
        EXPECT_NE(all.find("application/problem+json"), std::string::npos) << all;
    }
}

TEST_F(HttpServer, ASlowPeerHoldsAThreadForAKnownTimeOnly) {
    ServerConfig config;
    config.head_timeout_ms = 300;
    config.body_timeout_ms = 300;
    run(config);
    const auto begin = std::chrono::steady_clock::now();
    RawPeer head(server_->port());
    head.say("GET /x HTTP/1.1\r\nHo");
    RawPeer body(server_->port());
    body.say("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
    head.hear();
    EXPECT_TRUE(body.hear().starts_with("HTTP/1.1 408"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
}

TEST_F(HttpServer, OneConnectionTooManyIsAnswered503) {
    ServerConfig config;
    config.max_connections = 4;
    run(config);
    std::vector<std::unique_ptr<RawPeer>> held;
    for (int i = 0; i < 4; ++i) {
        held.push_back(std::make_unique<RawPeer>(server_->port()));
        held.back()->say("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_FALSE(held.back()->hear("GET /x").empty());
    }
    RawPeer fifth(server_->port());
    EXPECT_TRUE(fifth.hear().starts_with("HTTP/1.1 503"));
    held.pop_back();  // its place is free again as soon as the server has seen the end
    for (int i = 0; i < 100; ++i) {
        RawPeer next(server_->port());
        next.say("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
        if (next.hear("GET /x").starts_with("HTTP/1.1 200")) return;
        std::this_thread::sleep_for(20ms);
    }
    ADD_FAILURE() << "the place was not given back";
}

TEST_F(HttpServer, AHandlerThatThrowsTellsNothingOfTheInside) {
    run();
    const auto answer = ask({.path = "/throw"});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->body.find("secret"), std::string::npos);
}

TEST_F(HttpServer, StreamsUntilTheEnd) {
    run();
    // Compression would hold events back.
    const auto answer = ask({.path = "/stream", .headers = {{"Accept-Encoding", "gzip, br"}}});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    EXPECT_TRUE(answer->header("content-encoding").empty());
}

TEST_F(HttpServer, StopEndsStreamsAndIdleConnections) {
    run();
    RawPeer idle(server_->port());
    idle.say("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    idle.hear("GET /x");
    RawPeer stream(server_->port());
    stream.say("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.hear("\r\n\r\n");
    EXPECT_EQ(streams_.load(), 1);
    const auto begin = std::chrono::steady_clock::now();
    server_->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_EQ(streams_.load(), 0);
}

TEST_F(HttpServer, AStreamEndsWhenItsClientHasGone) {
    run();
    {
        RawPeer stream(server_->port());
        stream.say("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.hear("\r\n\r\n");
        EXPECT_EQ(streams_.load(), 1);
    }
    for (int i = 0; i < 200 && streams_.load() > 0; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(streams_.load(), 0);
}

TEST_F(HttpServer, SendsLargeFilesWhole) {
    run();
    const auto answer = ask({.path = "/file"});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body.size(), 100'000U);
}

TEST_F(HttpServer, ATakenPortIsAnError) {
    run();
    ServerConfig config;
    config.listen = "127.0.0.1:" + std::to_string(server_->port());
    Server second(config, {[](const Request&) { return Response{}; }, clock_, random_,
                           base::Logger(base::null_sink(), clock_, "test"), metrics_});
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, base::ErrorCode::unavailable);
}

TEST_F(HttpServer, SpeaksTls) {
    const auto directory =
        std::filesystem::temp_directory_path() / ("sluice-tls-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory);
    const std::string certificate = directory / "cert.pem";
    const std::string key = directory / "key.pem";
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost "
        "-addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout " +
        key + " -out " + certificate + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    ServerConfig config;
    config.certificate = certificate;
    config.key = key;
    run(config);
    ClientConfig client;
    client.base_url = "https://localhost:" + std::to_string(server_->port());
    client.pinned_address = "127.0.0.1";
    client.ca_file = certificate;
    const auto answer = exchange(client, {.path = "/tls"});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "GET /tls ");
    EXPECT_FALSE(answer->header("strict-transport-security").empty());
    client.ca_file.clear();  // nobody we trust has signed it
    EXPECT_FALSE(exchange(client, {.path = "/tls"}));
    std::filesystem::remove_all(directory);
}

TEST(Url, IsTakenApart) {
    const auto full = parse_url("https://[2001:db8::1]:8443/a/b?c=d");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->host, "2001:db8::1");
    EXPECT_EQ(full->port, 8443);
    EXPECT_EQ(full->path, "/a/b?c=d");
    EXPECT_EQ(full->base(), "https://[2001:db8::1]:8443");
    EXPECT_EQ(parse_url("http://example.com")->port, 80);
    for (const auto* bad :
         {"ftp://x", "http://", "http://user@host/", "http://x:0", "x", "http://x:99999", "http://[::1"}) {
        EXPECT_FALSE(parse_url(bad)) << bad;
    }
}

}  // namespace
}  // namespace sluice::api::http
