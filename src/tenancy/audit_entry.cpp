#include "tenancy/audit_entry.hpp"

#include <sodium.h>

#include <string_view>

namespace sluice::tenancy {

// SHA-256 over: the hash before; id, time (ns) and tenant as 8 bytes, big-endian; then each text as its
// length (8 bytes) and its bytes. Lengths keep texts from running into each other.
AuditHash hash_of(const AuditEntry& entry, const AuditHash& previous) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    const auto number = [&](std::uint64_t value) {
        const std::uint64_t wire = __builtin_bswap64(value);
        std::array<std::uint8_t, 8> bytes{};
        __builtin_memcpy(bytes.data(), &wire, bytes.size());
        crypto_hash_sha256_update(&state, bytes.data(), bytes.size());
    };
    const auto text = [&](std::string_view value) {
        number(value.size());
        crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(value.data()), value.size());
    };
    crypto_hash_sha256_update(&state, previous.data(), previous.size());
    number(entry.id.value());
    number(static_cast<std::uint64_t>(entry.at.time_since_epoch().count()));
    number(entry.tenant.value());
    for (const auto* field : {&entry.actor, &entry.address, &entry.action, &entry.object, &entry.before,
                              &entry.after, &entry.reason})
        text(*field);
    AuditHash hash{};
    crypto_hash_sha256_final(&state, hash.data());
    return hash;
}

std::string to_hex(const AuditHash& hash) {
    std::string text(2 * hash.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    text.pop_back();
    return text;
}

}  // namespace sluice::tenancy
