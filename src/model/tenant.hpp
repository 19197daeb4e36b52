// The customer: a tenant with sites, prefixes and users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/consent.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

struct Tenant {
    TenantId id;
    std::string slug;  // unique, [a-z0-9-], what configuration files and the command line use
    std::string name;  // for people
    base::Timestamp created_at;
    std::uint64_t version = 0;  // grows with each change; the API's ETag
};

struct Site {
    SiteId id;
    TenantId tenant;
    std::string name;
    std::uint64_t line_rate_bps = 0;  // 0: not known
    std::uint64_t version = 0;
};

// A prefix belongs to one tenant only and overlaps no other tenant's.
struct TenantPrefix {
    TenantId tenant;
    SiteId site;  // may be none
    net::Prefix prefix;
    ConsentMode consent = ConsentMode::off;
    std::uint64_t version = 0;
};

enum class Role : std::uint8_t {
    operator_admin,   // provider: everything
    operator_viewer,  // provider: sees everything, changes nothing
    tenant_admin,     // customer: his own tenant, all
    tenant_viewer,    // customer: his own tenant, sees
};

[[nodiscard]] constexpr std::string_view to_string(Role role) {
    constexpr std::string_view names[] = {"operator_admin", "operator_viewer", "tenant_admin",
                                          "tenant_viewer"};
    return names[static_cast<std::size_t>(role)];
}
[[nodiscard]] constexpr std::optional<Role> parse_role(std::string_view text) {
    for (const Role role :
         {Role::operator_admin, Role::operator_viewer, Role::tenant_admin, Role::tenant_viewer}) {
        if (text == to_string(role)) return role;
    }
    return std::nullopt;
}
[[nodiscard]] constexpr bool is_operator(Role role) {
    return role == Role::operator_admin || role == Role::operator_viewer;
}

struct User {
    UserId id;
    TenantId tenant;  // none: the provider's staff
    std::string login;
    Role role = Role::tenant_viewer;
    bool disabled = false;
    std::uint64_t version = 0;
};

}  // namespace sluice::model
