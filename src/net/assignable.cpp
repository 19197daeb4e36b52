#include "net/assignable.hpp"

#include <fmt/format.h>

#include <string_view>

namespace sluice::net {
namespace {

struct Reserved {
    std::string_view prefix;
    std::string_view what;
};
// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
constexpr Reserved reserved[] = {
    {"0.0.0.0/8", "'this network'"}, {"127.0.0.0/8", "loopback"}, {"169.254.0.0/16", "link-local"},
    {"224.0.0.0/4", "multicast"},    {"240.0.0.0/4", "reserved"}, {"::/8", "reserved"},
    {"fe80::/10", "link-local"},     {"ff00::/8", "multicast"},
};
constexpr unsigned widest_v4 = 8;
constexpr unsigned widest_v6 = 16;

}  // namespace

base::Status check_assignable(const Prefix& prefix) {
    using base::ErrorCode;
    const unsigned widest = prefix.is_v4() ? widest_v4 : widest_v6;
    if (prefix.length() < widest)
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("{} is too wide for a customer", prefix.to_string()), "prefix",
                          fmt::format("write /{} or longer", widest));
    for (const auto& row : reserved) {
        const auto other = Prefix::parse(row.prefix);
        if (other && other->is_v4() == prefix.is_v4() && other->overlaps(prefix))
            return base::fail(ErrorCode::invalid_argument,
                              fmt::format("{} holds {} addresses", prefix.to_string(), row.what), "prefix",
                              "write a prefix of the customer");
    }
    return {};
}

}  // namespace sluice::net
