#include "model/outbound.hpp"

#include <array>

namespace sluice::model {
namespace {

struct Conduct {
    std::string_view name;
    std::string_view sentence;
};
constexpr std::array<Conduct, static_cast<std::size_t>(OutboundConduct::count_)> conducts{{
    {"scans-hosts", "tries many computers on the internet, and hardly any answers"},
    {"scans-ports", "tries many ports of a few computers on the internet, and hardly any answers"},
    {"tcp-flood", "begins many connections with a few computers on the internet and finishes none"},
    {"udp-flood", "sends many UDP packets to the internet that nobody answers"},
    {"packet-flood", "sends many packets to the internet that nobody answers"},
    {"connection-flood", "opens far more connections with a few computers on the internet than people do"},
    {"reflects", "answers a few addresses on the internet far more than they ask: others use it for attacks"},
}};
constexpr std::array<std::string_view, 4> actions{"off", "watch", "limit", "block"};

}  // namespace

std::string_view to_string(OutboundConduct conduct) {
    return conducts.at(static_cast<std::size_t>(conduct)).name;
}
std::string_view sentence(OutboundConduct conduct) {
    return conducts.at(static_cast<std::size_t>(conduct)).sentence;
}
std::optional<OutboundConduct> parse_outbound_conduct(std::string_view name) {
    for (std::size_t i = 0; i < conducts.size(); ++i) {
        if (conducts[i].name == name) return static_cast<OutboundConduct>(i);
    }
    return std::nullopt;
}

std::string_view to_string(OutboundAction action) {
    return actions.at(static_cast<std::size_t>(action));
}
std::optional<OutboundAction> parse_outbound_action(std::string_view name) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        if (actions[i] == name) return static_cast<OutboundAction>(i);
    }
    return std::nullopt;
}

}  // namespace sluice::model
