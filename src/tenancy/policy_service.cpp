#include "tenancy/policy_service.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "tenancy/audit_log.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/secret.hpp"
#include "tenancy/service_steps.hpp"
#include "tenancy/text_rules.hpp"

namespace sluice::tenancy {

using base::ErrorCode;
using model::TenantId;
using model::TenantPolicy;
using model::TenantScope;

namespace {

constexpr std::size_t everything = std::numeric_limits<std::int32_t>::max();

base::Result<TenantPolicy> read_tenant(Transaction& transaction, const TenantScope& scope,
                                       const model::Tenant& tenant) {
    TenantPolicy policy;
    policy.slug = tenant.slug;
    policy.name = tenant.name;
    const auto sites = transaction.sites().list(scope, tenant.id, {}, everything);
    if (!sites) return std::unexpected(sites.error());
    std::map<model::SiteId, std::string> names;
    for (const auto& site : *sites) {
        policy.sites.push_back({site.name, site.line_rate_bps});
        names[site.id] = site.name;
    }
    const auto prefixes = transaction.prefixes().list(scope, tenant.id, std::nullopt, everything);
    if (!prefixes) return std::unexpected(prefixes.error());
    for (const auto& prefix : *prefixes) {
        const auto site = names.find(prefix.site);
        policy.prefixes.push_back(
            {prefix.prefix, site == names.end() ? std::string() : site->second, prefix.consent});
    }
    auto protection = transaction.protections().find(scope, tenant.id);
    if (!protection) return std::unexpected(protection.error());
    policy.protection = std::move(*protection);
    const auto users = transaction.users().list(scope, tenant.id, {}, everything);
    if (!users) return std::unexpected(users.error());
    policy.users.emplace();
    for (const auto& user : *users) policy.users->push_back({user.login, user.role});
    auto webhooks = transaction.webhooks().of_tenant(scope, tenant.id);
    if (!webhooks) return std::unexpected(webhooks.error());
    policy.webhooks = std::move(*webhooks);
    return policy;
}

base::Result<PolicyOfTenants> read_policy(Transaction& transaction, const TenantScope& scope) {
    PolicyOfTenants policy;
    const auto version = transaction.protections().version();
    if (!version) return std::unexpected(version.error());
    policy.version = *version;
    const auto tenants = transaction.tenants().list(scope, {}, everything);
    if (!tenants) return std::unexpected(tenants.error());
    for (const auto& tenant : *tenants) {
        auto one = read_tenant(transaction, scope, tenant);
        if (!one) return std::unexpected(one.error());
        policy.tenants.push_back(std::move(*one));
    }
    std::sort(policy.tenants.begin(), policy.tenants.end(),
              [](const auto& a, const auto& b) { return a.slug < b.slug; });
    return policy;
}

// What is left open stays: the policy as it will stand.
TenantPolicy completed(const TenantPolicy& wanted, const TenantPolicy* present) {
    TenantPolicy policy = wanted;
    for (auto& prefix : policy.prefixes) {
        if (prefix.consent) continue;
        prefix.consent = model::ConsentMode::ask;
        if (present == nullptr) continue;
        for (const auto& old : present->prefixes) {
            if (old.prefix == prefix.prefix) prefix.consent = old.consent;
        }
    }
    if (!policy.users) policy.users = present != nullptr ? present->users : std::vector<model::UserPolicy>{};
    if (!policy.webhooks)
        policy.webhooks = present != nullptr ? present->webhooks : std::vector<model::WebhookPolicy>{};
    return policy;
}

// The same without regard to an order that means nothing.
TenantPolicy sorted(TenantPolicy policy) {
    std::sort(policy.sites.begin(), policy.sites.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    std::sort(policy.prefixes.begin(), policy.prefixes.end(),
              [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
    std::sort(policy.users->begin(), policy.users->end(),
              [](const auto& a, const auto& b) { return a.login < b.login; });
    std::sort(policy.webhooks->begin(), policy.webhooks->end(),
              [](const auto& a, const auto& b) { return a.url < b.url; });
    return policy;
}

const TenantPolicy* find_slug(const std::vector<TenantPolicy>& tenants, const std::string& slug) {
    const auto found =
        std::find_if(tenants.begin(), tenants.end(), [&](const auto& tenant) { return tenant.slug == slug; });
    return found == tenants.end() ? nullptr : &*found;
}

// One application of a policy, inside of its transaction.
class Application {
  public:
    Application(Transaction& transaction, const Caller& caller, base::Timestamp now, base::Random& random)
        : transaction_(transaction), scope_(caller.scope), now_(now), random_(random) {}

    // Tenants in `before` that `after` does not name.
    base::Status remove_tenants(const std::vector<TenantPolicy>& before,
                                const std::vector<TenantPolicy>& after) {
        for (const auto& old : before) {
            if (find_slug(after, old.slug) != nullptr) continue;
            const auto tenant = transaction_.tenants().find_slug(scope_, old.slug);
            if (!tenant) return std::unexpected(tenant.error());
            if (const auto status = check_in_force(tenant->id, std::nullopt, "tenant '" + old.slug + "'");
                !status)
                return status;
            if (const auto status = transaction_.tenants().remove(scope_, tenant->id); !status) return status;
            changed_.push_back(tenant->id);
        }
        return {};
    }

    // Prefixes go before others come, so that one may move from a tenant to another.
    base::Status remove_prefixes(const TenantPolicy& before, const TenantPolicy& after) {
        const auto tenant = transaction_.tenants().find_slug(scope_, before.slug);
        if (!tenant) return std::unexpected(tenant.error());
        for (const auto& old : before.prefixes) {
            const bool stays = std::any_of(after.prefixes.begin(), after.prefixes.end(),
                                           [&](const auto& prefix) { return prefix.prefix == old.prefix; });
            if (stays) continue;
            if (const auto status =
                    check_in_force(tenant->id, old.prefix, "prefix " + old.prefix.to_string());
                !status)
                return status;
            if (const auto status = transaction_.prefixes().remove(scope_, old.prefix); !status)
                return status;
        }
        return {};
    }

    // `before` is nullptr for a new tenant.
    base::Result<TenantId> put(const TenantPolicy* before, const TenantPolicy& after) {
        auto tenant = before == nullptr
                          ? transaction_.tenants().insert(scope_, {{}, after.slug, after.name, now_, 0})
                          : transaction_.tenants().find_slug(scope_, after.slug);
        if (!tenant) return std::unexpected(tenant.error());
        // The tenant's version grows with anything of it.
        if (before != nullptr) {
            tenant->name = after.name;
            tenant = transaction_.tenants().update(scope_, *tenant);
            if (!tenant) return std::unexpected(tenant.error());
        }
        changed_.push_back(tenant->id);
        const TenantPolicy none;
        const TenantPolicy& old = before != nullptr ? *before : none;
        base::Status status = put_sites_and_prefixes(tenant->id, after);
        if (status) status = transaction_.protections().put(scope_, tenant->id, after.protection);
        if (status) status = put_users(tenant->id, after.users.value_or(std::vector<model::UserPolicy>{}));
        if (status)
            status = put_webhooks(tenant->id, old.webhooks.value_or(std::vector<model::WebhookPolicy>{}),
                                  after.webhooks.value_or(std::vector<model::WebhookPolicy>{}));
        if (!status) return std::unexpected(status.error());
        return tenant->id;
    }

    [[nodiscard]] const std::vector<TenantId>& changed() const { return changed_; }

  private:
    base::Status check_in_force(TenantId tenant, const std::optional<net::Prefix>& within,
                                const std::string& what) {
        const auto in_force = transaction_.tenants().in_force(tenant, within);
        if (!in_force) return std::unexpected(in_force.error());
        if (!*in_force) return {};
        return base::fail(ErrorCode::conflict, what + " cannot be removed: a mitigation is in force",
                          "mitigation", "withdraw it first");
    }

    base::Status put_sites_and_prefixes(TenantId tenant, const TenantPolicy& after) {
        std::map<std::string, model::Site> sites;
        const auto stored = transaction_.sites().list(scope_, tenant, {}, everything);
        if (!stored) return std::unexpected(stored.error());
        for (const auto& site : *stored) sites[site.name] = site;
        for (const auto& wanted : after.sites) {
            const auto found = sites.find(wanted.name);
            if (found != sites.end() && found->second.line_rate_bps == wanted.line_rate_bps) continue;
            model::Site site =
                found != sites.end() ? found->second : model::Site{{}, tenant, wanted.name, 0, 0};
            site.line_rate_bps = wanted.line_rate_bps;
            const auto put = found != sites.end() ? transaction_.sites().update(scope_, site)
                                                  : transaction_.sites().insert(scope_, site);
            if (!put) return std::unexpected(put.error());
            sites[wanted.name] = *put;
        }
        for (const auto& wanted : after.prefixes) {
            if (const auto status = put_prefix(tenant, wanted, sites); !status) return status;
        }
        for (const auto& [name, site] : sites) {
            const bool stays = std::any_of(after.sites.begin(), after.sites.end(),
                                           [&](const auto& wanted) { return wanted.name == site.name; });
            if (stays) continue;
            if (const auto status = transaction_.sites().remove(scope_, site.id); !status) return status;
        }
        return {};
    }

    base::Status put_prefix(TenantId tenant, const model::PrefixPolicy& wanted,
                            const std::map<std::string, model::Site>& sites) {
        model::SiteId site;
        if (!wanted.site.empty()) {
            const auto found = sites.find(wanted.site);
            if (found == sites.end())
                return base::fail(ErrorCode::invalid_argument, "the tenant has no site '" + wanted.site + "'",
                                  "site", "name it under 'sites'");
            site = found->second.id;
        }
        const auto consent = wanted.consent.value_or(model::ConsentMode::ask);
        auto stored = transaction_.prefixes().find(scope_, wanted.prefix);
        if (!stored && stored.error().code != ErrorCode::not_found) return std::unexpected(stored.error());
        if (!stored || stored->tenant != tenant) {
            const auto put =
                transaction_.prefixes().insert(scope_, {tenant, site, wanted.prefix, consent, 0});
            if (!put) return std::unexpected(put.error());
            return {};
        }
        if (stored->site == site && stored->consent == consent) return {};
        stored->site = site;
        stored->consent = consent;
        if (const auto put = transaction_.prefixes().update(scope_, *stored); !put)
            return std::unexpected(put.error());
        return {};
    }

    base::Status put_users(TenantId tenant, const std::vector<model::UserPolicy>& after) {
        const auto stored = transaction_.users().list(scope_, tenant, {}, everything);
        if (!stored) return std::unexpected(stored.error());
        for (const auto& user : *stored) {
            const bool stays = std::any_of(after.begin(), after.end(),
                                           [&](const auto& wanted) { return wanted.login == user.login; });
            if (stays) continue;
            if (const auto status = transaction_.users().remove(scope_, user.id); !status) return status;
        }
        for (const auto& wanted : after) {
            auto user = std::find_if(stored->begin(), stored->end(),
                                     [&](const auto& one) { return one.login == wanted.login; });
            if (user == stored->end()) {
                if (const auto put = transaction_.users().insert(
                        scope_, {{}, tenant, wanted.login, wanted.role, false, 0});
                    !put)
                    return std::unexpected(put.error());
            } else if (user->role != wanted.role) {
                model::User next = *user;
                next.role = wanted.role;
                if (const auto put = transaction_.users().update(scope_, next); !put)
                    return std::unexpected(put.error());
            }
        }
        return {};
    }

    base::Status put_webhooks(TenantId tenant, const std::vector<model::WebhookPolicy>& before,
                              const std::vector<model::WebhookPolicy>& after) {
        std::set<std::string> known;
        for (const auto& old : before) {
            known.insert(old.url);
            const bool stays = std::any_of(after.begin(), after.end(),
                                           [&](const auto& wanted) { return wanted.url == old.url; });
            if (stays) continue;
            if (const auto status = transaction_.webhooks().remove(scope_, tenant, old.url); !status)
                return status;
        }
        for (const auto& wanted : after) {
            const auto status =
                known.contains(wanted.url)
                    ? transaction_.webhooks().change(scope_, tenant, wanted)
                    : transaction_.webhooks().add(scope_, tenant, wanted,
                                                  make_secret(CredentialKind::token, random_), now_);
            if (!status) return status;
        }
        return {};
    }

    Transaction& transaction_;
    const TenantScope scope_;
    const base::Timestamp now_;
    base::Random& random_;
    std::vector<TenantId> changed_;
};

base::Status check_one(const TenantPolicy& tenant, const DirectoryLimits& limits) {
    if (const auto status = check_slug(tenant.slug); !status) return status;
    if (const auto status = check_name(tenant.name, "name", limits.max_name_characters); !status)
        return status;
    if (tenant.sites.size() > limits.max_sites_per_tenant)
        return too_many("sites of a tenant", limits.max_sites_per_tenant);
    if (tenant.prefixes.size() > limits.max_prefixes_per_tenant)
        return too_many("prefixes of a tenant", limits.max_prefixes_per_tenant);
    for (const auto& site : tenant.sites) {
        if (const auto status = check_name(site.name, "site", limits.max_name_characters); !status)
            return status;
    }
    for (const auto& user : tenant.users.value_or(std::vector<model::UserPolicy>{})) {
        if (const auto status = check_login(user.login); !status) return status;
        if (model::is_operator(user.role))
            return base::fail(ErrorCode::invalid_argument, "an operator belongs to no tenant", user.login,
                              "write tenant_admin or tenant_viewer");
    }
    return {};
}

base::Status check_all(const std::vector<TenantPolicy>& tenants, const DirectoryLimits& limits) {
    if (tenants.size() > limits.max_tenants) return too_many("tenants", limits.max_tenants);
    std::set<std::string> slugs;
    for (const auto& tenant : tenants) {
        if (!slugs.insert(tenant.slug).second)
            return base::fail(ErrorCode::invalid_argument, "the slug '" + tenant.slug + "' stands twice",
                              "slug", "choose another");
        if (const auto status = check_one(tenant, limits); !status) return status;
    }
    return {};
}

}  // namespace

PolicyService::PolicyService(DirectoryLimits limits, Dependencies dependencies)
    : limits_(limits), dependencies_(std::move(dependencies)) {}

base::Result<PolicyOfTenants> PolicyService::current(const TenantScope& scope) const {
    return read_one<PolicyOfTenants>(
        dependencies_.store, [&](Transaction& transaction) { return read_policy(transaction, scope); });
}

base::Result<PolicyOfTenants> PolicyService::apply(const Caller& caller,
                                                   const std::vector<TenantPolicy>& tenants,
                                                   std::optional<std::uint64_t> version,
                                                   const std::string& reason) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status)
        return std::unexpected(status.error());
    if (const auto status = check_all(tenants, limits_); !status) return std::unexpected(status.error());
    PolicyOfTenants result;
    std::vector<TenantId> changed;
    const auto status = dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        auto before = read_policy(transaction, caller.scope);
        if (!before) return std::unexpected(before.error());
        if (version && *version != before->version)
            return base::fail(ErrorCode::conflict, "the policy has changed meanwhile", "version",
                              "plan again");
        if (const auto replaced = replace(transaction, caller, before->tenants, tenants, reason, changed);
            !replaced)
            return replaced;
        if (!changed.empty()) {
            if (const auto next = transaction.protections().next_version(); !next)
                return std::unexpected(next.error());
        }
        auto after = read_policy(transaction, caller.scope);
        if (!after) return std::unexpected(after.error());
        result = std::move(*after);
        return {};
    });
    if (!status) return std::unexpected(status.error());
    if (!changed.empty()) {
        if (const auto refreshed = dependencies_.board.refresh(changed); !refreshed)
            return std::unexpected(refreshed.error());
    }
    return result;
}

base::Status PolicyService::replace(Transaction& transaction, const Caller& caller,
                                    const std::vector<TenantPolicy>& before,
                                    const std::vector<TenantPolicy>& wanted, const std::string& reason,
                                    std::vector<TenantId>& changed) {
    const auto now = dependencies_.clock.wall();
    Application application(transaction, caller, now, dependencies_.random);
    struct Step {
        const TenantPolicy* old;
        TenantPolicy next;
    };
    std::vector<Step> steps;
    std::map<std::string, const TenantPolicy*> present;
    for (const auto& old : before) present[old.slug] = &old;
    for (const auto& tenant : wanted) {
        const auto found = present.find(tenant.slug);
        const TenantPolicy* old = found == present.end() ? nullptr : found->second;
        TenantPolicy next = completed(tenant, old);
        if (old == nullptr || sorted(*old) != sorted(next)) steps.push_back({old, std::move(next)});
    }
    std::map<std::string, TenantId> ids;
    for (const auto& old : before) {
        const auto tenant = transaction.tenants().find_slug(caller.scope, old.slug);
        if (tenant) ids[old.slug] = tenant->id;
    }
    if (const auto status = application.remove_tenants(before, wanted); !status) return status;
    for (const auto& step : steps) {
        if (step.old == nullptr) continue;
        if (const auto status = application.remove_prefixes(*step.old, step.next); !status) return status;
    }
    for (const auto& step : steps) {
        const auto id = application.put(step.old, step.next);
        if (!id) return std::unexpected(id.error());
        ids[step.next.slug] = *id;
    }
    changed = application.changed();
    return audit(transaction, caller, before, wanted, ids, changed, reason);
}

base::Status PolicyService::audit(Transaction& transaction, const Caller& caller,
                                  const std::vector<TenantPolicy>& before,
                                  const std::vector<TenantPolicy>& wanted,
                                  const std::map<std::string, TenantId>& ids,
                                  const std::vector<TenantId>& changed, const std::string& reason) {
    std::map<std::string, TenantChange> changes;
    for (const auto& [slug, id] : ids) {
        if (std::find(changed.begin(), changed.end(), id) != changed.end()) changes[slug] = {slug, {}, {}};
    }
    if (dependencies_.describe && !changes.empty()) {
        for (auto& change : dependencies_.describe(before, wanted)) {
            const auto found = changes.find(change.slug);
            if (found != changes.end()) found->second = std::move(change);
        }
    }
    for (const auto& [slug, change] : changes) {
        const auto status =
            AuditLog::append(transaction, caller, dependencies_.clock.wall(),
                             {ids.at(slug), "policy.apply", slug, change.before, change.after, reason});
        if (!status) return status;
    }
    return {};
}

}  // namespace sluice::tenancy
