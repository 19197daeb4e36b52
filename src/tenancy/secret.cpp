#include "tenancy/secret.hpp"

#include <sodium.h>

#include <array>
#include <cstddef>

namespace sluice::tenancy {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t encoded_length = 43;  // base64url without padding
constexpr std::string_view session_prefix = "sls_";
constexpr std::string_view token_prefix = "slt_";

}  // namespace

std::string make_secret(CredentialKind kind, base::Random& random) {
    std::array<std::byte, secret_bytes> bytes{};
    random.fill(bytes);
    std::array<char, encoded_length + 1> text{};
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return std::string(kind == CredentialKind::session ? session_prefix : token_prefix) + text.data();
}

std::optional<SecretHash> hash_of_secret(std::string_view secret) {
    if (secret.size() != session_prefix.size() + encoded_length) return std::nullopt;
    if (!secret.starts_with(session_prefix) && !secret.starts_with(token_prefix)) return std::nullopt;
    SecretHash hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(secret.data()),
                       secret.size(), nullptr, 0);
    return hash;
}

}  // namespace sluice::tenancy
