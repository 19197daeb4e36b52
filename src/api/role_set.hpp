// Which roles may call an operation.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "model/tenant.hpp"

namespace sluice::api {

// Empty: it needs no login.
class RoleSet {
  public:
    constexpr RoleSet() = default;
    constexpr RoleSet(std::initializer_list<model::Role> roles) {
        for (const auto role : roles) bits_ = static_cast<std::uint8_t>(bits_ | bit(role));
    }
    [[nodiscard]] constexpr bool contains(model::Role role) const { return (bits_ & bit(role)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

  private:
    static constexpr std::uint8_t bit(model::Role role) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(role));
    }
    std::uint8_t bits_ = 0;
};

inline constexpr RoleSet everyone{model::Role::operator_admin, model::Role::operator_viewer,
                                  model::Role::tenant_admin, model::Role::tenant_viewer};
inline constexpr RoleSet operators{model::Role::operator_admin, model::Role::operator_viewer};
inline constexpr RoleSet operator_admins{model::Role::operator_admin};
inline constexpr RoleSet changers{model::Role::operator_admin, model::Role::tenant_admin};
inline constexpr RoleSet all_but_tenant_viewers{model::Role::operator_admin, model::Role::operator_viewer,
                                                model::Role::tenant_admin};

}  // namespace sluice::api
