// Where webhooks may go: a customer writes the URL, so it must not lead into the provider's own network.
#pragma once

#include <string>

#include "base/result.hpp"
#include "net/address.hpp"

namespace sluice::api::webhooks {

// Of the public internet: no loopback, private, link-local, shared, multicast or reserved address.
[[nodiscard]] bool is_public(const net::Address& address);

// An address of the host that may be called. forbidden: all of them are private, and that is not allowed;
// unavailable: the name has none.
[[nodiscard]] base::Result<net::Address> resolve_callable(const std::string& host, bool private_networks);

}  // namespace sluice::api::webhooks
