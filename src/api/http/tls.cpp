#include "api/http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sluice::api::http {
namespace {

int choose_http11(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                  unsigned in_length, void* /*argument*/) {
    static constexpr unsigned char offered[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_length, offered, sizeof offered - 1, in, in_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

base::Error tls_error(const std::string& file, std::string what, std::string hint) {
    char text[256] = {};
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return base::Error{base::ErrorCode::invalid_argument, std::move(what) + ": " + text, file,
                       std::move(hint)};
}

}  // namespace

void TlsContextDeleter::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

base::Result<TlsContext> make_tls_context(const std::string& certificate, const std::string& key) {
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return std::unexpected(tls_error({}, "OpenSSL gives no context", {}));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_http11, nullptr);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
        return std::unexpected(tls_error(certificate, "the certificate can not be used",
                                         "give a PEM file with the certificate first, then its chain"));
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        return std::unexpected(tls_error(key, "the private key can not be used",
                                         "give the PEM file of the key that belongs to the certificate"));
    }
    return context;
}

}  // namespace sluice::api::http
