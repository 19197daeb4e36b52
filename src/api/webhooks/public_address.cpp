#include "api/webhooks/public_address.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "net/prefix.hpp"

namespace sluice::api::webhooks {
namespace {

// RFC 6890 and its updates: special-purpose address registries of IANA, those that are not globally
// reachable.
constexpr std::array<std::string_view, 20> special{
    "0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
    "::/127",        "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",      "2001::/23",
    "2002::/16",     "fc00::/7",     "fe80::/10",      "fec0::/10",     "ff00::/8"};

const std::vector<net::Prefix>& special_prefixes() {
    static const std::vector<net::Prefix> prefixes = [] {
        std::vector<net::Prefix> list;
        for (const auto text : special) list.push_back(*net::Prefix::parse(text));
        return list;
    }();
    return prefixes;
}

std::vector<net::Address> addresses_of(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    std::vector<net::Address> list;
    if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return list;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        if (one->ai_family == AF_INET) {
            const auto* in = reinterpret_cast<const sockaddr_in*>(one->ai_addr);
            list.push_back(net::Address::v4_from(reinterpret_cast<const std::uint8_t*>(&in->sin_addr)));
        } else if (one->ai_family == AF_INET6) {
            const auto* in = reinterpret_cast<const sockaddr_in6*>(one->ai_addr);
            list.push_back(net::Address::v6_from(reinterpret_cast<const std::uint8_t*>(&in->sin6_addr)));
        }
    }
    ::freeaddrinfo(found);
    return list;
}

}  // namespace

bool is_public(const net::Address& address) {
    return std::ranges::none_of(special_prefixes(), [&](const net::Prefix& prefix) {
        return prefix.is_v4() == address.is_v4() && prefix.contains(address);
    });
}

base::Result<net::Address> resolve_callable(const std::string& host, bool private_networks) {
    const auto addresses = addresses_of(host);
    if (addresses.empty()) {
        return base::fail(base::ErrorCode::unavailable, "the name has no address", host,
                          "check the webhook's URL");
    }
    for (const auto& address : addresses) {
        if (private_networks || is_public(address)) return address;
    }
    return base::fail(base::ErrorCode::forbidden, "the address is not of the public internet", host,
                      "use a public address, or let the provider set webhooks.private_networks");
}

}  // namespace sluice::api::webhooks
