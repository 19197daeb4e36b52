#include "tenancy/audit_log.hpp"

#include "tenancy/repositories.hpp"
#include "tenancy/text_rules.hpp"

namespace sluice::tenancy {
namespace {

constexpr std::size_t most_text_bytes = 16'384;
constexpr std::size_t chain_batch = 1000;

AuditEntry entry_of(const Caller& caller, base::Timestamp now, const AuditedAction& action) {
    AuditEntry entry;
    entry.at = now;
    entry.actor = cut_text(caller.login, most_text_bytes);
    entry.tenant = action.tenant;
    entry.address = cut_text(caller.address, most_text_bytes);
    entry.action = cut_text(action.action, most_text_bytes);
    entry.object = cut_text(action.object, most_text_bytes);
    entry.before = cut_text(action.before, most_text_bytes);
    entry.after = cut_text(action.after, most_text_bytes);
    entry.reason = cut_text(action.reason, most_text_bytes);
    return entry;
}

}  // namespace

AuditLog::AuditLog(Dependencies dependencies) : dependencies_(dependencies) {}

base::Status AuditLog::append(Transaction& transaction, const Caller& caller, base::Timestamp now,
                              AuditedAction action) {
    const auto entry = transaction.audit().append(entry_of(caller, now, action));
    if (!entry) return std::unexpected(entry.error());
    return {};
}

base::Result<AuditEntry> AuditLog::record(const Caller& caller, const AuditedAction& action) {
    AuditEntry entry;
    const auto status = dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        auto stored = transaction.audit().append(entry_of(caller, dependencies_.clock.wall(), action));
        if (!stored) return std::unexpected(stored.error());
        entry = std::move(*stored);
        return {};
    });
    if (!status) return std::unexpected(status.error());
    return entry;
}

base::Result<std::vector<AuditEntry>> AuditLog::list(const model::TenantScope& scope,
                                                     std::optional<model::TenantId> tenant,
                                                     model::AuditEntryId before, std::size_t limit) const {
    std::vector<AuditEntry> entries;
    const auto status = dependencies_.store.read([&](Transaction& transaction) -> base::Status {
        auto found = transaction.audit().list(scope, tenant, before, std::min<std::size_t>(limit, 1000));
        if (!found) return std::unexpected(found.error());
        entries = std::move(*found);
        return {};
    });
    if (!status) return std::unexpected(status.error());
    return entries;
}

base::Result<AuditVerification> AuditLog::verify() const {
    AuditVerification result;
    const auto status = dependencies_.store.read([&](Transaction& transaction) -> base::Status {
        const auto head = transaction.audit().head();
        if (!head) return std::unexpected(head.error());
        model::AuditEntryId last;
        const auto broken = [&](model::AuditEntryId at) {
            result.intact = false;
            result.first_broken = at;
        };
        while (result.intact) {
            const auto batch = transaction.audit().chain(last, chain_batch);
            if (!batch) return std::unexpected(batch.error());
            for (const auto& entry : *batch) {
                const model::AuditEntryId expected(last.value() + 1);
                if (entry.id != expected || entry.hash != hash_of(entry, result.head)) {
                    broken(expected);
                    break;
                }
                ++result.entries;
                result.head = entry.hash;
                last = entry.id;
            }
            if (batch->empty()) break;
        }
        // The newest entries are gone when the head knows of more than there are.
        if (result.intact && (head->id != last || head->hash != result.head))
            broken(model::AuditEntryId(last.value() + 1));
        return {};
    });
    if (!status) return std::unexpected(status.error());
    return result;
}

}  // namespace sluice::tenancy
