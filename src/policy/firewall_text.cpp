#include "policy/firewall_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "policy/text_format.hpp"

namespace sluice::policy::detail {
namespace {

using model::AddressRange;
using model::PortRange;
using model::ServiceMatch;
using net::Address;
using net::Prefix;

constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t icmpv6 = 58;

// Gateways read the ports of TCP and UDP only; SCTP is matched as a whole.
bool gateway_reads_ports(std::uint8_t protocol) {
    return protocol == 6 || protocol == 17;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    if (text.size() > 1 && text[0] == '0') return std::nullopt;
    return value;
}

// The last address of a prefix.
Address last_of(const Prefix& prefix) {
    auto bytes = prefix.address().bytes();
    for (unsigned bit = prefix.bits(); bit < 128; ++bit)
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (0x80U >> (bit % 8)));
    return Address::v6_from(bytes.data());
}

// Only for an address below the family's last one.
Address next_of(const Address& address) {
    auto bytes = address.bytes();
    for (unsigned i = 16; i-- > 0;) {
        if (++bytes[i] != 0) break;
    }
    return Address::v6_from(bytes.data());
}

base::Result<AddressRange> refuse_range(std::string_view text) {
    return base::fail(base::ErrorCode::invalid_argument, fmt::format("'{}' is no range of addresses", text),
                      {}, "write the first and the last address of one family, as in 10.1.0.10-10.1.0.20");
}

// IPv4 lives in ::ffff:0:0/96 (net/address.hpp): an IPv6 range around it would match IPv4, too.
base::Result<AddressRange> refuse_mapped(std::string_view text) {
    return base::fail(base::ErrorCode::invalid_argument,
                      fmt::format("'{}' holds more than the IPv6 internet", text), {},
                      "write ::/0 for all IPv6, or 'any' for both families");
}

std::string ports_text(const PortRange& range) {
    return format_number_range({range.first, range.last});
}

bool all_ports(const PortRange& range) {
    return range == PortRange{};
}

std::optional<PortRange> parse_ports(std::string_view text) {
    const auto range = parse_number_range(text);
    if (!range) return std::nullopt;
    return PortRange{range->first, range->last};
}

std::optional<ServiceMatch> parse_icmp(std::uint8_t protocol, std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto type = number(text.substr(0, slash), 255);
    if (!type) return std::nullopt;
    ServiceMatch match;
    match.protocol = protocol;
    match.icmp_type = static_cast<std::uint16_t>(*type);
    if (slash == std::string_view::npos) return match;
    const auto code = number(text.substr(slash + 1), 255);
    if (!code) return std::nullopt;
    match.icmp_code = static_cast<std::uint16_t>(*code);
    return match;
}

// "443", "1000-2000" or "1024-65535>53".
std::optional<ServiceMatch> parse_port_match(std::uint8_t protocol, std::string_view text) {
    ServiceMatch match;
    match.protocol = protocol;
    if (const std::size_t arrow = text.find('>'); arrow != std::string_view::npos) {
        const auto source = parse_ports(text.substr(0, arrow));
        if (!source) return std::nullopt;
        match.source_port = *source;
        text.remove_prefix(arrow + 1);
    }
    const auto destination = parse_ports(text);
    if (!destination) return std::nullopt;
    match.destination_port = *destination;
    return match;
}

}  // namespace

bool is_object_name(std::string_view text) {
    if (text.empty() || text.size() > 63 || !is_letter(text[0])) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
    });
}

AddressRange range_of(const Prefix& prefix) {
    return {prefix.address(), last_of(prefix)};
}

base::Result<AddressRange> parse_address_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        const auto prefix = Prefix::parse(text);
        if (!prefix) return std::unexpected(prefix.error());
        return range_of(*prefix);
    }
    const auto first = Address::parse(text.substr(0, dash));
    const auto last = Address::parse(text.substr(dash + 1));
    if (!first || !last || first->is_v4() != last->is_v4() || *last < *first) return refuse_range(text);
    if (!first->is_v4() && *first < Address::v4(0) && Address::v4(0) < *last) return refuse_mapped(text);
    return AddressRange{*first, *last};
}

std::string format_prefix(const Prefix& prefix) {
    return prefix.is_host() ? prefix.address().to_string() : prefix.to_string();
}

std::string format_address_range(const AddressRange& range) {
    std::vector<Prefix> prefixes;
    add_prefixes(range, prefixes);
    if (prefixes.size() == 1) return format_prefix(prefixes[0]);
    return range.first.to_string() + "-" + range.last.to_string();
}

void add_prefixes(const AddressRange& range, std::vector<Prefix>& out) {
    const unsigned widest = range.first.is_v4() ? 96 : 0;
    Address at = range.first;
    for (;;) {
        // The widest prefix that begins here and does not reach beyond the end.
        unsigned bits = 128;
        Prefix best = Prefix::host(at);
        while (bits > widest) {
            const Prefix wider = Prefix::of(at, bits - 1 - widest);
            if (wider.address() != at || range.last < last_of(wider)) break;
            best = wider;
            --bits;
        }
        out.push_back(best);
        const Address last = last_of(best);
        if (!(last < range.last)) return;
        at = next_of(last);
    }
}

std::optional<ServiceMatch> parse_service_match(std::string_view text) {
    if (text == "any") return ServiceMatch{};
    const std::size_t slash = text.find('/');
    const std::string_view name = text.substr(0, slash);
    const std::string_view rest =
        slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
    if (name == "ip") {
        const auto protocol = number(rest, 255);
        if (!protocol || *protocol == 0) return std::nullopt;
        ServiceMatch match;
        match.protocol = static_cast<std::uint8_t>(*protocol);
        return match;
    }
    const auto protocol = parse_protocol(name);
    if (!protocol) return std::nullopt;
    if (slash == std::string_view::npos) {
        ServiceMatch match;
        match.protocol = *protocol;
        return match;
    }
    if (*protocol == icmp || *protocol == icmpv6) return parse_icmp(*protocol, rest);
    if (!gateway_reads_ports(*protocol)) return std::nullopt;
    return parse_port_match(*protocol, rest);
}

std::string format_service_match(const ServiceMatch& match) {
    if (match == ServiceMatch{}) return "any";
    std::string text = protocol_text(match.protocol);
    if (!parse_protocol(text)) return "ip/" + text;
    if (match.icmp_type != ServiceMatch::any_icmp) {
        text += fmt::format("/{}", match.icmp_type);
        if (match.icmp_code != ServiceMatch::any_icmp) text += fmt::format("/{}", match.icmp_code);
        return text;
    }
    if (!gateway_reads_ports(match.protocol)) return text;
    if (!all_ports(match.source_port))
        return text + "/" + ports_text(match.source_port) + ">" + ports_text(match.destination_port);
    return all_ports(match.destination_port) ? text : text + "/" + ports_text(match.destination_port);
}

namespace {

// "08:00"; "24:00" only as an end.
std::optional<std::uint16_t> parse_minute(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    for (const std::size_t i : {0U, 1U, 3U, 4U}) {
        if (!is_digit(text[i])) return std::nullopt;
    }
    const int hour = (text[0] - '0') * 10 + (text[1] - '0');
    const int minute = (text[3] - '0') * 10 + (text[4] - '0');
    if (minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
    return static_cast<std::uint16_t>(hour * 60 + minute);
}

}  // namespace

std::optional<model::DayHours> parse_hours(std::string_view text) {
    if (text.size() != 11 || text[5] != '-') return std::nullopt;
    const auto first = parse_minute(text.substr(0, 5));
    const auto end = parse_minute(text.substr(6));
    if (!first || !end || *first == 24 * 60 || *first == *end) return std::nullopt;
    return model::DayHours{*first, *end};
}

std::string format_hours(const model::DayHours& hours) {
    return fmt::format("{:02}:{:02}-{:02}:{:02}", hours.first_minute / 60, hours.first_minute % 60,
                       hours.end_minute / 60, hours.end_minute % 60);
}

std::optional<std::uint8_t> parse_days(std::string_view text) {
    const auto day = [](std::string_view name) {
        return static_cast<unsigned>(std::find(day_names.begin(), day_names.end(), name) - day_names.begin());
    };
    const std::size_t dash = text.find('-');
    const unsigned first = day(text.substr(0, dash));
    const unsigned last = dash == std::string_view::npos ? first : day(text.substr(dash + 1));
    if (first >= day_names.size() || last >= day_names.size()) return std::nullopt;
    std::uint8_t days = 0;
    for (unsigned at = first;; at = (at + 1) % 7) {
        days |= static_cast<std::uint8_t>(1U << at);
        if (at == last) return days;
    }
}

std::vector<std::string> names_of_days(std::uint8_t days) {
    std::vector<std::string> names;
    for (unsigned day = 0; day < day_names.size(); ++day) {
        if ((days >> day & 1U) != 0) names.emplace_back(day_names[day]);
    }
    return names;
}

std::optional<std::array<std::uint8_t, 6>> parse_mac(std::string_view text) {
    if (text.size() != 17) return std::nullopt;
    std::array<std::uint8_t, 6> mac{};
    for (std::size_t i = 0; i < 6; ++i) {
        const std::string_view part = text.substr(i * 3, 2);
        const auto [end, error] = std::from_chars(part.data(), part.data() + 2, mac[i], 16);
        if (error != std::errc{} || end != part.data() + 2 || (i < 5 && text[i * 3 + 2] != ':'))
            return std::nullopt;
    }
    return mac;
}

std::string format_mac(const std::array<std::uint8_t, 6>& mac) {
    return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3], mac[4],
                       mac[5]);
}

}  // namespace sluice::policy::detail
