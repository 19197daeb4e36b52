#include "api/webhooks/webhook_notifier.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <algorithm>

#include "api/events/event_json.hpp"

namespace sluice::api::webhooks {
namespace {

constexpr base::Duration patience = std::chrono::seconds(1);

// "incident" takes "incident.opened".
bool wants(const incident::Webhook& webhook, const model::Event& event) {
    if (webhook.disabled) return false;
    if (!webhook.tenant.is_none() && webhook.tenant != event.tenant) return false;
    if (webhook.kinds.empty()) return true;
    return std::ranges::any_of(webhook.kinds, [&](const std::string& kind) {
        return event.kind == kind || (event.kind.starts_with(kind) && event.kind[kind.size()] == '.');
    });
}

}  // namespace

std::string sign(const std::string& secret, const std::string& body) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &length);
    std::string text = "sha256=";
    for (unsigned i = 0; i < length; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
    return text;
}

WebhookNotifier::WebhookNotifier(Config config, Dependencies dependencies)
    : config_(std::move(config)),
      dependencies_(std::move(dependencies)),
      delivered_(dependencies_.metrics.counter("sluice_webhook_calls_total", "Webhook calls by their end",
                                               {{"end", "delivered"}})),
      failed_(dependencies_.metrics.counter("sluice_webhook_calls_total", "", {{"end", "given-up"}})),
      dropped_(dependencies_.metrics.counter("sluice_webhook_calls_total", "", {{"end", "dropped"}})) {}

WebhookNotifier::~WebhookNotifier() {
    stop();
}

base::Status WebhookNotifier::start() {
    auto subscription = dependencies_.events.subscribe(dependencies_.scope, std::nullopt);
    if (!subscription) return std::unexpected(subscription.error());
    subscription_ = std::move(*subscription);
    listener_ = std::thread([this] { listen(); });
    for (std::size_t i = 0; i < config_.workers; ++i) workers_.emplace_back([this] { work(); });
    return {};
}

void WebhookNotifier::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (subscription_) subscription_->close();
    }
    wake_.notify_all();
    if (listener_.joinable()) listener_.join();
    for (auto& worker : workers_) worker.join();
    workers_.clear();
}

void WebhookNotifier::listen() {
    std::uint64_t last = 0;
    for (;;) {
        const auto event = subscription_->pop(patience);
        if (event) {
            if (event->sequence > 0) last = event->sequence;
            take(*event);
            continue;
        }
        if (!subscription_->closed()) continue;
        // We were too slow, or it is over.
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
        }
        auto again = dependencies_.events.subscribe(dependencies_.scope,
                                                    last > 0 ? std::optional(last) : std::nullopt);
        const std::lock_guard lock(mutex_);
        if (stopping_ || !again) {
            if (again) (*again)->close();
            return;
        }
        subscription_ = std::move(*again);
    }
}

void WebhookNotifier::take(const model::Event& event) {
    const auto webhooks = dependencies_.repository.list(dependencies_.scope);
    if (!webhooks) {
        dropped_.add();
        dependencies_.log.error("webhooks can not be read", {{"why", webhooks.error().message()}});
        return;
    }
    std::string body;
    for (const auto& webhook : *webhooks) {
        if (!wants(webhook, event)) continue;
        if (body.empty()) body = dump(events::to_json(event));
        put({webhook, body, 0}, base::Duration::zero());
    }
}

void WebhookNotifier::put(Delivery delivery, base::Duration pause) {
    {
        const std::lock_guard lock(mutex_);
        std::size_t& each = waiting_each_[delivery.webhook.id];
        if (stopping_ || waiting_.size() >= config_.max_waiting || each >= config_.max_waiting_each) {
            dropped_.add();
            return;
        }
        ++each;
        waiting_.emplace(dependencies_.clock.now() + pause, std::move(delivery));
    }
    wake_.notify_one();
}

void WebhookNotifier::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (waiting_.empty()) {
            wake_.wait(lock);
            continue;
        }
        const auto left = waiting_.begin()->first - dependencies_.clock.now();
        if (left > base::Duration::zero()) {
            wake_.wait_for(lock, left);
            continue;
        }
        Delivery delivery = std::move(waiting_.extract(waiting_.begin()).mapped());
        const auto each = waiting_each_.find(delivery.webhook.id);
        if (--each->second == 0) waiting_each_.erase(each);
        lock.unlock();
        deliver(std::move(delivery));
        lock.lock();
    }
}

// What waits for a webhook that was removed is not sent any more.
bool WebhookNotifier::still_there(model::WebhookId id) const {
    const auto webhooks = dependencies_.repository.list(dependencies_.scope);
    return !webhooks || std::ranges::find(*webhooks, id, &incident::Webhook::id) != webhooks->end();
}

void WebhookNotifier::deliver(Delivery delivery) {
    const auto& webhook = delivery.webhook;
    if (!still_there(webhook.id)) return;
    const auto sent =
        dependencies_.sender.post({webhook.url, delivery.body, sign(webhook.secret, delivery.body)});
    const std::string subject = webhook.id.to_string();
    if (sent) {
        delivered_.add();
        dependencies_.alarms.clear("webhook-failing", subject);
        return;
    }
    if (delivery.tries < config_.pauses_ms.size()) {
        const auto pause = std::chrono::milliseconds(config_.pauses_ms[delivery.tries]);
        ++delivery.tries;
        put(std::move(delivery), pause);
        return;
    }
    failed_.add();
    dependencies_.alarms.raise(
        {"webhook-failing",
         subject,
         system::Severity::warning,
         fmt::format("The webhook {} ({}) does not take events: {}.", subject, webhook.url,
                     sent.error().what),
         "Look at its receiver, or remove the webhook; what it missed is in GET /api/v1/events.",
         {},
         {}});
}

}  // namespace sluice::api::webhooks
