// Mitigations in memory, for tests and for replays that leave nothing behind.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "mitigation/mitigation_repository.hpp"

namespace sluice::mitigation {

class MemoryMitigationRepository : public MitigationRepository {
  public:
    base::Result<model::Mitigation> create(const model::TenantScope& scope,
                                           const model::Mitigation& draft) override {
        const std::lock_guard lock(mutex_);
        if (!scope.allows(draft.tenant)) return not_found();
        for (const auto& [id, other] : stored_) {
            if (other.state != model::MitigationState::withdrawn && other.incident == draft.incident &&
                other.kind == draft.kind && key(other) == key(draft)) {
                return base::fail(base::ErrorCode::conflict, "is live already", id.to_string());
            }
        }
        model::Mitigation stored = draft;
        stored.id = model::MitigationId(++last_id_);
        stored.version = 1;
        stored_[stored.id] = stored;
        return stored;
    }
    base::Result<std::vector<model::Mitigation>> create_all(
        const model::TenantScope& scope, std::span<const model::Mitigation> drafts) override {
        std::vector<model::Mitigation> stored;
        for (const auto& draft : drafts) {
            auto one = create(scope, draft);
            if (!one) {
                const std::lock_guard lock(mutex_);
                for (const auto& undone : stored) stored_.erase(undone.id);
                return std::unexpected(one.error());
            }
            stored.push_back(std::move(*one));
        }
        return stored;
    }
    base::Result<model::Mitigation> update(const model::TenantScope& scope,
                                           const model::Mitigation& mitigation) override {
        const std::lock_guard lock(mutex_);
        const auto it = stored_.find(mitigation.id);
        if (it == stored_.end() || !scope.allows(it->second.tenant)) return not_found();
        if (it->second.version != mitigation.version) {
            return base::fail(base::ErrorCode::conflict, "has changed meanwhile", mitigation.id.to_string());
        }
        it->second = mitigation;
        ++it->second.version;
        return it->second;
    }
    base::Result<model::Mitigation> find(const model::TenantScope& scope, model::MitigationId id) override {
        const std::lock_guard lock(mutex_);
        const auto it = stored_.find(id);
        if (it == stored_.end() || !scope.allows(it->second.tenant)) return not_found();
        return it->second;
    }
    base::Result<std::vector<model::Mitigation>> list(const model::TenantScope& scope,
                                                      const MitigationQuery& query) override {
        const std::lock_guard lock(mutex_);
        std::vector<model::Mitigation> found;
        for (auto it = stored_.rbegin(); it != stored_.rend() && found.size() < query.limit; ++it) {
            const auto& m = it->second;
            if (!scope.allows(m.tenant) || (query.tenant && m.tenant != *query.tenant) ||
                (query.incident && m.incident != *query.incident) ||
                (query.live_only && m.state == model::MitigationState::withdrawn) ||
                (!query.before.is_none() && m.id >= query.before)) {
                continue;
            }
            found.push_back(m);
        }
        return found;
    }

  private:
    static std::unexpected<base::Error> not_found() {
        return base::fail(base::ErrorCode::not_found, "there is no such mitigation");
    }
    static std::string key(const model::Mitigation& m) {
        model::Route route;
        route.kind = m.kind;
        route.prefix = m.target;
        route.rule = m.rule;
        return route.key();
    }

    std::mutex mutex_;
    std::map<model::MitigationId, model::Mitigation> stored_;
    std::uint64_t last_id_ = 0;
};

}  // namespace sluice::mitigation
