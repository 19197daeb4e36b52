#include "policy/text_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/rate.hpp"
#include "net/address.hpp"
#include "net/prefix.hpp"
#include "policy/duration_text.hpp"
#include "policy/firewall_format.hpp"

namespace sluice::policy::detail {
namespace {

using base::ErrorCode;
using base::Status;

constexpr std::pair<std::string_view, std::uint8_t> protocols[] = {
    {"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"icmpv6", 58}, {"gre", 47}, {"esp", 50}, {"ah", 51}, {"sctp", 132},
};

std::optional<std::uint32_t> number_up_to(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    if (text.size() > 1 && text[0] == '0') return std::nullopt;
    return value;
}

template <class T>
Status status_of(const base::Result<T>& result) {
    if (!result) return std::unexpected(result.error());
    return {};
}

Status check_prefix(std::string_view text) {
    return status_of(net::Prefix::parse(text));
}

Status check_address(std::string_view text) {
    if (net::Address::parse(text)) return {};
    return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no address", text), {},
                      "write one as 192.0.2.1 or 2001:db8::1");
}

Status check_bits(std::string_view text) {
    return status_of(base::parse_rate(text, base::RateUnit::bits_per_s));
}

Status check_packets(std::string_view text) {
    return status_of(base::parse_rate(text, base::RateUnit::packets_per_s));
}

Status check_duration(std::string_view text) {
    return status_of(parse_duration(text));
}

Status check_endpoint(std::string_view text) {
    const auto refuse = [&] {
        return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no address and port", text), {},
                          "write one as 127.0.0.1:9101 or '[::1]:9101'");
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return refuse();
    const auto port = number_up_to(text.substr(colon + 1), 65535);
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = net::Address::parse(host);
    if (!port || !address || bracketed == address->is_v4()) return refuse();
    return {};
}

Status check_number_range(std::string_view text) {
    if (parse_number_range(text)) return {};
    return base::fail(ErrorCode::invalid_argument,
                      fmt::format("'{}' is no range of numbers up to 65535", text), {},
                      "write '80' or '1024-65535'");
}

Status check_service(std::string_view text) {
    if (parse_service(text)) return {};
    return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no service", text), {},
                      "write 'tcp/443', 'udp/10000-20000', 'gre' or 'esp'");
}

Status check_community(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && number_up_to(text.substr(0, colon), 65535) &&
        number_up_to(text.substr(colon + 1), 65535))
        return {};
    return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no BGP community", text), {},
                      "write one as '65535:666'");
}

Status check_url(std::string_view text) {
    std::string_view rest = text;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        rest.remove_prefix(scheme.size());
        const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
        if (host.empty() || host.find('@') != std::string_view::npos ||
            text.find_first_of(" \"<>\\^`{|}\n\t") != std::string_view::npos)
            break;
        return {};
    }
    return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no web address", text), {},
                      "write one as https://hooks.example.net/sluice, without a user name");
}

Status check_country(std::string_view text) {
    if (model::is_country_code(text)) return {};
    return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no country code", text), {},
                      "write two capital letters (ISO 3166-1): DE; ZZ is what the table has no country for");
}

Status check_reputation(std::string_view text) {
    if (model::is_reputation_tag(text)) return {};
    return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no reputation tag", text), {},
                      "write small letters, digits and hyphens, at most 32: tor-exit");
}

Status check_hex_bytes(std::string_view text) {
    const auto bytes = parse_hex_bytes(text);
    if (bytes && !bytes->empty() && bytes->size() <= model::PayloadMatch::most_bytes) return {};
    return base::fail(ErrorCode::invalid_argument, fmt::format("'{}' is no row of bytes", text), {},
                      "write 1 to 16 bytes as hexadecimal digits in quotes: \"ff 54 53\"");
}

constexpr std::pair<std::string_view, FormatCheck> formats[] = {
    {"prefix", check_prefix},
    {"address", check_address},
    {"bits-per-second", check_bits},
    {"packets-per-second", check_packets},
    {"duration", check_duration},
    {"endpoint", check_endpoint},
    {"number-range", check_number_range},
    {"service", check_service},
    {"community", check_community},
    {"url", check_url},
    {"country", check_country},
    {"reputation", check_reputation},
    {"hex-bytes", check_hex_bytes},
};

}  // namespace

std::optional<NumberRange> parse_number_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = number_up_to(text.substr(0, dash), 65535);
    const auto last = dash == std::string_view::npos ? first : number_up_to(text.substr(dash + 1), 65535);
    if (!first || !last || *first > *last) return std::nullopt;
    return NumberRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

std::optional<std::vector<std::uint8_t>> parse_hex_bytes(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == ' ' && at > 0 && at + 1 < text.size() && text[at - 1] != ' ') {
            ++at;
            continue;
        }
        std::uint8_t byte = 0;
        const char* const begin = text.data() + at;
        const char* const most = begin + std::min<std::size_t>(2, text.size() - at);
        const auto [end, error] = std::from_chars(begin, most, byte, 16);
        if (error != std::errc{} || end != begin + 2) return std::nullopt;
        bytes.push_back(byte);
        at += 2;
    }
    return bytes;
}

std::string format_hex_bytes(const std::vector<std::uint8_t>& bytes) {
    return fmt::format("{:02x}", fmt::join(bytes, " "));
}

std::optional<model::OfferedService> parse_service(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto protocol = parse_protocol(text.substr(0, slash));
    if (!protocol) return std::nullopt;
    if (slash == std::string_view::npos) {
        if (has_ports(*protocol)) return std::nullopt;
        return model::OfferedService{*protocol, 0, 65535};
    }
    const auto ports = parse_number_range(text.substr(slash + 1));
    if (!has_ports(*protocol) || !ports) return std::nullopt;
    return model::OfferedService{*protocol, ports->first, ports->last};
}

std::string format_service(const model::OfferedService& service) {
    const std::string name = protocol_text(service.protocol);
    return has_ports(service.protocol)
               ? name + "/" + format_number_range({service.port_first, service.port_last})
               : name;
}

std::string format_number_range(NumberRange range) {
    return range.first == range.last ? fmt::format("{}", range.first)
                                     : fmt::format("{}-{}", range.first, range.last);
}

std::optional<std::uint8_t> parse_protocol(std::string_view name) {
    for (const auto& [known, number] : protocols) {
        if (known == name) return number;
    }
    return std::nullopt;
}

std::string protocol_text(std::uint8_t protocol) {
    for (const auto& [known, number] : protocols) {
        if (number == protocol) return std::string(known);
    }
    return fmt::format("{}", protocol);
}

bool has_ports(std::uint8_t protocol) {
    return protocol == 6 || protocol == 17 || protocol == 132;
}

FormatCheck find_format(std::string_view name) {
    for (const auto& [known, check] : formats) {
        if (known == name) return check;
    }
    return find_firewall_format(name);
}

}  // namespace sluice::policy::detail
