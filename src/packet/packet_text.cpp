// The headers that are written here are drawn in packet/parser.cpp.
#include "packet/packet_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "net/checksum.hpp"
#include "net/protocol.hpp"
#include "packet/parser.hpp"

namespace sluice::packet {
namespace {

using Bytes = std::vector<std::uint8_t>;
using base::ErrorCode;
using net::IpProtocol;

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 8> flag_names{{
    {"syn", net::tcp_flag::syn},
    {"ack", net::tcp_flag::ack},
    {"fin", net::tcp_flag::fin},
    {"rst", net::tcp_flag::rst},
    {"psh", net::tcp_flag::psh},
    {"urg", net::tcp_flag::urg},
    {"ece", net::tcp_flag::ece},
    {"cwr", net::tcp_flag::cwr},
}};

constexpr std::array<std::pair<std::string_view, IpProtocol>, 4> protocol_names{{
    {"tcp", IpProtocol::tcp},
    {"udp", IpProtocol::udp},
    {"icmp", IpProtocol::icmp},
    {"icmpv6", IpProtocol::icmpv6},
}};

constexpr std::array<std::pair<std::string_view, IpProtocol>, 3> extension_names{{
    {"hop-by-hop", IpProtocol::hop_by_hop},
    {"routing", IpProtocol::ipv6_routing},
    {"destination", IpProtocol::ipv6_destination},
}};

struct Endpoint {
    net::Address address;
    std::uint16_t port = 0;
    bool has_port = false;
};

// The packet as numbers, in the order in which the text's words fill them.
struct Wanted {
    Endpoint source;
    Endpoint destination;
    std::uint64_t protocol = 0;
    std::uint8_t flags = 0;
    std::uint64_t seq = 0, ack = 0, data_offset = 5;
    std::uint64_t type = 0, code = 0;
    std::uint64_t payload = 0, ttl = 64, id = 0, fragment = 0, options = 0, claim = 0, identifier = 0;
    bool more = false, is_fragment = false, bad_checksum = false;
    bool raw = false;  // `protocol N`: the payload is all there is behind the IP header
    std::vector<std::uint64_t> vlans;
    Bytes data;  // the payload's first bytes
    std::vector<IpProtocol> extensions;
    Bytes quoted;  // of an ICMP error: the packet that it is about, from its IP header on
};

struct NumberWord {
    std::string_view name;
    std::uint64_t Wanted::*field;
    std::uint64_t most;
};
constexpr std::array<NumberWord, 12> number_words{{
    {"seq", &Wanted::seq, 0xffffffff},
    {"ack-number", &Wanted::ack, 0xffffffff},
    {"data-offset", &Wanted::data_offset, 15},
    {"type", &Wanted::type, 255},
    {"code", &Wanted::code, 255},
    {"payload", &Wanted::payload, 65000},
    {"ttl", &Wanted::ttl, 255},
    {"id", &Wanted::id, 0xffffffff},
    {"fragment", &Wanted::fragment, 65528},
    {"options", &Wanted::options, 10},
    {"claim", &Wanted::claim, 60000},
    {"identifier", &Wanted::identifier, 65535},
}};

std::unexpected<base::Error> wrong(std::string what, std::string_view at, std::string hint = {}) {
    return base::fail(ErrorCode::invalid_argument, std::move(what), fmt::format("'{}'", at), std::move(hint));
}

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

base::Result<Endpoint> parse_endpoint(std::string_view text) {
    Endpoint out;
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find("]:");
        if (close == std::string_view::npos)
            return wrong("no port behind the brackets", text, "write [2001:db8::1]:443");
        host = text.substr(1, close - 1);
        port = text.substr(close + 2);
    } else if (text.find('.') != std::string_view::npos && text.find(':') != std::string_view::npos) {
        host = text.substr(0, text.find(':'));
        port = text.substr(text.find(':') + 1);
    }
    const auto address = net::Address::parse(host);
    if (!address) return wrong("no address", text, "write 203.0.113.9:443 or [2001:db8::1]:443");
    out.address = *address;
    if (!port.empty()) {
        const auto value = number(port, 65535);
        if (!value) return wrong("no port", text, "a port is 0 to 65535");
        out.port = static_cast<std::uint16_t>(*value);
        out.has_port = true;
    }
    return out;
}

// Words that stand alone; false when `word` is none.
bool take_plain_word(std::string_view word, Wanted& wanted) {
    for (const auto& [name, bit] : flag_names) {
        if (word == name) {
            wanted.flags |= bit;
            return true;
        }
    }
    if (word == "none") return true;
    if (word == "more") return wanted.more = wanted.is_fragment = true;
    if (word == "bad-checksum") return wanted.bad_checksum = true;
    return false;
}

bool take_data(std::string_view digits, Bytes& into) {
    if (digits.size() % 2 != 0 || digits.size() > 2 * 65000U) return false;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        std::uint8_t byte = 0;
        const char* end = digits.data() + i + 2;
        const auto result = std::from_chars(digits.data() + i, end, byte, 16);
        if (result.ec != std::errc{} || result.ptr != end) return false;
        into.push_back(byte);
    }
    return true;
}

base::Status take_words(std::span<const std::string_view> words, Wanted& wanted) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (take_plain_word(words[i], wanted)) continue;
        if (i + 1 == words.size()) return wrong("an unknown word, or one without its number", words[i]);
        const std::string_view name = words[i];
        const std::string_view value = words[++i];
        if (name == "extension") {
            bool known = false;
            for (const auto& [text, kind] : extension_names) {
                if (value == text) wanted.extensions.push_back(kind), known = true;
            }
            if (!known) return wrong("no such extension header", value, "hop-by-hop, routing, destination");
            continue;
        }
        if (name == "data") {
            if (!take_data(value, wanted.data))
                return wrong("no bytes", value, "two hexadecimal digits each");
            wanted.payload = std::max<std::uint64_t>(wanted.payload, wanted.data.size());
            continue;
        }
        if (name == "vlan") {
            const auto vlan = number(value, 4095);
            if (!vlan) return wrong("no VLAN", value, "0 to 4095");
            wanted.vlans.push_back(*vlan);
            continue;
        }
        bool known = false;
        for (const auto& word : number_words) {
            if (word.name != name) continue;
            const auto taken = number(value, word.most);
            if (!taken) return wrong(fmt::format("not a number up to {}", word.most), value);
            wanted.*word.field = *taken;
            known = true;
        }
        if (!known) return wrong("an unknown word", name);
        if (name == "fragment") wanted.is_fragment = true;
    }
    return {};
}

base::Result<Wanted> read(std::string_view text) {
    constexpr std::string_view about = " about ";
    Wanted wanted;
    if (const std::size_t at = text.find(about); at != std::string_view::npos) {
        const std::string_view rest = text.substr(at + about.size());
        if (rest.find(about) != std::string_view::npos) return wrong("an error is about no error", rest);
        const auto quoted = parse_packet_text(rest);
        if (!quoted) return std::unexpected(quoted.error());
        wanted.quoted.assign(quoted->begin() + parse(*quoted).l3_offset, quoted->end());
        text = text.substr(0, at);
    }
    auto words = split(text);
    if (words.empty()) return wrong("no packet", text, "write: tcp 198.51.100.7:4242 > 203.0.113.9:443 syn");
    std::size_t used = 1;
    bool known = false;
    for (const auto& [name, protocol] : protocol_names) {
        if (words[0] == name) wanted.protocol = static_cast<std::uint8_t>(protocol), known = true;
    }
    if (words[0] == "protocol" && words.size() > 1) {
        const auto value = number(words[1], 255);
        if (!value) return wrong("no protocol number", words[1]);
        wanted.protocol = *value;
        known = wanted.raw = true;
        used = 2;
    }
    if (!known) return wrong("no such protocol", words[0], "tcp, udp, icmp, icmpv6 or protocol N");
    if (words.size() < used + 3 || words[used + 1] != ">") {
        return wrong("no addresses", text, "write SOURCE > DESTINATION behind the protocol");
    }
    auto source = parse_endpoint(words[used]);
    if (!source) return std::unexpected(source.error());
    auto destination = parse_endpoint(words[used + 2]);
    if (!destination) return std::unexpected(destination.error());
    if (source->address.family() != destination->address.family()) {
        return wrong("source and destination are of different families", text);
    }
    const bool ports = words[0] == "tcp" || words[0] == "udp";
    if (source->has_port != ports || destination->has_port != ports) {
        return wrong(ports ? "TCP and UDP have ports" : "this protocol has no ports", text);
    }
    constexpr std::size_t longest = 65'000;
    if (!wanted.quoted.empty() && words[0] != "icmp" && words[0] != "icmpv6")
        return wrong("only ICMP is about another packet", words[0]);
    wanted.source = *source;
    wanted.destination = *destination;
    if (auto status = take_words(std::span(words).subspan(used + 3), wanted); !status) {
        return std::unexpected(status.error());
    }
    if (wanted.quoted.size() + wanted.payload > longest) return wrong("the packet would be too long", text);
    return wanted;
}

void put8(Bytes& out, std::uint64_t value) {
    out.push_back(static_cast<std::uint8_t>(value));
}
void put16(Bytes& out, std::uint64_t value) {
    put8(out, value >> 8U);
    put8(out, value);
}
void put32(Bytes& out, std::uint64_t value) {
    put16(out, value >> 16U);
    put16(out, value);
}
void set16(Bytes& out, std::size_t at, std::uint64_t value) {
    out[at] = static_cast<std::uint8_t>(value >> 8U);
    out[at + 1] = static_cast<std::uint8_t>(value);
}
void put_address(Bytes& out, const net::Address& address) {
    out.insert(out.end(), address.wire().begin(), address.wire().end());
}

// The transport header and the payload, of the first or only piece.
Bytes write_transport(const Wanted& wanted) {
    Bytes out;
    std::size_t check_at = 0;
    switch (static_cast<IpProtocol>(wanted.protocol)) {
        case IpProtocol::tcp:
            put16(out, wanted.source.port);
            put16(out, wanted.destination.port);
            put32(out, wanted.seq);
            put32(out, wanted.ack);
            put8(out, wanted.data_offset << 4U);
            put8(out, wanted.flags);
            put16(out, 64240);
            put32(out, 0);
            check_at = 16;
            break;
        case IpProtocol::udp:
            put16(out, wanted.source.port);
            put16(out, wanted.destination.port);
            put16(out, 8 + wanted.payload + wanted.claim);
            put16(out, 0);
            check_at = 6;
            break;
        case IpProtocol::icmp:
        case IpProtocol::icmpv6:
            put8(out, wanted.type);
            put8(out, wanted.code);
            put16(out, 0);
            put16(out, wanted.identifier);
            put16(out, 0);
            check_at = 2;
            break;
        default:
            break;
    }
    out.insert(out.end(), wanted.quoted.begin(), wanted.quoted.end());
    out.insert(out.end(), wanted.data.begin(), wanted.data.end());
    out.resize(out.size() + wanted.payload - wanted.data.size(), 0x5a);
    if (check_at != 0) {
        const bool plain = wanted.protocol == static_cast<std::uint8_t>(IpProtocol::icmp);
        const std::uint64_t sum =
            plain ? 0
                  : net::pseudo_header_sum(wanted.source.address, wanted.destination.address,
                                           static_cast<std::uint8_t>(wanted.protocol),
                                           static_cast<std::uint32_t>(out.size()));
        set16(out, check_at, net::checksum_finish(net::checksum_add(sum, out)));
    }
    return out;
}

void write_ipv4(const Wanted& wanted, const Bytes& transport, Bytes& out) {
    const std::size_t start = out.size();
    const std::uint64_t header = 20 + wanted.options * 4;
    const bool udp = wanted.protocol == static_cast<std::uint8_t>(IpProtocol::udp);
    put8(out, 0x40 | header / 4);
    put8(out, 0);
    put16(out, header + transport.size() + (udp ? 0 : wanted.claim));
    put16(out, wanted.id);
    put16(out, (wanted.more ? 0x2000U : 0U) | wanted.fragment / 8);
    put8(out, wanted.ttl);
    put8(out, wanted.protocol);
    put16(out, 0);
    put_address(out, wanted.source.address);
    put_address(out, wanted.destination.address);
    out.resize(out.size() + wanted.options * 4, 1);  // no-operation options
    const std::uint16_t check = net::checksum(std::span(out).subspan(start));
    set16(out, start + 10, wanted.bad_checksum ? check ^ 0x5555U : check);
    out.insert(out.end(), transport.begin(), transport.end());
}

void write_ipv6(const Wanted& wanted, const Bytes& transport, Bytes& out) {
    Bytes extensions;
    auto next = static_cast<std::uint64_t>(wanted.protocol);
    // Built from the last one to the first, as each names the one behind it.
    if (wanted.is_fragment) {
        Bytes header;
        put8(header, next);
        put8(header, 0);
        put16(header, (wanted.fragment & 0xfff8U) | (wanted.more ? 1U : 0U));
        put32(header, wanted.id);
        extensions.insert(extensions.begin(), header.begin(), header.end());
        next = static_cast<std::uint8_t>(IpProtocol::ipv6_fragment);
    }
    for (auto kind = wanted.extensions.rbegin(); kind != wanted.extensions.rend(); ++kind) {
        const Bytes header{static_cast<std::uint8_t>(next), 0, 1, 4, 0, 0, 0, 0};
        extensions.insert(extensions.begin(), header.begin(), header.end());
        next = static_cast<std::uint8_t>(*kind);
    }
    const bool udp = wanted.protocol == static_cast<std::uint8_t>(IpProtocol::udp);
    put32(out, 0x60000000);
    put16(out, extensions.size() + transport.size() + (udp ? 0 : wanted.claim));
    put8(out, next);
    put8(out, wanted.ttl);
    put_address(out, wanted.source.address);
    put_address(out, wanted.destination.address);
    out.insert(out.end(), extensions.begin(), extensions.end());
    out.insert(out.end(), transport.begin(), transport.end());
}

std::uint32_t get32(std::span<const std::uint8_t> frame, std::size_t at) {
    return static_cast<std::uint32_t>(frame[at]) << 24U | static_cast<std::uint32_t>(frame[at + 1]) << 16U |
           static_cast<std::uint32_t>(frame[at + 2]) << 8U | frame[at + 3];
}

std::string endpoint(const net::Address& address, bool port, std::uint16_t number) {
    if (!port) return address.to_string();
    return address.is_v4() ? fmt::format("{}:{}", address.to_string(), number)
                           : fmt::format("[{}]:{}", address.to_string(), number);
}

void say(std::string& text, std::string_view name, std::uint64_t value, std::uint64_t usual = 0) {
    if (value != usual) text += fmt::format(" {} {}", name, value);
}

bool is_echo(const Key& key) {
    const bool ipv6 = key.has(key_ipv6);
    return key.source_port == (ipv6 ? 128 : 8) || key.source_port == (ipv6 ? 129 : 0);
}

// The packet that an ICMP error is about, as an Ethernet frame; empty where there is no whole one.
Bytes quoted_packet(std::span<const std::uint8_t> frame, const Key& key) {
    const bool ipv6 = key.has(key_ipv6);
    const bool icmp = key.protocol == static_cast<std::uint8_t>(ipv6 ? IpProtocol::icmpv6 : IpProtocol::icmp);
    const bool error = ipv6 ? key.source_port >= 1 && key.source_port <= 4
                            : key.source_port == 3 || key.source_port == 11 || key.source_port == 12;
    if (!icmp || !error || !key.has(key_transport) || key.l4_length() <= 8) return {};
    Bytes out(12);
    put16(out, ipv6 ? net::ether_type::ipv6 : net::ether_type::ipv4);
    const auto inner = frame.subspan(key.l4_offset + 8U, key.l4_length() - 8U);
    out.insert(out.end(), inner.begin(), inner.end());
    return parse(out).error == ParseError::none ? out : Bytes{};
}

std::string describe_transport(std::span<const std::uint8_t> frame, const Key& key) {
    std::string text;
    const std::size_t at = key.l4_offset;
    std::uint32_t header = 8;
    if (key.protocol == static_cast<std::uint8_t>(IpProtocol::tcp)) {
        for (const auto& [name, bit] : flag_names) {
            if ((key.tcp_flags & bit) != 0) text += fmt::format(" {}", name);
        }
        if (key.tcp_flags == 0) text += " none";
        say(text, "seq", get32(frame, at + 4));
        say(text, "ack-number", get32(frame, at + 8));
        say(text, "data-offset", frame[at + 12] >> 4U, 5);
        header = 20;
    } else if (key.protocol != static_cast<std::uint8_t>(IpProtocol::udp)) {
        say(text, "type", key.source_port);
        say(text, "code", key.destination_port);
        if (is_echo(key)) say(text, "identifier", get32(frame, at + 4) >> 16U);
        if (!quoted_packet(frame, key).empty()) return text;
    }
    say(text, "payload", key.l4_length() - std::min(key.l4_length(), header));
    return text;
}

constexpr std::array<std::string_view, static_cast<std::size_t>(ParseError::count_)> error_texts{
    "", "truncated", "not IP", "bad IP version", "bad IP header", "bad IP checksum", "bad length"};

}  // namespace

base::Result<std::vector<std::uint8_t>> parse_packet_text(std::string_view text) {
    const auto wanted = read(text);
    if (!wanted) return std::unexpected(wanted.error());
    Bytes transport;
    if (wanted->fragment != 0 || wanted->raw) {
        transport = wanted->data;
        transport.resize(wanted->payload, 0x5a);
    } else {
        transport = write_transport(*wanted);
    }
    Bytes out{0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01};
    for (const std::uint64_t vlan : wanted->vlans) {
        put16(out, net::ether_type::vlan);
        put16(out, vlan);
    }
    if (wanted->source.address.is_v4()) {
        put16(out, net::ether_type::ipv4);
        write_ipv4(*wanted, transport, out);
    } else {
        put16(out, net::ether_type::ipv6);
        write_ipv6(*wanted, transport, out);
    }
    return out;
}

namespace {

// What a quoted packet quotes is not described: packets may be nested deeply.
std::string describe(std::span<const std::uint8_t> frame, bool is_quoted) {
    const Key key = parse(frame);
    if (key.error != ParseError::none) return std::string(error_texts[static_cast<std::size_t>(key.error)]);
    std::string text;
    for (const auto& [name, protocol] : protocol_names) {
        if (key.protocol == static_cast<std::uint8_t>(protocol)) text = name;
    }
    if (text.empty()) text = fmt::format("protocol {}", key.protocol);
    const bool transport = key.has(key_transport);
    const bool ports = transport && (key.protocol == static_cast<std::uint8_t>(IpProtocol::tcp) ||
                                     key.protocol == static_cast<std::uint8_t>(IpProtocol::udp));
    text += fmt::format(" {} > {}", endpoint(key.source, ports, key.source_port),
                        endpoint(key.destination, ports, key.destination_port));
    if (transport) {
        text += describe_transport(frame, key);
    } else {
        say(text, "payload", key.l4_length());
    }
    say(text, "ttl", key.hop_limit, 64);
    if (key.has(key_later_fragment)) say(text, "fragment", key.fragment_offset);
    if (key.has(key_more_fragments)) text += " more";
    say(text, "id", key.fragment_id);
    for (std::size_t at = 14; at + 4 <= key.l3_offset; at += 4) {
        text += fmt::format(" vlan {}", (frame[at] & 0x0fU) << 8U | frame[at + 1]);
    }
    if (const Bytes quoted = quoted_packet(frame, key); !quoted.empty() && !is_quoted)
        text += " about " + describe(quoted, true);
    return text;
}

}  // namespace

std::string describe_packet(std::span<const std::uint8_t> frame) {
    return describe(frame, false);
}

}  // namespace sluice::packet
