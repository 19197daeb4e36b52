// A customer's or the provider's own address that is told of events by HTTP POST. The repository is
// implemented by store/, the sender by api/ (HTTP client).
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/ids.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::incident {

struct Webhook {
    model::WebhookId id;
    model::TenantId tenant;          // none: the provider's, gets every tenant's events
    std::string url;                 // http:// or https://
    std::string secret;              // key of the signature; never shown again
    std::vector<std::string> kinds;  // event kinds, or their first part ("incident"); empty: all
    bool disabled = false;
    base::Timestamp created_at{};
};

class WebhookRepository {
  public:
    virtual ~WebhookRepository() = default;
    [[nodiscard]] virtual base::Result<Webhook> create(const model::TenantScope& scope,
                                                       const Webhook& draft) = 0;
    [[nodiscard]] virtual base::Status remove(const model::TenantScope& scope, model::WebhookId id) = 0;
    [[nodiscard]] virtual base::Result<std::vector<Webhook>> list(const model::TenantScope& scope) = 0;
};

struct WebhookRequest {
    std::string url;
    std::string body;       // JSON
    std::string signature;  // header "Sluice-Signature": sha256=HEX of HMAC-SHA256(secret, body)
};

// Blocks until the answer is there, at most some seconds. Any status but 2xx is an error.
class WebhookSender {
  public:
    virtual ~WebhookSender() = default;
    [[nodiscard]] virtual base::Status post(const WebhookRequest& request) = 0;
};

}  // namespace sluice::incident
