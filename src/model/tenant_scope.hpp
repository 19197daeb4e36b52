// Whose data a call may touch. There is no call on customer data without one, and none is made by default: it
// comes from the caller's credentials (api) or from the composition of a process (apps).
#pragma once

#include "model/ids.hpp"

namespace sluice::model {

class TenantScope {
  public:
    // The provider's staff and the processes themselves: every tenant.
    [[nodiscard]] static TenantScope provider() { return TenantScope(true, TenantId{}); }
    // One customer: this tenant only.
    [[nodiscard]] static TenantScope of(TenantId tenant) { return TenantScope(false, tenant); }

    [[nodiscard]] bool is_provider() const { return provider_; }
    [[nodiscard]] bool allows(TenantId tenant) const {
        return provider_ || (tenant_ == tenant && !tenant.is_none());
    }
    // None for the provider.
    [[nodiscard]] TenantId tenant() const { return tenant_; }

  private:
    TenantScope(bool provider, TenantId tenant) : provider_(provider), tenant_(tenant) {}

    bool provider_;
    TenantId tenant_;
};

}  // namespace sluice::model
