// Who is behind an address: a portal log-in, RADIUS accounting or a directory says so, and a firewall rule
// that names the user or one of his groups follows him.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "net/address.hpp"

namespace sluice::model {

struct UserBinding {
    TenantId tenant;
    net::Address address;
    std::vector<std::string> users;  // the user's name and his groups'
    base::Timestamp expires{};       // from then on the address is nobody's

    bool operator==(const UserBinding&) const = default;
};

}  // namespace sluice::model
