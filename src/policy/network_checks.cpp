#include "policy/network_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::policy::detail {

namespace {

using model::AttachmentKind;

std::string point_of(const model::AttachmentPolicy& attachment) {
    switch (attachment.kind) {
        case AttachmentKind::prefix:
            return {};
        case AttachmentKind::port:
            return fmt::format("port {}", attachment.port);
        case AttachmentKind::vlan:
            return fmt::format("VLAN {} of port {}", attachment.vlan, attachment.port);
        case AttachmentKind::qinq:
            return fmt::format("VLAN {} in {} of port {}", attachment.inner_vlan, attachment.vlan,
                               attachment.port);
        case AttachmentKind::vxlan:
            return fmt::format("VXLAN {}", attachment.vni);
    }
    return {};
}

}  // namespace

void NetworkChecks::add(const Node& node, const model::TenantPolicy& tenant) {
    const auto own = node.at("prefixes").items();
    for (std::size_t i = 0; i < own.size(); ++i)
        prefixes_.push_back({&tenant, nullptr, tenant.prefixes[i].prefix, own[i]});
    if (!tenant.protection.firewall) return;
    const auto items = node.at("firewall").at("attachments").items();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& attachment = tenant.protection.firewall->attachments[i];
        const Use use{&tenant, &attachment, {}, items[i]};
        if (attachment.kind != AttachmentKind::prefix) {
            add_point(point_of(attachment), attachment.port, use);
            continue;
        }
        const auto places = items[i].at("prefixes").items();
        for (std::size_t k = 0; k < places.size(); ++k)
            prefixes_.push_back({&tenant, &attachment, attachment.prefixes[k], places[k]});
    }
}

void NetworkChecks::add_point(const std::string& point, const std::string& port, const Use& use) {
    const auto told = [&](const Use& other) {
        problems_.add(use.place.error(
            fmt::format("attachment '{}' of tenant '{}' is at {}, where '{}' of tenant '{}' is in line {}",
                        use.attachment->name, use.tenant->slug, point, other.attachment->name,
                        other.tenant->slug, other.place.line()),
            "two networks never share a port, tag or tunnel; choose another"));
    };
    const auto [first, fresh] = points_.emplace(point, use);
    if (!fresh) {
        told(first->second);
        return;
    }
    if (use.attachment->kind == AttachmentKind::vxlan) return;
    const bool whole = use.attachment->kind == AttachmentKind::port;
    const auto& others = whole ? tagged_ports_ : whole_ports_;
    if (const auto other = others.find(port); other != others.end()) told(other->second);
    (whole ? whole_ports_ : tagged_ports_).emplace(port, use);
}

void NetworkChecks::check_pair(const Use& first, const Use& second) {
    const auto& attachment = second.attachment != nullptr ? second : first;
    const auto& other = &attachment == &second ? first : second;
    problems_.add(attachment.place.error(
        fmt::format("the routed prefix {} of tenant '{}' overlaps {} of tenant '{}' in line {}",
                    attachment.prefix.to_string(), attachment.tenant->slug, other.prefix.to_string(),
                    other.tenant->slug, other.place.line()),
        "routed prefixes are unique in the whole network; attach it by VLAN, QinQ, VXLAN or a port of its "
        "own"));
}

void NetworkChecks::check() {
    std::stable_sort(prefixes_.begin(), prefixes_.end(),
                     [](const Use& a, const Use& b) { return a.prefix < b.prefix; });
    std::vector<const Use*> around;
    for (const auto& use : prefixes_) {
        if (problems_.full()) return;
        while (!around.empty() && !around.back()->prefix.contains(use.prefix)) around.pop_back();
        for (const auto* outer : around) {
            if (outer->tenant == use.tenant) continue;
            // Two `prefixes` that overlap are told elsewhere.
            if (outer->attachment == nullptr && use.attachment == nullptr) continue;
            check_pair(*outer, use);
            break;
        }
        around.push_back(&use);
    }
}

}  // namespace sluice::policy::detail
