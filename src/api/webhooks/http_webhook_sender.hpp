// Delivers webhook calls by HTTP.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "incident/webhook.hpp"

namespace sluice::api::webhooks {

// Thread-safe; blocks for `timeout_ms` at most twice (connect, answer).
class HttpWebhookSender final : public incident::WebhookSender {
  public:
    struct Config {
        bool private_networks = false;  // calls into private networks are allowed
        std::uint32_t timeout_ms = 5000;
    };
    explicit HttpWebhookSender(Config config) : config_(config) {}
    [[nodiscard]] base::Status post(const incident::WebhookRequest& request) override;

  private:
    const Config config_;
};

}  // namespace sluice::api::webhooks
