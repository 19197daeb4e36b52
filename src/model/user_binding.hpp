// Who is behind an address: a portal log-in, RADIUS accounting or a directory says so, and a firewall rule
// that names the user or one of his groups follows him.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

// A tenant's addresses overlap with those of others: only both together name somebody.
struct UserBindingKey {
    TenantId tenant;
    net::Prefix prefix;

    auto operator<=>(const UserBindingKey&) const = default;
};

// Of several that contain an address the longest prefix decides, alone.
struct UserBinding {
    TenantId tenant;
    net::Prefix prefix;  // one address, or a network that one user has
    std::string user;
    std::vector<std::string> groups;
    base::Timestamp since{};
    base::Timestamp expires{};  // from then on nobody is known there

    [[nodiscard]] UserBindingKey key() const { return {tenant, prefix}; }
    bool operator==(const UserBinding&) const = default;
};

// What gateways are told. Its generation has nothing to do with that of programs.
struct UserBindingUpdate {
    bool full = false;  // what is not named has ended
    std::uint64_t generation = 0;
    std::vector<UserBinding> bindings;  // new, or in the place of what was there
    std::vector<UserBindingKey> ended;  // only without `full`
};

struct UserBindingLimits {
    static constexpr std::size_t of_tenant = 20'000;
    static constexpr std::size_t of_all = 1'000'000;
    static constexpr std::size_t groups = 32;
    static constexpr std::size_t name_bytes = 128;
};

}  // namespace sluice::model
