#include "rpc/channel.hpp"

#include <google/protobuf/stubs/logging.h>

#include <fstream>
#include <sstream>

namespace sluice::rpc {
namespace {

base::Result<std::string> read_file(const std::string& path) {
    if (path.empty()) return std::string{};
    const std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || text.str().empty()) {
        return base::fail(base::ErrorCode::io, "cannot be read, or is empty", path,
                          "give a PEM file that this user may read");
    }
    return text.str();
}

struct Pem {
    std::string ca;
    std::string certificate;
    std::string key;
};

base::Result<Pem> read_all(const TlsFiles& tls) {
    auto ca = read_file(tls.ca);
    if (!ca) return std::unexpected(ca.error());
    auto certificate = read_file(tls.certificate);
    if (!certificate) return std::unexpected(certificate.error());
    auto key = read_file(tls.key);
    if (!key) return std::unexpected(key.error());
    return Pem{*ca, *certificate, *key};
}

}  // namespace

base::Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const TlsFiles& tls) {
    if (tls.empty()) return grpc::InsecureServerCredentials();
    const auto pem = read_all(tls);
    if (!pem) return std::unexpected(pem.error());
    grpc::SslServerCredentialsOptions options(
        tls.ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                       : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = pem->ca;
    options.pem_key_cert_pairs.push_back({pem->key, pem->certificate});
    return grpc::SslServerCredentials(options);
}

base::Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(const TlsFiles& tls) {
    if (tls.empty()) return grpc::InsecureChannelCredentials();
    const auto pem = read_all(tls);
    if (!pem) return std::unexpected(pem.error());
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = pem->ca;
    options.pem_private_key = pem->key;
    options.pem_cert_chain = pem->certificate;
    return grpc::SslCredentials(options);
}

grpc::ChannelArguments channel_arguments(std::uint32_t reconnect_ms, std::uint32_t keepalive_ms,
                                         std::size_t max_message_bytes) {
    grpc::ChannelArguments arguments;
    const auto reconnect = static_cast<int>(reconnect_ms);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, reconnect);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, reconnect);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);  // how long one attempt may take
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);    // no back-off shared with another client
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(keepalive_ms));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(keepalive_ms));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(static_cast<int>(max_message_bytes));
    arguments.SetMaxSendMessageSize(static_cast<int>(max_message_bytes));
    return arguments;
}

void silence_protobuf() {
    google::protobuf::SetLogHandler(nullptr);
}

bool same_token(std::string_view expected, std::string_view given) {
    unsigned difference = expected.size() == given.size() ? 0 : 1;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const char other = given.empty() ? '\0' : given[i % given.size()];
        difference |= static_cast<unsigned>(static_cast<unsigned char>(expected[i] ^ other));
    }
    return difference == 0;
}

}  // namespace sluice::rpc
