// One line of the audit log: who changed what, when, from where and why. Entries are chained by their hashes,
// so that a changed, removed or inserted entry shows (PLT-8).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "model/ids.hpp"

namespace sluice::tenancy {

using AuditHash = std::array<std::uint8_t, 32>;  // SHA-256; zeros before the first entry

struct AuditEntry {
    model::AuditEntryId id;  // 1, 2, 3 … without gaps
    base::Timestamp at{};
    std::string actor;       // login, or "auto"
    model::TenantId tenant;  // whose object it was; none: the provider's own
    std::string address;     // from where; may be empty
    std::string action;      // "prefix.consent", stable
    std::string object;      // "192.0.2.0/24"
    std::string before;      // may be empty
    std::string after;       // may be empty
    std::string reason;      // may be empty
    AuditHash hash{};        // over this entry and the hash before it
};

// The hash that the entry must have after `previous`. Every field counts, with its length.
[[nodiscard]] AuditHash hash_of(const AuditEntry& entry, const AuditHash& previous);
[[nodiscard]] std::string to_hex(const AuditHash& hash);

struct AuditVerification {
    bool intact = true;
    std::uint64_t entries = 0;         // checked
    model::AuditEntryId first_broken;  // none when intact
    AuditHash head{};                  // of the newest entry; kept elsewhere it shows a cut-off end
};

}  // namespace sluice::tenancy
