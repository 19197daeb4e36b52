#include "tenancy/user_binding_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tenancy/audit_log.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/service_steps.hpp"
#include "tenancy/text_rules.hpp"

namespace sluice::tenancy {

using base::ErrorCode;
using model::Role;
using model::UserBinding;
using model::UserBindingKey;
using model::UserBindingLimits;

namespace {

constexpr auto writers = {Role::operator_admin, Role::tenant_admin};

// A gateway looks for each length that a tenant uses: there are not too many.
base::Status check_prefix(const net::Prefix& prefix) {
    const unsigned length = prefix.length();
    const bool fine = prefix.is_v4() ? length >= 16 : (length >= 48 && length <= 64) || length == 128;
    if (fine) return {};
    return base::fail(ErrorCode::invalid_argument,
                      fmt::format("{} is not a length that a user can have", prefix.to_string()), "prefix",
                      "write an address, an IPv4 network of /16 or longer, or an IPv6 network of /48 to /64");
}

base::Status check_text(const std::string& name, std::string_view what) {
    if (auto status = check_name(name, what, UserBindingLimits::name_bytes); !status) return status;
    if (name.size() <= UserBindingLimits::name_bytes) return {};
    return base::fail(ErrorCode::invalid_argument,
                      fmt::format("is longer than {} bytes", UserBindingLimits::name_bytes),
                      std::string(what));
}

std::string describe(const UserBinding& binding) {
    std::string text = binding.user;
    for (std::size_t i = 0; i < binding.groups.size(); ++i)
        text += (i == 0 ? " (" : ", ") + binding.groups[i];
    return binding.groups.empty() ? text : text + ")";
}

}  // namespace

base::Result<UserBinding> UserBindingService::put(const Caller& caller, const UserBinding& wanted) {
    if (const auto status = only(caller, writers); !status) return std::unexpected(status.error());
    if (const auto status = check_prefix(wanted.prefix); !status) return std::unexpected(status.error());
    if (const auto status = check_text(wanted.user, "user"); !status) return std::unexpected(status.error());
    if (wanted.groups.size() > UserBindingLimits::groups)
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("more than {} groups", UserBindingLimits::groups), "groups",
                          "name those that rules name");
    for (const auto& group : wanted.groups) {
        if (const auto status = check_text(group, "groups"); !status) return std::unexpected(status.error());
    }
    const base::Timestamp now = dependencies_.clock.wall();
    if (wanted.expires <= now || wanted.expires > now + limits_.max_lifetime)
        return base::fail(ErrorCode::invalid_argument, "must lie ahead, and not more than 30 days",
                          "expires_at");
    UserBinding binding = wanted;
    const std::lock_guard lock(order_);
    const auto status = dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        UserBindingRepository& bindings = transaction.user_bindings();
        const auto found = bindings.find(caller.scope, binding.key());
        if (!found) return std::unexpected(found.error());
        const bool alive = *found && (*found)->expires > now;
        const bool same = alive && (*found)->user == binding.user && (*found)->groups == binding.groups;
        binding.since = same ? (*found)->since : now;
        if (!*found) {
            const auto count = bindings.count(binding.tenant);
            if (!count) return std::unexpected(count.error());
            if (*count >= limits_.max_bindings_per_tenant)
                return too_many("addresses with a user", limits_.max_bindings_per_tenant);
        }
        if (const auto put = bindings.put(caller.scope, binding); !put) return put;
        if (same) return {};
        return AuditLog::append(transaction, caller, now,
                                {binding.tenant, "user-binding.put", binding.prefix.to_string(),
                                 alive ? describe(**found) : "", describe(binding), ""});
    });
    if (!status) return std::unexpected(status.error());
    dependencies_.sink.on_binding(binding);
    return binding;
}

base::Status UserBindingService::remove(const Caller& caller, const UserBindingKey& key) {
    if (const auto status = only(caller, writers); !status) return status;
    const std::lock_guard lock(order_);
    const auto status = dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        const base::Timestamp now = dependencies_.clock.wall();
        const auto found = transaction.user_bindings().find(caller.scope, key);
        if (!found) return std::unexpected(found.error());
        if (!*found || (*found)->expires <= now)
            return base::fail(ErrorCode::not_found, "nobody is logged in there", key.prefix.to_string());
        if (const auto gone = transaction.user_bindings().remove(caller.scope, key); !gone) return gone;
        return AuditLog::append(
            transaction, caller, now,
            {key.tenant, "user-binding.remove", key.prefix.to_string(), describe(**found), "", ""});
    });
    if (status) dependencies_.sink.on_bindings_ended({key});
    return status;
}

base::Result<std::vector<UserBinding>> UserBindingService::list(const model::TenantScope& scope,
                                                                model::TenantId tenant,
                                                                const std::optional<net::Prefix>& after,
                                                                std::size_t limit) const {
    return read_one<std::vector<UserBinding>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.user_bindings().list(scope, tenant, after, dependencies_.clock.wall(),
                                                std::min(limit, limits_.max_page));
    });
}

base::Result<std::vector<UserBinding>> UserBindingService::of_tenant(const model::TenantScope& scope,
                                                                     model::TenantId tenant) const {
    return read_one<std::vector<UserBinding>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.user_bindings().list(scope, tenant, std::nullopt, dependencies_.clock.wall(),
                                                limits_.max_bindings_per_tenant);
    });
}

base::Result<std::vector<UserBinding>> UserBindingService::all() const {
    return read_one<std::vector<UserBinding>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.user_bindings().all(dependencies_.clock.wall());
    });
}

base::Status UserBindingService::expire() {
    const std::lock_guard lock(order_);
    const base::Timestamp now = dependencies_.clock.wall();
    const auto expired = read_one<std::vector<UserBindingKey>>(
        dependencies_.store,
        [&](Transaction& transaction) { return transaction.user_bindings().expired(now); });
    if (!expired) return std::unexpected(expired.error());
    if (expired->empty()) return {};
    const auto status = dependencies_.store.write(
        [&](Transaction& transaction) { return transaction.user_bindings().remove_expired(now); });
    if (status) dependencies_.sink.on_bindings_ended(*expired);
    return status;
}

}  // namespace sluice::tenancy
