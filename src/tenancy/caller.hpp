// Who asks for a change: a person by a session or a token, or a process of the platform. Made by
// AuthenticationService from credentials, or by the composition of a process.
#pragma once

#include <string>

#include "model/ids.hpp"
#include "model/tenant.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::tenancy {

struct Caller {
    model::TenantScope scope;
    model::Role role = model::Role::tenant_viewer;
    model::UserId user;   // none: a process
    std::string login;    // for the audit log; "auto" for the platform itself
    std::string address;  // from where; empty: from this host
};

// The platform acting by itself: everything is allowed, everything is still in the audit log.
[[nodiscard]] inline Caller platform_caller(std::string login = "auto") {
    return Caller{model::TenantScope::provider(), model::Role::operator_admin, {}, std::move(login), {}};
}

}  // namespace sluice::tenancy
