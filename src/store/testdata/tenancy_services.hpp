// The services of tenancy on a real store, for tests by service.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "policy/policy_diff.hpp"
#include "policy/policy_reader.hpp"
#include "store/testdata/scratch_store.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/authentication_service.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/policy_service.hpp"
#include "tenancy/user_binding_service.hpp"
#include "tenancy/user_service.hpp"

namespace sluice::store::testdata {

inline net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

template <class T>
base::ErrorCode code_of(const base::Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? base::ErrorCode::internal : result.error().code;
}

inline std::vector<tenancy::TenantChange> in_words(const std::vector<model::TenantPolicy>& before,
                                                   const std::vector<model::TenantPolicy>& after) {
    std::map<std::string, tenancy::TenantChange> changes;
    for (const auto& change : policy::diff(before, after)) {
        auto& entry = changes[change.tenant_slug];
        entry.slug = change.tenant_slug;
        if (change.before) entry.before += change.path + ": " + *change.before + "\n";
        if (change.after) entry.after += change.path + ": " + *change.after + "\n";
    }
    std::vector<tenancy::TenantChange> list;
    for (auto& [slug, change] : changes) list.push_back(std::move(change));
    return list;
}

// What a gateway would be told.
class Told final : public tenancy::UserBindingSink {
  public:
    void on_binding(const model::UserBinding& binding) override { bindings[binding.key()] = binding; }
    void on_bindings_ended(const std::vector<model::UserBindingKey>& ended) override {
        for (const auto& key : ended) bindings.erase(key);
    }
    std::map<model::UserBindingKey, model::UserBinding> bindings;
};

// All services of tenancy over one store.
class TenancyServices : public testing::Test {
  protected:
    static std::vector<model::TenantPolicy> document(std::string_view text) {
        return policy::read_policy(text, "p.yaml").value();
    }
    tenancy::Caller caller(model::Role role, model::TenantId tenant = {}) const {
        return {tenant.is_none() ? model::TenantScope::provider() : model::TenantScope::of(tenant), role,
                model::UserId(99), "someone", "192.0.2.99"};
    }
    std::vector<tenancy::AuditEntry> audit() const {
        return audit_.list(model::TenantScope::provider(), std::nullopt, {}, 1000).value();
    }

    ScratchStore store_;
    base::ManualClock clock_;
    base::SeededRandom random_{1};
    tenancy::PasswordHasher hasher_{{.operations = 1, .memory_bytes = 8192}};
    tenancy::PolicyBoard board_{store_->tenancy()};
    tenancy::DirectoryService directory_{{}, {store_->tenancy(), board_, clock_}};
    tenancy::UserService users_{{}, {store_->tenancy(), hasher_, clock_}};
    tenancy::AuthenticationService authentication_{{}, {store_->tenancy(), hasher_, random_, clock_}};
    tenancy::AuditLog audit_{{store_->tenancy(), clock_}};
    tenancy::PolicyService policy_{{}, {store_->tenancy(), board_, random_, clock_, in_words}};
    Told told_;
    tenancy::UserBindingService logins_{{.max_bindings_per_tenant = 3}, {store_->tenancy(), clock_, told_}};
    const tenancy::Caller root_ = caller(model::Role::operator_admin);
};

}  // namespace sluice::store::testdata
