// What every store of tenants is tested with: two tenants in it, of a kind that the test names.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "incident/webhook.hpp"
#include "mitigation/mitigation_repository.hpp"
#include "store/testdata/scratch_store.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::store::testdata {

inline net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

template <class T>
bool is(const base::Result<T>& result, base::ErrorCode code) {
    return !result.has_value() && result.error().code == code;
}

// What the contract asks of a store.
class TenancyStore {
  public:
    virtual ~TenancyStore() = default;
    virtual tenancy::UnitOfWork& tenancy() = 0;
    virtual mitigation::MitigationRepository& mitigations() = 0;
    virtual incident::WebhookRepository& webhooks() = 0;
    virtual void reopen() = 0;
};

class SqliteTenancy final : public TenancyStore {
  public:
    tenancy::UnitOfWork& tenancy() override { return store_->tenancy(); }
    mitigation::MitigationRepository& mitigations() override { return store_->mitigations(); }
    incident::WebhookRepository& webhooks() override { return store_->webhooks(); }
    void reopen() override { store_.reopen(); }

  private:
    ScratchStore store_;
};

struct TenancyKind {
    const char* name;
    std::function<std::unique_ptr<TenancyStore>()> make;
};

class TenancyContract : public testing::TestWithParam<TenancyKind> {
  protected:
    void SetUp() override {
        write([&](tenancy::Transaction& t) {
            acme_id_ = t.tenants()
                           .insert(provider_, {{}, "acme", "Acme", base::Timestamp{base::Duration{5}}, 0})
                           .value()
                           .id;
            bolt_id_ = t.tenants().insert(provider_, {{}, "bolt", "Bolt", {}, 0}).value().id;
        });
        acme_ = model::TenantScope::of(acme_id_);
        bolt_ = model::TenantScope::of(bolt_id_);
    }

    void write(const std::function<void(tenancy::Transaction&)>& work) {
        const auto status = store_->tenancy().write([&](tenancy::Transaction& t) -> base::Status {
            work(t);
            return {};
        });
        ASSERT_TRUE(status) << status.error().message();
    }
    void read(const std::function<void(tenancy::Transaction&)>& work) {
        const auto status = store_->tenancy().read([&](tenancy::Transaction& t) -> base::Status {
            work(t);
            return {};
        });
        ASSERT_TRUE(status) << status.error().message();
    }

    const std::unique_ptr<TenancyStore> store_ = GetParam().make();
    const model::TenantScope provider_ = model::TenantScope::provider();
    model::TenantId acme_id_, bolt_id_;
    model::TenantScope acme_ = model::TenantScope::of({}), bolt_ = model::TenantScope::of({});
};

// All of them.
inline auto tenancy_stores() {
    return testing::Values(TenancyKind{"sqlite", [] { return std::make_unique<SqliteTenancy>(); }});
}
inline std::string name_of(const testing::TestParamInfo<TenancyKind>& kind) {
    return kind.param.name;
}

}  // namespace sluice::store::testdata
