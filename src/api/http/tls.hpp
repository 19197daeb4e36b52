// A TLS server context from PEM files. Internal to api/http.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

struct ssl_ctx_st;

namespace sluice::api::http {

struct TlsContextDeleter {
    void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextDeleter>;

// TLS 1.2 at least, HTTP/1.1 by ALPN.
[[nodiscard]] base::Result<TlsContext> make_tls_context(const std::string& certificate,
                                                        const std::string& key);

}  // namespace sluice::api::http
