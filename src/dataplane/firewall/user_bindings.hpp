// Address → users, as a flow's set-up asks for it: one table for all tenants, made anew from the full list
// when it changes or a binding expires, and swapped in like a program.
//
// Immutable after build(); any thread. The newest of two bindings of one address wins: the last in the list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/siphash.hpp"
#include "dataplane/firewall/question.hpp"
#include "model/ids.hpp"
#include "model/user_binding.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::firewall {

class UserBindings {
  public:
    static constexpr std::size_t max_bindings = 1'000'000;
    static constexpr std::size_t max_users_a_binding = 64;

    UserBindings() = default;  // nobody is known
    // Leaves out what has expired. Refuses more than the limits.
    [[nodiscard]] static base::Result<UserBindings> build(std::span<const model::UserBinding> bindings,
                                                          base::Timestamp now, base::Random& random);

    // Empty: nobody is known there.
    [[nodiscard]] std::span<const UserId> find(model::TenantId tenant, const net::Address& address) const;

    // When the next binding expires, and the table has to be built again; the end of time without any.
    [[nodiscard]] base::Timestamp next_expiry() const { return next_expiry_; }
    [[nodiscard]] std::size_t size() const { return count_; }

  private:
    struct Entry {
        net::Address address;
        model::TenantId tenant;
        std::uint32_t first = 0;
        std::uint32_t count = 0;  // 0: the place is free
    };
    [[nodiscard]] std::size_t place_of(model::TenantId tenant, const net::Address& address) const;

    base::SipKey key_;
    std::vector<Entry> entries_;  // a power of two, at most half full
    std::vector<UserId> users_;
    std::size_t count_ = 0;
    base::Timestamp next_expiry_ = base::Timestamp::max();
};

}  // namespace sluice::dataplane::firewall
