#include "dataplane/firewall/user_bindings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice::dataplane::firewall {

using base::ErrorCode;

std::size_t UserBindings::place_of(model::TenantId tenant, const net::Address& address) const {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes().data(), 16);
    const std::size_t mask = entries_.size() - 1;
    std::size_t at = base::siphash24(key_, tenant.value(), words[0], words[1]) & mask;
    while (entries_[at].count != 0 && (entries_[at].address != address || entries_[at].tenant != tenant)) {
        at = (at + 1) & mask;
    }
    return at;
}

base::Result<UserBindings> UserBindings::build(std::span<const model::UserBinding> bindings,
                                               base::Timestamp now, base::Random& random) {
    if (bindings.size() > max_bindings) {
        return base::fail(
            ErrorCode::exhausted,
            fmt::format("{} bindings of addresses to users; at most {}", bindings.size(), max_bindings),
            "user bindings");
    }
    UserBindings table;
    table.key_ = base::SipKey::from(random);
    table.entries_.resize(std::bit_ceil(bindings.size() * 2 + 2));
    for (const model::UserBinding& binding : bindings) {
        if (binding.users.size() > max_users_a_binding) {
            return base::fail(
                ErrorCode::invalid_argument,
                fmt::format("{} users and groups; at most {}", binding.users.size(), max_users_a_binding),
                binding.address.to_string());
        }
        if (binding.users.empty() || binding.expires <= now) continue;
        Entry& entry = table.entries_[table.place_of(binding.tenant, binding.address)];
        table.count_ += entry.count == 0 ? 1 : 0;
        entry = {binding.address, binding.tenant, static_cast<std::uint32_t>(table.users_.size()),
                 static_cast<std::uint32_t>(binding.users.size())};
        for (const std::string& user : binding.users) table.users_.push_back(user_id(user));
        table.next_expiry_ = std::min(table.next_expiry_, binding.expires);
    }
    return table;
}

std::span<const UserId> UserBindings::find(model::TenantId tenant, const net::Address& address) const {
    if (count_ == 0) return {};
    const Entry& entry = entries_[place_of(tenant, address)];
    return {users_.data() + entry.first, entry.count};
}

}  // namespace sluice::dataplane::firewall
