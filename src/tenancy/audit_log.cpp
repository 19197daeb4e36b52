#include "tenancy/audit_log.hpp"

#include "tenancy/repositories.hpp"
#include "tenancy/service_steps.hpp"
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

AuditVerification broken(AuditVerification result, model::AuditEntryId at) {
    result.intact = false;
    result.first_broken = at;
    return result;
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

base::Status AuditLog::record_all(const Caller& caller, std::span<const AuditedAction> actions) {
    const auto now = dependencies_.clock.wall();
    return dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        for (const auto& action : actions) {
            if (auto status = append(transaction, caller, now, action); !status) return status;
        }
        return {};
    });
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

// Entries are never changed, so the chain is read in steps: a long log keeps nobody else from reading.
base::Result<AuditVerification> AuditLog::verify() const {
    const auto head = read_one<AuditEntry>(
        dependencies_.store, [](Transaction& transaction) { return transaction.audit().head(); });
    if (!head) return std::unexpected(head.error());
    AuditVerification result;
    model::AuditEntryId last;
    while (last < head->id) {
        const auto batch = read_one<std::vector<AuditEntry>>(
            dependencies_.store,
            [&](Transaction& transaction) { return transaction.audit().chain(last, chain_batch); });
        if (!batch) return std::unexpected(batch.error());
        for (const auto& entry : *batch) {
            if (last >= head->id) break;
            const model::AuditEntryId expected(last.value() + 1);
            if (entry.id != expected || entry.hash != hash_of(entry, result.head))
                return broken(result, expected);
            ++result.entries;
            result.head = entry.hash;
            last = entry.id;
        }
        // The newest entries are gone: the head knows of more than there are.
        if (batch->empty()) return broken(result, model::AuditEntryId(last.value() + 1));
    }
    if (head->hash != result.head) return broken(result, head->id);
    return result;
}

}  // namespace sluice::tenancy
