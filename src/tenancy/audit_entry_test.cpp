#include "tenancy/audit_entry.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::tenancy {
namespace {

AuditEntry entry() {
    return {.id = model::AuditEntryId(7),
            .at = base::Timestamp{base::Duration{1'234'567'890'123'456'789}},
            .actor = "anna",
            .tenant = model::TenantId(3),
            .address = "192.0.2.1",
            .action = "prefix.consent",
            .object = "192.0.2.0/24",
            .before = "ask",
            .after = "auto",
            .reason = "signed"};
}

// Computed from the description in audit_entry.cpp by Python's hashlib: others can verify an exported log.
TEST(AuditEntry, ItsHashIsWhatItsDescriptionSays) {
    AuditHash previous{};
    previous[0] = 1;
    EXPECT_EQ(to_hex(hash_of(entry(), previous)),
              "305940d6b6a781c3b7288a27ce9aa60d887ab491c22c47354721a073968338f5");
}

TEST(AuditEntry, EveryFieldAndTheHashBeforeCount) {
    std::set<std::string> hashes{to_hex(hash_of(entry(), {}))};
    const auto differs = [&](auto change) {
        AuditEntry other = entry();
        change(other);
        EXPECT_TRUE(hashes.insert(to_hex(hash_of(other, {}))).second);
    };
    differs([](AuditEntry& e) { e.id = model::AuditEntryId(8); });
    differs([](AuditEntry& e) { e.at += base::Duration{1}; });
    differs([](AuditEntry& e) { e.tenant = {}; });
    differs([](AuditEntry& e) { e.actor = "bert"; });
    differs([](AuditEntry& e) { e.address = ""; });
    differs([](AuditEntry& e) { e.action = ""; });
    differs([](AuditEntry& e) { e.object = ""; });
    differs([](AuditEntry& e) { e.reason = ""; });
    differs([](AuditEntry& e) { std::swap(e.before, e.after); });
    differs([](AuditEntry& e) { e.before = "as", e.after = "kauto"; });
    AuditHash other{};
    other[31] = 1;
    EXPECT_TRUE(hashes.insert(to_hex(hash_of(entry(), other))).second);
}

}  // namespace
}  // namespace sluice::tenancy
