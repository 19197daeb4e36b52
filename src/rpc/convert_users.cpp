#include "rpc/convert_users.hpp"

#include "rpc/convert_basic.hpp"
#include "rpc/field_reader.hpp"

namespace sluice::rpc {
namespace {

using model::UserBindingLimits;

model::UserBinding to_binding(FieldReader& read, const link::v1::UserBinding& in) {
    model::UserBinding binding;
    binding.tenant = read.id<model::TenantId>(in.tenant(), "bindings.tenant");
    binding.prefix = read.prefix(in.prefix(), "bindings.prefix");
    binding.user = read.text(in.user(), "bindings.user", UserBindingLimits::name_bytes);
    if (binding.user.empty()) read.fail("bindings.user", "is empty");
    binding.since = read.time(in.since(), "bindings.since");
    binding.expires = read.time(in.expires_at(), "bindings.expires_at");
    if (!read.size(in.groups_size(), UserBindingLimits::groups, "bindings.groups")) return binding;
    for (const auto& group : in.groups())
        binding.groups.push_back(read.text(group, "bindings.groups", UserBindingLimits::name_bytes));
    return binding;
}

}  // namespace

void to_message(const model::UserBinding& binding, link::v1::UserBinding& out) {
    out.set_tenant(binding.tenant.value());
    to_message(binding.prefix, *out.mutable_prefix());
    out.set_user(binding.user);
    for (const auto& group : binding.groups) out.add_groups(group);
    out.set_since(to_ns(binding.since));
    out.set_expires_at(to_ns(binding.expires));
}

void to_message(const model::UserBindingKey& key, link::v1::UserBindingKey& out) {
    out.set_tenant(key.tenant.value());
    to_message(key.prefix, *out.mutable_prefix());
}

void to_message(const model::UserBindingUpdate& update, link::v1::UserBindingUpdate& out) {
    out.set_full(update.full);
    out.set_generation(update.generation);
    for (const auto& binding : update.bindings) to_message(binding, *out.add_bindings());
    for (const auto& key : update.ended) to_message(key, *out.add_ended());
}

base::Result<model::UserBindingUpdate> to_model(const link::v1::UserBindingUpdate& in) {
    FieldReader read("user bindings");
    model::UserBindingUpdate update;
    update.full = in.full();
    update.generation = in.generation();
    if (!read.size(in.bindings_size(), UserBindingLimits::of_all, "bindings") ||
        !read.size(in.ended_size(), UserBindingLimits::of_all, "ended"))
        return std::unexpected(read.error());
    update.bindings.reserve(static_cast<std::size_t>(in.bindings_size()));
    for (const auto& item : in.bindings()) {
        update.bindings.push_back(to_binding(read, item));
        if (!read.ok()) return std::unexpected(read.error());
    }
    for (const auto& item : in.ended()) {
        update.ended.push_back({read.id<model::TenantId>(item.tenant(), "ended.tenant"),
                                read.prefix(item.prefix(), "ended.prefix")});
    }
    if (update.full && !update.ended.empty()) read.fail("ended", "a full update ends by leaving out");
    if (!read.ok()) return std::unexpected(read.error());
    return update;
}

}  // namespace sluice::rpc
