#include "store/sqlite/unit_of_work.hpp"

#include "store/sqlite/audit_table.hpp"
#include "store/sqlite/directory_tables.hpp"
#include "store/sqlite/user_binding_table.hpp"
#include "store/sqlite/user_tables.hpp"
#include "store/sqlite/webhook_tables.hpp"

namespace sluice::store::sqlite {
namespace {

class SqliteTransaction final : public tenancy::Transaction {
  public:
    explicit SqliteTransaction(Connection& connection)
        : tenants_(connection),
          sites_(connection),
          prefixes_(connection),
          protections_(connection),
          users_(connection),
          credentials_(connection),
          webhooks_(connection),
          user_bindings_(connection),
          audit_(connection) {}

    tenancy::TenantRepository& tenants() override { return tenants_; }
    tenancy::SiteRepository& sites() override { return sites_; }
    tenancy::PrefixRepository& prefixes() override { return prefixes_; }
    tenancy::ProtectionRepository& protections() override { return protections_; }
    tenancy::UserRepository& users() override { return users_; }
    tenancy::CredentialRepository& credentials() override { return credentials_; }
    tenancy::WebhookTable& webhooks() override { return webhooks_; }
    tenancy::UserBindingRepository& user_bindings() override { return user_bindings_; }
    tenancy::AuditRepository& audit() override { return audit_; }

  private:
    TenantTable tenants_;
    SiteTable sites_;
    PrefixTable prefixes_;
    ProtectionTable protections_;
    UserTable users_;
    CredentialTable credentials_;
    WebhookPolicyTable webhooks_;
    UserBindingTable user_bindings_;
    AuditTable audit_;
};

}  // namespace

base::Status SqliteUnitOfWork::write(const std::function<base::Status(tenancy::Transaction&)>& work) {
    return database_.write([&](Connection& connection) {
        SqliteTransaction transaction(connection);
        return work(transaction);
    });
}

base::Status SqliteUnitOfWork::read(const std::function<base::Status(tenancy::Transaction&)>& work) {
    return database_.read([&](Connection& connection) {
        SqliteTransaction transaction(connection);
        return work(transaction);
    });
}

}  // namespace sluice::store::sqlite
