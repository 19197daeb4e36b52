#include "api/firewall/asking_objects.hpp"

namespace sluice::api::firewall {

AskingObjects::AskingObjects(const model::FirewallPolicy& policy) : policy_(policy) {
    for (std::size_t i = 0; i < policy.addresses.size(); ++i) {
        if (policy.addresses[i].is.any()) held_[policy.addresses[i].name].insert(i);
    }
    if (held_.empty()) return;
    // A group may hold one that stands behind it; none holds itself.
    for (bool grown = true; grown;) {
        grown = false;
        for (const auto& group : policy.address_groups) {
            for (const auto& member : group.members) {
                const auto held = held_.find(member);
                if (held == held_.end()) continue;
                auto& own = held_[group.name];
                const std::size_t before = own.size();
                own.insert(held->second.begin(), held->second.end());
                grown = grown || own.size() != before;
            }
        }
    }
}

std::vector<const model::AddressObject*> AskingObjects::of(const model::RulePolicy& rule) const {
    std::set<std::size_t> named;
    for (const auto* names : {&rule.source, &rule.destination}) {
        for (const auto& name : *names) {
            if (const auto held = held_.find(name); held != held_.end())
                named.insert(held->second.begin(), held->second.end());
        }
    }
    std::vector<const model::AddressObject*> out;
    for (const std::size_t index : named) out.push_back(&policy_.addresses[index]);
    return out;
}

}  // namespace sluice::api::firewall
