// What all links keep to: silence is noticed, strangers stay outside, and no peer can hurt another.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/testing/eventually.hpp"
#include "rpc/channel.hpp"
#include "rpc/link_world.hpp"
#include "sluice_link.grpc.pb.h"

namespace sluice::rpc {
namespace {

using namespace std::chrono_literals;
using base::testing::eventually;

TEST_F(Link, ASilentNetworkIsNoticedByBothSidesAndHealed) {
    serve();
    relay_ = std::make_unique<TcpRelay>(port_);
    const auto client = gateway("guard-1");
    ASSERT_TRUE(eventually([&] { return client->connected() && controller_.attached("guard-1") == 1; }));
    const auto silence = [&] {
        relay_->swallow(true);
        const auto start = Steady::now();
        EXPECT_TRUE(eventually([&] { return !client->connected(); }));
        EXPECT_TRUE(eventually([&] { return controller_.attached("guard-1") == 0; }));
        const long taken = ms_since(start);
        relay_->swallow(false);
        EXPECT_TRUE(eventually([&] { return client->connected() && controller_.attached("guard-1") == 1; }));
        return taken;
    };
    // Keepalive is 200 ms, twice; on a loaded machine gRPC looks at its own timers some hundred ms late.
    EXPECT_LE(fastest(1000, silence), 2000);
}

TEST_F(Link, AStrangerWithoutTheTokenCannotAttach) {
    LinkServerConfig config;
    config.token = "0123456789abcdef";
    serve(config);
    const auto stranger = collector("stranger");
    auto wrong_config = client_config("wrong");
    wrong_config.token = "0123456789abcdeX";
    const auto wrong = collector("wrong", wrong_config);
    auto right_config = client_config("right");
    right_config.token = config.token;
    const auto right = collector("right", right_config);
    stranger->send(sample_finding("forged"));
    wrong->send(sample_finding("forged"));
    right->send(sample_finding("true"));
    EXPECT_TRUE(eventually([&] { return controller_.count("true") == 1; }));
    EXPECT_TRUE(eventually([&] { return metric("refused_peers_total{kind=\"collector\"} 2"); }));
    EXPECT_EQ(controller_.count("forged"), 0U);
    EXPECT_EQ(controller_.attached("stranger"), -1);
    EXPECT_FALSE(stranger->connected());
}

TEST_F(Link, ANameThatAttachesAgainTakesThePlaceOfItsOlderStream) {
    serve();
    const auto first = collector("collector-1");
    ASSERT_TRUE(eventually([&] { return first->connected(); }));
    const auto second = collector("collector-1");
    ASSERT_TRUE(eventually([&] { return second->connected(); }));
    first->stop();
    second->send(sample_finding("second"));
    EXPECT_TRUE(eventually([&] { return controller_.count("second") >= 1; }));
    EXPECT_TRUE(eventually([&] { return controller_.attached("collector-1") == 1; }));
}

TEST_F(Link, MorePeersThanTheLimitAreRefused) {
    LinkServerConfig config;
    config.max_collectors = 1;
    serve(config);
    const auto first = collector("collector-1");
    ASSERT_TRUE(eventually([&] { return first->connected(); }));
    const auto second = collector("collector-2");
    EXPECT_TRUE(eventually([&] { return metric("refused_peers_total{kind=\"collector\"} 1"); }));
    EXPECT_FALSE(second->connected());
    EXPECT_TRUE(first->connected());
}

TEST_F(Link, ATakenAddressIsAnErrorThatSaysSo) {
    serve();
    LinkServerConfig config;
    config.listen = "127.0.0.1:" + std::to_string(port_);
    LinkServer other(config, {controller_, clock_, log_, metrics_});
    const auto status = other.start();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, base::ErrorCode::unavailable);
    EXPECT_EQ(status.error().where, config.listen);
}

// Certificates for the tests, made with openssl's own program.
class Certificates {
  public:
    Certificates() {
        std::string name = "/tmp/sluice-tls-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        made_ = run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                    "-subj /CN=test-ca -keyout ca.key -out ca.pem") &&
                sign("server") && sign("client");
    }
    ~Certificates() { std::filesystem::remove_all(folder_); }
    bool made() const { return made_; }
    std::string file(const std::string& name) const { return folder_ + "/" + name; }

  private:
    bool run(const std::string& command) const {
        return std::system(("cd " + folder_ + " && " + command + " >/dev/null 2>&1").c_str()) == 0;
    }
    bool sign(const std::string& who) const {
        return run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost "
                   "-keyout " +
                   who + ".key -out " + who + ".csr") &&
               run("printf 'subjectAltName=IP:127.0.0.1,DNS:localhost' > san && openssl x509 -req -days 2 "
                   "-in " +
                   who + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -out " + who + ".pem");
    }
    std::string folder_;
    bool made_ = false;
};

TEST_F(Link, MutualTlsLetsInOnlyWhoHasACertificate) {
    const Certificates certificates;
    if (!certificates.made()) GTEST_SKIP() << "openssl's program is not installed";
    LinkServerConfig config;
    config.tls = {certificates.file("ca.pem"), certificates.file("server.pem"),
                  certificates.file("server.key")};
    serve(config);
    auto with = client_config("with");
    with.tls = {certificates.file("ca.pem"), certificates.file("client.pem"),
                certificates.file("client.key")};
    auto without = client_config("without");
    without.tls.ca = certificates.file("ca.pem");
    const auto good = collector("with", with);
    const auto stranger = collector("without", without);
    const auto plain = collector("plain");
    good->send(sample_finding("true"));
    stranger->send(sample_finding("forged"));
    plain->send(sample_finding("forged"));
    EXPECT_TRUE(eventually([&] { return controller_.count("true") == 1; }));
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(controller_.count("forged"), 0U);
    EXPECT_FALSE(stranger->connected());
    EXPECT_FALSE(plain->connected());
}

TEST_F(Link, ACertificateFileThatIsMissingIsNamed) {
    LinkServerConfig config;
    config.listen = "127.0.0.1:0";
    config.tls = {"", "/nowhere/server.pem", "/nowhere/server.key"};
    LinkServer server(config, {controller_, clock_, log_, metrics_});
    const auto status = server.start();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().where, "/nowhere/server.pem");
}

// A peer that speaks the protocol, but not as it should.
class Hostile {
  public:
    explicit Hostile(std::uint16_t port)
        : channel_(grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                             grpc::InsecureChannelCredentials(),
                                             channel_arguments(200, 1000, 64 << 20))),
          stub_(link::v1::CollectorLink::NewStub(channel_)),
          stream_(stub_->Attach(&context_)) {}
    ~Hostile() { context_.TryCancel(); }

    void hello(const std::string& name) {
        link::v1::CollectorUp up;
        up.mutable_hello()->set_name(name);
        stream_->Write(up);
    }
    void write(const link::v1::CollectorUp& up) { stream_->Write(up); }
    grpc::Status finish() {
        stream_->WritesDone();
        link::v1::CollectorDown down;
        while (stream_->Read(&down)) {
        }
        return stream_->Finish();
    }

  private:
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<link::v1::CollectorLink::Stub> stub_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<link::v1::CollectorUp, link::v1::CollectorDown>> stream_;
};

TEST_F(Link, HostilePeersEndOrAreCountedAndHurtNobody) {
    serve();
    const auto good = collector("good");
    ASSERT_TRUE(eventually([&] { return good->connected(); }));
    {
        Hostile no_hello(port_);
        link::v1::CollectorUp up;
        up.mutable_finding();
        no_hello.write(up);
        EXPECT_EQ(no_hello.finish().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    }
    {
        Hostile twice(port_);
        twice.hello("twice");
        twice.hello("twice");
        EXPECT_EQ(twice.finish().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    }
    {
        Hostile bad_name(port_);
        bad_name.hello("../../etc\n");
        EXPECT_EQ(bad_name.finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    }
    {
        Hostile oversized(port_);
        oversized.hello("oversized");
        link::v1::CollectorUp up;
        up.mutable_finding()->set_key(std::string(17 << 20, 'x'));
        oversized.write(up);
        // The stream ends; gRPC 1.51 tells the peer only that it was cancelled.
        EXPECT_FALSE(oversized.finish().ok());
    }
    {
        Hostile nonsense(port_);
        nonsense.hello("nonsense");
        link::v1::CollectorUp up;
        up.mutable_finding()->set_key("x");
        for (int i = 0; i < 100; ++i) nonsense.write(up);
        EXPECT_TRUE(nonsense.finish().ok());  // the link stays
        EXPECT_TRUE(eventually([&] { return metric("refused_messages_total{kind=\"collector\"} 100"); }));
    }
    good->send(sample_finding("still-here"));
    EXPECT_TRUE(eventually([&] { return controller_.count("still-here") == 1; }));
    EXPECT_EQ(controller_.findings().size(), 1U);
}

}  // namespace
}  // namespace sluice::rpc
