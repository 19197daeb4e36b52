#include "dataplane/flow_log.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/time_text.hpp"

namespace sluice::dataplane {
namespace {

constexpr std::array<std::string_view, 4> kinds{"flow-opened", "flow-closed", "dropped", "rejected"};
constexpr std::array<std::string_view, static_cast<std::size_t>(flow::FlowEnd::count_)> ends{
    "expired", "evicted", "policy-changed"};

// A rule's name is the customer's text.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace

std::string to_json(const FlowLine& line) {
    const FlowEvent& event = line.event;
    std::string out = fmt::format(R"({{"time":"{}","event":"{}","tenant":{},"rule":{},"protocol":{})",
                                  base::to_rfc3339(line.at), kinds[static_cast<std::size_t>(event.kind)],
                                  line.tenant.is_none() ? "null" : quoted(line.tenant.to_string()),
                                  line.rule.empty() ? "null" : quoted(line.rule), event.tuple.protocol());
    const auto end = [&](std::string_view prefix, std::string_view name, const net::Address& address,
                         std::uint16_t port) {
        out += fmt::format(R"(,"{}{}":"{}","{}{}_port":{})", prefix, name, address.to_string(), prefix, name,
                           port);
    };
    const flow::Tuple& before = event.tuple;
    const flow::Tuple& after = event.translated;
    end("", "source", before.source, before.source_port);
    end("", "destination", before.destination, before.destination_port);
    if (after.source != before.source || after.source_port != before.source_port)
        end("translated_", "source", after.source, after.source_port);
    if (after.destination != before.destination || after.destination_port != before.destination_port)
        end("translated_", "destination", after.destination, after.destination_port);
    if (event.kind == FlowEvent::Kind::closed) {
        out += fmt::format(
            R"(,"why":"{}","sent_packets":{},"sent_bytes":{},"received_packets":{},"received_bytes":{})",
            ends[static_cast<std::size_t>(event.why)], event.packets[0], event.bytes[0], event.packets[1],
            event.bytes[1]);
    }
    return out + '}';
}

}  // namespace sluice::dataplane
