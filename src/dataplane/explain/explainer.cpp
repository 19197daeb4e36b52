#include "dataplane/explain/explainer.hpp"

#include <fmt/format.h>

#include "dataplane/explain/path_writer.hpp"
#include "dataplane/explain/what_if.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::explain {
namespace {

using base::ErrorCode;
using base::fail;

std::optional<std::uint8_t> hex_digit(char letter) {
    if (letter >= '0' && letter <= '9') return static_cast<std::uint8_t>(letter - '0');
    const char small = static_cast<char>(letter | 0x20);
    if (small >= 'a' && small <= 'f') return static_cast<std::uint8_t>(small - 'a' + 10);
    return std::nullopt;
}

base::Result<std::vector<std::uint8_t>> read_hex(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    std::optional<std::uint8_t> high;
    for (const char letter : text) {
        if (letter == ' ') continue;
        const auto digit = hex_digit(letter);
        if (!digit)
            return fail(ErrorCode::invalid_argument, "a hexadecimal frame has digits 0 to f only", "packet");
        if (high) {
            bytes.push_back(static_cast<std::uint8_t>(*high << 4U | *digit));
            high.reset();
        } else {
            high = digit;
        }
    }
    if (high || bytes.size() < 14)
        return fail(ErrorCode::invalid_argument, "the frame is no whole Ethernet frame", "packet",
                    "write two digits a byte, from the Ethernet header on");
    return bytes;
}

// Without its tags: the network that it comes from has its own.
std::vector<std::uint8_t> untagged(std::span<const std::uint8_t> frame) {
    std::vector<std::uint8_t> out(frame.begin(), frame.end());
    for (int tags = 0; tags < packet::max_vlan_tags && out.size() >= 18; ++tags) {
        const unsigned type = static_cast<unsigned>(out[12]) << 8U | out[13];
        if (type != 0x8100 && type != 0x88a8) break;
        out.erase(out.begin() + 12, out.begin() + 16);
    }
    return out;
}

}  // namespace

base::Result<Explainer> Explainer::make(model::TenantProgram program, base::Timestamp at, Config config) {
    auto tracer = Tracer::make(program, at, config.users, config.tables);
    if (!tracer) return std::unexpected(tracer.error());
    return Explainer(std::move(program), std::move(config), std::move(*tracer));
}

base::Result<attach::NetworkIndex> Explainer::network_of(Origin from,
                                                         std::span<const std::uint8_t> frame) const {
    const auto& attachments = program_.firewall.attachments;
    if (!from) {
        const packet::Key key = packet::parse(frame);
        return key.error == packet::ParseError::none ? tracer_->network_of(key.source) : attach::internet;
    }
    if (*from == "internet") return attach::internet;
    std::string names = "internet";
    for (std::size_t i = 0; program_.firewall.enabled && i < attachments.size(); ++i) {
        if (attachments[i].name == *from) return static_cast<attach::NetworkIndex>(i + 1);
        if (i < 20) names += ", " + attachments[i].name;
    }
    return fail(ErrorCode::not_found, fmt::format("the customer has no network '{}'", *from), "from",
                "one of: " + names);
}

base::Result<Explanation> Explainer::explain_text(std::string_view text, Origin from, base::Timestamp at) {
    constexpr std::string_view hex = "hex ";
    auto frame = text.starts_with(hex) ? read_hex(text.substr(hex.size())) : packet::parse_packet_text(text);
    if (!frame) return std::unexpected(frame.error());
    return explain_frame(*frame, from, at);
}

base::Result<Explanation> Explainer::explain_frame(std::span<const std::uint8_t> frame, Origin from,
                                                   base::Timestamp at) {
    Sent packet{attach::internet, at, untagged(frame)};
    const auto network = network_of(from, packet.frame);
    if (!network) return std::unexpected(network.error());
    packet.from = *network;
    const Trace trace = tracer_->run(packet);
    Explanation out = write_path(program_, packet, trace);
    out.packet = packet::describe_packet(packet.frame);
    out.source = packet::parse(packet.frame).source;
    out.from = network_name(program_, packet.from);
    if (!forgot_)
        out.changes = what_would_help(program_, config_.users, config_.tables, earlier_, packet, trace,
                                      config_.suggestion_budget);
    if (earlier_.size() < config_.most_earlier) {
        earlier_.push_back(std::move(packet));
    } else {
        forgot_ = true;
    }
    return out;
}

}  // namespace sluice::dataplane::explain
