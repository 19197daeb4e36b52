#include "rpc/binding_store.hpp"

#include <set>
#include <utility>

#include "rpc/convert_users.hpp"

namespace sluice::rpc {

using link::v1::GatewayDown;
using model::UserBindingKey;

void BindingStore::put(const UserBindingKey& key, std::shared_ptr<const link::v1::UserBinding> binding) {
    const auto [at, fresh] = entries_.try_emplace(key);
    if (!fresh) {
        by_change_.erase(at->second.changed);
        if (at->second.binding == nullptr) --ended_;
    }
    if (binding == nullptr) ++ended_;
    at->second = {std::move(binding), ++generation_};
    by_change_.emplace(generation_, key);
    if (ended_ > max_ended_) forget_ended();
}

void BindingStore::forget_ended() {
    for (auto at = by_change_.begin(); at != by_change_.end() && ended_ > max_ended_ / 2;) {
        const auto entry = entries_.find(at->second);
        if (entry->second.binding != nullptr) {
            ++at;
            continue;
        }
        forgotten_ = at->first;
        entries_.erase(entry);
        --ended_;
        at = by_change_.erase(at);
    }
}

void BindingStore::set(const model::UserBinding& binding) {
    auto message = std::make_shared<link::v1::UserBinding>();
    to_message(binding, *message);
    const std::lock_guard lock(mutex_);
    put(binding.key(), std::move(message));
}

void BindingStore::remove(const UserBindingKey& key) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(key);
    if (at != entries_.end() && at->second.binding != nullptr) put(key, nullptr);
}

void BindingStore::remove_all_of(model::TenantId tenant) {
    const std::lock_guard lock(mutex_);
    std::vector<UserBindingKey> gone;
    for (auto at = entries_.lower_bound({tenant, {}}); at != entries_.end() && at->first.tenant == tenant;
         ++at) {
        if (at->second.binding != nullptr) gone.push_back(at->first);
    }
    for (const auto& key : gone) put(key, nullptr);
}

void BindingStore::set_all(const std::vector<model::UserBinding>& bindings) {
    std::set<UserBindingKey> named;
    for (const auto& binding : bindings) {
        set(binding);
        named.insert(binding.key());
    }
    const std::lock_guard lock(mutex_);
    std::vector<UserBindingKey> gone;
    for (const auto& [key, entry] : entries_) {
        if (entry.binding != nullptr && !named.contains(key)) gone.push_back(key);
    }
    for (const auto& key : gone) put(key, nullptr);
    known_ = true;
}

std::vector<std::shared_ptr<const GatewayDown>> BindingStore::missing(Sent& sent) const {
    const std::lock_guard lock(mutex_);
    if (!known_ || (sent.begun && sent.generation == generation_)) return {};
    const bool full = !sent.begun || sent.generation < forgotten_;
    std::vector<std::shared_ptr<GatewayDown>> messages;
    std::size_t bytes = 0;
    const auto update = [&]() -> link::v1::UserBindingUpdate& {
        return *messages.back()->mutable_bindings();
    };
    const auto next_message = [&] {
        if (!messages.empty()) update().set_more(true);
        messages.push_back(std::make_shared<GatewayDown>());
        update().set_full(full);
        update().set_generation(generation_);
        bytes = 0;
    };
    next_message();
    for (auto at = full ? by_change_.begin() : by_change_.upper_bound(sent.generation);
         at != by_change_.end(); ++at) {
        const Entry& entry = entries_.at(at->second);
        if (entry.binding == nullptr && full) continue;
        constexpr std::size_t of_a_key = 48;
        const std::size_t size = entry.binding == nullptr ? of_a_key : entry.binding->ByteSizeLong() + 8;
        if (bytes > 0 && bytes + size > split_bytes_) next_message();
        if (entry.binding == nullptr) {
            to_message(at->second, *update().add_ended());
        } else {
            *update().add_bindings() = *entry.binding;
        }
        bytes += size;
    }
    sent = {true, generation_};
    return {messages.begin(), messages.end()};
}

}  // namespace sluice::rpc
