#include "apps/controller/policy_changes.hpp"

#include "policy/policy_diff.hpp"

namespace sluice::apps::controller {
namespace {

void add_line(std::string& text, const std::string& path, const std::string& value) {
    if (!text.empty()) text += '\n';
    text += path + ": " + value;
}

}  // namespace

std::vector<tenancy::TenantChange> changes_in_words(const std::vector<model::TenantPolicy>& before,
                                                    const std::vector<model::TenantPolicy>& after) {
    std::vector<tenancy::TenantChange> changes;
    // By slug, so a tenant's lines stand together.
    for (const auto& change : policy::diff(before, after)) {
        if (changes.empty() || changes.back().slug != change.tenant_slug)
            changes.push_back({change.tenant_slug, {}, {}});
        if (change.before) add_line(changes.back().before, change.path, *change.before);
        if (change.after) add_line(changes.back().after, change.path, *change.after);
    }
    return changes;
}

}  // namespace sluice::apps::controller
