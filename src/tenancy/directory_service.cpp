#include "tenancy/directory_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/rate.hpp"
#include "net/assignable.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/service_steps.hpp"
#include "tenancy/text_rules.hpp"

namespace sluice::tenancy {

using base::ErrorCode;
using model::Site;
using model::Tenant;
using model::TenantId;
using model::TenantPrefix;
using model::TenantScope;

namespace {

std::string line_rate_text(std::uint64_t bits_per_s) {
    return bits_per_s == 0 ? "line rate not known"
                           : base::format_rate(bits_per_s, base::RateUnit::bits_per_s);
}

base::Status check_in_force(Transaction& transaction, TenantId tenant,
                            const std::optional<net::Prefix>& within, std::string_view what) {
    const auto in_force = transaction.tenants().in_force(tenant, within);
    if (!in_force) return std::unexpected(in_force.error());
    if (!*in_force) return {};
    return base::fail(ErrorCode::conflict, fmt::format("a mitigation of the {} is in force", what),
                      "mitigation", "withdraw it first");
}

}  // namespace

DirectoryService::DirectoryService(DirectoryLimits limits, Dependencies dependencies)
    : limits_(limits), dependencies_(dependencies) {}

base::Result<Tenant> DirectoryService::create_tenant(const Caller& caller, const std::string& slug,
                                                     const std::string& name, const std::string& reason) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status)
        return std::unexpected(status.error());
    if (const auto status = check_slug(slug); !status) return std::unexpected(status.error());
    if (const auto status = check_name(name, "name", limits_.max_name_characters); !status)
        return std::unexpected(status.error());
    return change_tenants<Tenant>(dependencies_,
                                  [&](Transaction& transaction, Tenant& result) -> base::Result<TenantId> {
                                      const auto count = transaction.tenants().count();
                                      if (!count) return std::unexpected(count.error());
                                      if (*count >= limits_.max_tenants)
                                          return too_many("tenants", limits_.max_tenants);
                                      Tenant draft;
                                      draft.slug = slug;
                                      draft.name = name;
                                      draft.created_at = dependencies_.clock.wall();
                                      auto stored = transaction.tenants().insert(caller.scope, draft);
                                      if (!stored) return std::unexpected(stored.error());
                                      result = *stored;
                                      return audited(transaction, caller, dependencies_.clock,
                                                     {result.id, "tenant.create", slug, "", name, reason});
                                  });
}

base::Result<Tenant> DirectoryService::rename_tenant(const Caller& caller, TenantId id, std::uint64_t version,
                                                     const std::string& name) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status)
        return std::unexpected(status.error());
    if (const auto status = check_name(name, "name", limits_.max_name_characters); !status)
        return std::unexpected(status.error());
    return change_tenants<Tenant>(dependencies_,
                                  [&](Transaction& transaction, Tenant& result) -> base::Result<TenantId> {
                                      auto tenant = transaction.tenants().find(caller.scope, id);
                                      if (!tenant) return std::unexpected(tenant.error());
                                      const std::string before = tenant->name;
                                      tenant->name = name;
                                      tenant->version = version;
                                      auto stored = transaction.tenants().update(caller.scope, *tenant);
                                      if (!stored) return std::unexpected(stored.error());
                                      result = *stored;
                                      return audited(transaction, caller, dependencies_.clock,
                                                     {id, "tenant.rename", result.slug, before, name, ""});
                                  });
}

base::Status DirectoryService::remove_tenant(const Caller& caller, TenantId id, const std::string& reason) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status) return status;
    return without_result(change_tenants<Tenant>(
        dependencies_, [&](Transaction& transaction, Tenant& result) -> base::Result<TenantId> {
            auto tenant = transaction.tenants().find(caller.scope, id);
            if (!tenant) return std::unexpected(tenant.error());
            result = *tenant;
            if (const auto status = check_in_force(transaction, id, std::nullopt, "tenant"); !status)
                return std::unexpected(status.error());
            if (const auto status = transaction.tenants().remove(caller.scope, id); !status)
                return std::unexpected(status.error());
            return audited(transaction, caller, dependencies_.clock,
                           {id, "tenant.remove", result.slug, result.name, "", reason});
        }));
}

base::Result<Tenant> DirectoryService::tenant(const TenantScope& scope, TenantId id) const {
    return read_one<Tenant>(dependencies_.store,
                            [&](Transaction& transaction) { return transaction.tenants().find(scope, id); });
}

base::Result<Tenant> DirectoryService::tenant_by_slug(const TenantScope& scope,
                                                      const std::string& slug) const {
    return read_one<Tenant>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.tenants().find_slug(scope, slug);
    });
}

base::Result<std::vector<Tenant>> DirectoryService::tenants(const TenantScope& scope, TenantId after,
                                                            std::size_t limit) const {
    return read_one<std::vector<Tenant>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.tenants().list(scope, after, std::min(limit, limits_.max_page));
    });
}

base::Result<Site> DirectoryService::create_site(const Caller& caller, TenantId tenant,
                                                 const std::string& name, std::uint64_t line_rate_bps) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status)
        return std::unexpected(status.error());
    if (const auto status = check_name(name, "name", limits_.max_name_characters); !status)
        return std::unexpected(status.error());
    return change_tenants<Site>(
        dependencies_, [&](Transaction& transaction, Site& result) -> base::Result<TenantId> {
            const auto present =
                transaction.sites().list(caller.scope, tenant, {}, limits_.max_sites_per_tenant);
            if (!present) return std::unexpected(present.error());
            if (present->size() >= limits_.max_sites_per_tenant)
                return too_many("sites of a tenant", limits_.max_sites_per_tenant);
            auto stored = transaction.sites().insert(caller.scope, {{}, tenant, name, line_rate_bps, 0});
            if (!stored) return std::unexpected(stored.error());
            result = *stored;
            return audited(transaction, caller, dependencies_.clock,
                           {tenant, "site.create", name, "", line_rate_text(line_rate_bps), ""});
        });
}

base::Result<Site> DirectoryService::change_site(const Caller& caller, model::SiteId id,
                                                 std::uint64_t version, const SiteChange& change) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status)
        return std::unexpected(status.error());
    if (change.name) {
        if (const auto status = check_name(*change.name, "name", limits_.max_name_characters); !status)
            return std::unexpected(status.error());
    }
    return change_tenants<Site>(
        dependencies_, [&](Transaction& transaction, Site& result) -> base::Result<TenantId> {
            auto site = transaction.sites().find(caller.scope, id);
            if (!site) return std::unexpected(site.error());
            const std::string before = site->name + ", " + line_rate_text(site->line_rate_bps);
            site->name = change.name.value_or(site->name);
            site->line_rate_bps = change.line_rate_bps.value_or(site->line_rate_bps);
            site->version = version;
            auto stored = transaction.sites().update(caller.scope, *site);
            if (!stored) return std::unexpected(stored.error());
            result = *stored;
            return audited(transaction, caller, dependencies_.clock,
                           {result.tenant, "site.change", id.to_string(), before,
                            result.name + ", " + line_rate_text(result.line_rate_bps), ""});
        });
}

base::Status DirectoryService::remove_site(const Caller& caller, model::SiteId id) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status) return status;
    return without_result(change_tenants<Site>(
        dependencies_, [&](Transaction& transaction, Site& result) -> base::Result<TenantId> {
            auto site = transaction.sites().find(caller.scope, id);
            if (!site) return std::unexpected(site.error());
            result = *site;
            if (const auto status = transaction.sites().remove(caller.scope, id); !status)
                return std::unexpected(status.error());
            return audited(
                transaction, caller, dependencies_.clock,
                {result.tenant, "site.remove", result.name, line_rate_text(result.line_rate_bps), "", ""});
        }));
}

base::Result<Site> DirectoryService::site(const TenantScope& scope, model::SiteId id) const {
    return read_one<Site>(dependencies_.store,
                          [&](Transaction& transaction) { return transaction.sites().find(scope, id); });
}

base::Result<std::vector<Site>> DirectoryService::sites(const TenantScope& scope,
                                                        std::optional<TenantId> tenant, model::SiteId after,
                                                        std::size_t limit) const {
    return read_one<std::vector<Site>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.sites().list(scope, tenant, after, std::min(limit, limits_.max_page));
    });
}

base::Result<TenantPrefix> DirectoryService::create_prefix(const Caller& caller, const TenantPrefix& draft) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status)
        return std::unexpected(status.error());
    if (const auto status = net::check_assignable(draft.prefix); !status)
        return std::unexpected(status.error());
    return change_tenants<TenantPrefix>(
        dependencies_, [&](Transaction& transaction, TenantPrefix& result) -> base::Result<TenantId> {
            const auto present = transaction.prefixes().list(caller.scope, draft.tenant, std::nullopt,
                                                             limits_.max_prefixes_per_tenant);
            if (!present) return std::unexpected(present.error());
            if (present->size() >= limits_.max_prefixes_per_tenant)
                return too_many("prefixes of a tenant", limits_.max_prefixes_per_tenant);
            if (!draft.site.is_none()) {
                const auto site = transaction.sites().find(caller.scope, draft.site);
                if (!site || site->tenant != draft.tenant)
                    return base::fail(ErrorCode::not_found, "the tenant has no such site",
                                      draft.site.to_string());
            }
            auto stored = transaction.prefixes().insert(caller.scope, draft);
            if (!stored) return std::unexpected(stored.error());
            result = *stored;
            return audited(transaction, caller, dependencies_.clock,
                           {draft.tenant, "prefix.create", draft.prefix.to_string(), "",
                            std::string(model::to_string(draft.consent)), ""});
        });
}

base::Result<TenantPrefix> DirectoryService::set_consent(const Caller& caller, const net::Prefix& prefix,
                                                         std::uint64_t version, model::ConsentMode consent,
                                                         const std::string& reason) {
    if (const auto status = only(caller, {model::Role::operator_admin, model::Role::tenant_admin}); !status)
        return std::unexpected(status.error());
    if (const auto status = check_name(reason, "reason", 500); !status)
        return std::unexpected(status.error());
    return change_tenants<TenantPrefix>(
        dependencies_, [&](Transaction& transaction, TenantPrefix& result) -> base::Result<TenantId> {
            auto stored = transaction.prefixes().find(caller.scope, prefix);
            if (!stored) return std::unexpected(stored.error());
            const auto before = stored->consent;
            stored->consent = consent;
            stored->version = version;
            auto next = transaction.prefixes().update(caller.scope, *stored);
            if (!next) return std::unexpected(next.error());
            result = *next;
            return audited(
                transaction, caller, dependencies_.clock,
                {result.tenant, "prefix.consent", prefix.to_string(), std::string(model::to_string(before)),
                 std::string(model::to_string(consent)), reason});
        });
}

base::Status DirectoryService::remove_prefix(const Caller& caller, const net::Prefix& prefix) {
    if (const auto status = only(caller, {model::Role::operator_admin}); !status) return status;
    return without_result(change_tenants<TenantPrefix>(
        dependencies_, [&](Transaction& transaction, TenantPrefix& result) -> base::Result<TenantId> {
            auto stored = transaction.prefixes().find(caller.scope, prefix);
            if (!stored) return std::unexpected(stored.error());
            result = *stored;
            if (const auto status = check_in_force(transaction, result.tenant, prefix, "prefix"); !status)
                return std::unexpected(status.error());
            if (const auto status = transaction.prefixes().remove(caller.scope, prefix); !status)
                return std::unexpected(status.error());
            return audited(transaction, caller, dependencies_.clock,
                           {result.tenant, "prefix.remove", prefix.to_string(),
                            std::string(model::to_string(result.consent)), "", ""});
        }));
}

base::Result<TenantPrefix> DirectoryService::prefix(const TenantScope& scope,
                                                    const net::Prefix& prefix) const {
    return read_one<TenantPrefix>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.prefixes().find(scope, prefix);
    });
}

base::Result<std::vector<TenantPrefix>> DirectoryService::prefixes(const TenantScope& scope,
                                                                   std::optional<TenantId> tenant,
                                                                   const std::optional<net::Prefix>& after,
                                                                   std::size_t limit) const {
    return read_one<std::vector<TenantPrefix>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.prefixes().list(scope, tenant, after, std::min(limit, limits_.max_page));
    });
}

}  // namespace sluice::tenancy
