#include "policy/firewall_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/firewall_text.hpp"
#include "policy/time_zone.hpp"

namespace sluice::policy::detail {
namespace {

using base::ErrorCode;
using base::Status;

Status refuse(std::string what, std::string hint) {
    return base::fail(ErrorCode::invalid_argument, std::move(what), {}, std::move(hint));
}

Status check_object_name(std::string_view text) {
    if (is_object_name(text)) return {};
    return refuse(fmt::format("'{}' is no name", text),
                  "begin with a letter; then up to 62 letters, digits, '.', '_' and '-'");
}

Status check_user_name(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._@+-").find(c) != std::string_view::npos;
    };
    if (!text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), allowed) &&
        text[0] != '-')
        return {};
    return refuse(fmt::format("'{}' is no name of a user or group", text),
                  "write up to 100 letters, digits and '._@+-'");
}

Status check_address_range(std::string_view text) {
    if (const auto range = parse_address_range(text); !range) return std::unexpected(range.error());
    return {};
}

Status check_address_reference(std::string_view text) {
    return is_object_name(text) ? Status{} : check_address_range(text);
}

Status check_service_match(std::string_view text) {
    if (parse_service_match(text)) return {};
    return refuse(
        fmt::format("'{}' is no protocol with ports", text),
        "write 'tcp/443', 'udp/10000-20000', 'udp/1024-65535>53' (source ports), 'icmp/8', 'esp' or 'ip/89'");
}

Status check_service_reference(std::string_view text) {
    return is_object_name(text) ? Status{} : check_service_match(text);
}

Status check_family(std::string_view text, bool v4) {
    const auto address = net::Address::parse(text);
    if (address && address->is_v4() == v4) return {};
    return refuse(fmt::format("'{}' is no {} address", text, v4 ? "IPv4" : "IPv6"),
                  v4 ? "write one as 10.1.0.1" : "write one as 2001:db8:1::1");
}
Status check_ipv4(std::string_view text) {
    return check_family(text, true);
}
Status check_ipv6(std::string_view text) {
    return check_family(text, false);
}

Status check_mac(std::string_view text) {
    if (parse_mac(text)) return {};
    return refuse(fmt::format("'{}' is no hardware address", text), "write one as 02:00:5e:10:00:01");
}

Status check_time_zone(std::string_view text) {
    if (const auto zone = TimeZone::find(text); !zone) return std::unexpected(zone.error());
    return {};
}

Status check_days(std::string_view text) {
    if (parse_days(text)) return {};
    return refuse(fmt::format("'{}' is no day of the week", text),
                  "write mon, tue, wed, thu, fri, sat or sun, or from one to another: mon-fri");
}

Status check_hours(std::string_view text) {
    if (parse_hours(text)) return {};
    return refuse(fmt::format("'{}' is no range of hours", text),
                  "write two times of 24 hours, as in 08:00-18:00");
}

constexpr std::pair<std::string_view, FormatCheck> formats[] = {
    {"object-name", check_object_name},
    {"user-name", check_user_name},
    {"address-range", check_address_range},
    {"address-reference", check_address_reference},
    {"service-match", check_service_match},
    {"service-reference", check_service_reference},
    {"ipv4-address", check_ipv4},
    {"ipv6-address", check_ipv6},
    {"mac", check_mac},
    {"time-zone", check_time_zone},
    {"days", check_days},
    {"hours", check_hours},
};

}  // namespace

FormatCheck find_firewall_format(std::string_view name) {
    for (const auto& [known, check] : formats) {
        if (known == name) return check;
    }
    return nullptr;
}

}  // namespace sluice::policy::detail
