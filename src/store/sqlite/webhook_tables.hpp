// Webhooks, as the incident module sees them, and as a policy file names them (within a transaction).
#pragma once

#include "incident/webhook.hpp"
#include "store/sqlite/database.hpp"
#include "tenancy/repositories.hpp"

namespace sluice::store::sqlite {

// Thread-safe.
class SqliteWebhookRepository final : public incident::WebhookRepository {
  public:
    explicit SqliteWebhookRepository(Database& database, std::size_t max_per_tenant = 32)
        : database_(database), max_per_tenant_(max_per_tenant) {}

    base::Result<incident::Webhook> create(const model::TenantScope& scope,
                                           const incident::Webhook& draft) override;
    base::Status remove(const model::TenantScope& scope, model::WebhookId id) override;
    base::Result<std::vector<incident::Webhook>> list(const model::TenantScope& scope) override;

  private:
    Database& database_;
    const std::size_t max_per_tenant_;
};

class WebhookPolicyTable final : public tenancy::WebhookTable {
  public:
    explicit WebhookPolicyTable(Connection& connection) : connection_(connection) {}

    base::Result<std::vector<model::WebhookPolicy>> of_tenant(const model::TenantScope& scope,
                                                              model::TenantId tenant) override;
    base::Status add(const model::TenantScope& scope, model::TenantId tenant,
                     const model::WebhookPolicy& webhook, const std::string& secret,
                     base::Timestamp now) override;
    base::Status change(const model::TenantScope& scope, model::TenantId tenant,
                        const model::WebhookPolicy& webhook) override;
    base::Status remove(const model::TenantScope& scope, model::TenantId tenant,
                        std::string_view url) override;

  private:
    Connection& connection_;
};

}  // namespace sluice::store::sqlite
