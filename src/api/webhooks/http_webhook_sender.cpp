#include "api/webhooks/http_webhook_sender.hpp"

#include <fmt/format.h>

#include "api/http/client.hpp"
#include "api/webhooks/public_address.hpp"

namespace sluice::api::webhooks {

base::Status HttpWebhookSender::post(const incident::WebhookRequest& request) {
    const auto url = http::parse_url(request.url);
    if (!url) return std::unexpected(url.error());
    const auto address = resolve_callable(url->host, config_.private_networks);
    if (!address) return std::unexpected(address.error());
    http::ClientConfig client;
    client.base_url = url->base();
    client.pinned_address = address->to_string();  // what was checked is what is called
    client.connect_timeout_ms = config_.timeout_ms;
    client.answer_timeout_ms = config_.timeout_ms;
    client.max_answer_bytes = 64 * 1024;
    const auto answer = http::exchange(
        client, {.method = http::Method::post,
                 .path = url->path,
                 .headers = {{"Sluice-Signature", request.signature}, {"User-Agent", "sluice-webhook"}},
                 .content_type = "application/json",
                 .body = request.body});
    if (!answer) return std::unexpected(answer.error());
    if (answer->status >= 200 && answer->status < 300) return {};
    return base::fail(base::ErrorCode::unavailable, fmt::format("it answered {}", answer->status),
                      request.url, "the receiver must answer 2xx");
}

}  // namespace sluice::api::webhooks
