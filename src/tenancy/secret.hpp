// The secrets of sessions and API tokens: 256 random bits as text, kept as their hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "tenancy/repositories.hpp"

namespace sluice::tenancy {

// "sls_" (session) or "slt_" (token) and 43 letters, so that scanners for leaked secrets know them.
[[nodiscard]] std::string make_secret(CredentialKind kind, base::Random& random);
// BLAKE2b-256; a secret has enough entropy to need no salt. Empty when the text cannot be a secret of ours.
[[nodiscard]] std::optional<SecretHash> hash_of_secret(std::string_view secret);

}  // namespace sluice::tenancy
