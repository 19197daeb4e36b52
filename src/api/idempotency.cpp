#include "api/idempotency.hpp"

namespace sluice::api {

void IdempotencyBook::forget_old() {
    const auto now = clock_.now();
    while (!order_.empty() &&
           (entries_.size() > limits_.max_answers || now - order_.front().second > limits_.keep)) {
        const auto found = entries_.find(order_.front().first);
        // The key may have been begun anew since (after a server error): then this is an old mark of it.
        if (found != entries_.end() && found->second.at == order_.front().second) entries_.erase(found);
        order_.pop_front();
    }
}

IdempotencyBook::Begun IdempotencyBook::begin(const std::string& key, const std::string& print) {
    const std::lock_guard lock(mutex_);
    forget_old();
    const auto now = clock_.now();
    const auto [entry, fresh] = entries_.try_emplace(key, Entry{print, std::nullopt, now});
    if (fresh) {
        order_.emplace_back(key, now);
        return {Verdict::begin, {}};
    }
    if (entry->second.print != print) return {Verdict::misuse, {}};
    if (!entry->second.answer) return {Verdict::busy, {}};
    return {Verdict::repeat, *entry->second.answer};
}

void IdempotencyBook::finish(const std::string& key, const http::Response& answer) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    if (answer.status >= 500)
        entries_.erase(found);
    else
        found->second.answer = answer;
}

}  // namespace sluice::api
