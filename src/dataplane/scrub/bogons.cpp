#include "dataplane/scrub/bogons.hpp"

#include <algorithm>
#include <string_view>

namespace sluice::dataplane::scrub {
namespace {

constexpr std::array<std::string_view, 17> defaults{
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    // IPv6: everything but 2000::/3, and in it what is not routed.
    "::/3",
    "4000::/2",
    "8000::/1",
    "2001:10::/28",
    "2001:20::/28",
    "3ffe::/16",
    "5f00::/16",
};

std::vector<net::Prefix> default_prefixes() {
    std::vector<net::Prefix> prefixes;
    for (const std::string_view text : defaults) prefixes.push_back(net::Prefix::parse(text).value());
    return prefixes;
}

}  // namespace

Bogons::Bogons() : Bogons(default_prefixes()) {}

Bogons::Bogons(std::span<const net::Prefix> prefixes) : prefixes_(prefixes.begin(), prefixes.end()) {
    for (const net::Prefix& prefix : prefixes_) {
        const bool v4 = prefix.is_v4();
        const unsigned first = prefix.address().bytes()[v4 ? 12 : 0];
        const unsigned length = prefix.length();
        auto& answers = by_first_byte_[v4 ? 1 : 0];
        if (length >= 8) {
            if (length == 8) {
                answers[first] = Answer::yes;
            } else if (answers[first] == Answer::no) {
                answers[first] = Answer::look;
            }
            continue;
        }
        for (unsigned byte = first; byte < first + (1U << (8 - length)); ++byte) answers[byte] = Answer::yes;
    }
}

bool Bogons::look(const net::Address& address) const {
    return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const net::Prefix& prefix) {
        return prefix.is_v4() == address.is_v4() && prefix.contains(address);
    });
}

}  // namespace sluice::dataplane::scrub
