#include "dataplane/firewall/user_bindings.hpp"

namespace sluice::dataplane::firewall {

std::shared_ptr<UserTable>& UserBindings::table_of(model::TenantId tenant) {
    auto& table = tables_[tenant];
    if (table == nullptr) table = std::make_shared<UserTable>(key_);
    return table;
}

std::shared_ptr<const UserTable> UserBindings::of(model::TenantId tenant) {
    const std::lock_guard lock(mutex_);
    return table_of(tenant);
}

void UserBindings::put(const model::UserBinding& binding, base::Timestamp now) {
    const model::UserBindingKey key = binding.key();
    if (key.prefix.bits() == 0) return;  // everybody is nobody (UserTable::put)
    if (binding.expires <= now) return remove(key);
    const auto old = expiries_.find(key);
    if (old == expiries_.end() && expiries_.size() >= model::UserBindingLimits::of_all) {
        ++left_out_;
        return;
    }
    if (old != expiries_.end()) by_expiry_.erase({old->second, key});
    expiries_[key] = binding.expires;
    by_expiry_.emplace(binding.expires, key);
    table_of(binding.tenant)->put(binding);
    changed_.insert(binding.tenant);
}

void UserBindings::remove(const model::UserBindingKey& key) {
    const auto old = expiries_.find(key);
    if (old == expiries_.end()) return;
    by_expiry_.erase({old->second, key});
    expiries_.erase(old);
    tables_.at(key.tenant)->remove(key.prefix);
    changed_.insert(key.tenant);
}

void UserBindings::apply(const model::UserBindingUpdate& update, base::Timestamp now) {
    const std::lock_guard lock(mutex_);
    if (update.full) {
        std::set<model::UserBindingKey> named;
        for (const auto& binding : update.bindings) named.insert(binding.key());
        std::vector<model::UserBindingKey> gone;
        for (const auto& [key, expires] : expiries_) {
            if (!named.contains(key)) gone.push_back(key);
        }
        for (const auto& key : gone) remove(key);
    }
    for (const auto& key : update.ended) remove(key);
    for (const auto& binding : update.bindings) put(binding, now);
    generation_ = update.generation;
}

bool UserBindings::expire(base::Timestamp now) {
    const std::lock_guard lock(mutex_);
    bool any = false;
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        const model::UserBindingKey key = by_expiry_.begin()->second;
        remove(key);
        any = true;
    }
    return any;
}

void UserBindings::forget() {
    const std::lock_guard lock(mutex_);
    for (const model::TenantId tenant : changed_) {
        const auto table = tables_.find(tenant);
        if (table == tables_.end()) continue;
        table->second->forget();
        // No program has it, and nobody is in it.
        if (table->second->size() == 0 && table->second.use_count() == 1) tables_.erase(table);
    }
    changed_.clear();
}

UserBindings::Totals UserBindings::totals() const {
    const std::lock_guard lock(mutex_);
    return {generation_, expiries_.size(), left_out_};
}

}  // namespace sluice::dataplane::firewall
