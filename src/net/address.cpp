#include "net/address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace sluice::net {

std::optional<Address> Address::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN + 1> copy{};
    if (text.empty() || text.size() >= copy.size()) return std::nullopt;
    std::copy(text.begin(), text.end(), copy.begin());
    Address address;
    if (text.find(':') == std::string_view::npos) {
        std::array<std::uint8_t, 4> wire{};
        if (inet_pton(AF_INET, copy.data(), wire.data()) != 1) return std::nullopt;
        return v4_from(wire.data());
    }
    if (inet_pton(AF_INET6, copy.data(), address.bytes_.data()) != 1) return std::nullopt;
    return address;
}

std::string Address::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(is_v4() ? AF_INET : AF_INET6, wire().data(), text.data(), text.size());
    return text.data();
}

}  // namespace sluice::net
