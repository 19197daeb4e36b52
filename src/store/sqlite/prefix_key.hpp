// A prefix as a text whose order is that of addresses, IPv4 before IPv6, and a prefix before what it
// contains: family digit, address in hexadecimal, length. "4" c0000200 18 is 192.0.2.0/24.
#pragma once

#include <string>

#include "base/result.hpp"
#include "net/prefix.hpp"

namespace sluice::store::sqlite {

[[nodiscard]] std::string prefix_key(const net::Prefix& prefix);
// corrupt when it is none.
[[nodiscard]] base::Result<net::Prefix> prefix_of_key(const std::string& key);
// The key behind everything that the prefix contains.
[[nodiscard]] std::string key_behind(const net::Prefix& prefix);

}  // namespace sluice::store::sqlite
