#include "dataplane/firewall/rule_judge.hpp"

#include <algorithm>
#include <array>

namespace sluice::dataplane::firewall {
namespace {

using model::ServiceMatch;

bool lists(const std::vector<model::ZoneIndex>& zones, model::ZoneIndex zone) {
    if (zones.empty()) return true;
    return std::any_of(zones.begin(), zones.end(),
                       [&](model::ZoneIndex one) { return one == model::any_zone || one == zone; });
}

bool lists(const std::vector<net::Prefix>& prefixes, const std::vector<model::AttributeMatch>& matches,
           const net::Address& address, const attributes::Tables& tables) {
    if (prefixes.empty() && matches.empty()) return true;
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const net::Prefix& prefix) {
                           return prefix.is_v4() == address.is_v4() && prefix.contains(address);
                       }) ||
           std::any_of(matches.begin(), matches.end(), [&](const model::AttributeMatch& match) {
               return attributes::Question::of(match, tables).holds_for(address, tables);
           });
}

bool within(const model::PortRange& range, std::uint16_t port) {
    return port >= range.first && port <= range.last;
}

Mismatch compare(const ServiceMatch& service, const Question& question) {
    if (service.protocol != 0 && service.protocol != question.protocol) return Mismatch::protocol;
    const bool asks_ports = !is_any(service.source_port) || !is_any(service.destination_port);
    if (asks_ports) {
        if (!has_ports(question.protocol)) return Mismatch::protocol;
        if (!question.has_transport || !within(service.source_port, question.source_port) ||
            !within(service.destination_port, question.destination_port)) {
            return Mismatch::port;
        }
    }
    const auto differs = [&](std::uint16_t wanted, std::uint16_t found) {
        return wanted != ServiceMatch::any_icmp && (!question.has_transport || wanted != found);
    };
    if (differs(service.icmp_type, question.source_port) ||
        differs(service.icmp_code, question.destination_port)) {
        return Mismatch::port;
    }
    return Mismatch::none;
}

// The nearest of them: a rule for TCP 80 and UDP 53 misses UDP 54 by the port.
Mismatch compare(const std::vector<ServiceMatch>& services, const Question& question) {
    if (services.empty()) return Mismatch::none;
    Mismatch nearest = Mismatch::protocol;
    for (const ServiceMatch& service : services) {
        const Mismatch mismatch = compare(service, question);
        if (mismatch == Mismatch::none) return mismatch;
        if (mismatch == Mismatch::port) nearest = mismatch;
    }
    return nearest;
}

constexpr std::array<std::string_view, 9> mismatch_names{
    "none", "from-zone", "to-zone", "source", "destination", "protocol", "port", "user", "time"};

}  // namespace

std::string_view to_string(Mismatch mismatch) {
    return mismatch_names[static_cast<std::size_t>(mismatch)];
}

Mismatch compare(const model::FirewallRule& rule, const Question& question,
                 const attributes::Tables& tables) {
    if (!lists(rule.from, question.from)) return Mismatch::from_zone;
    if (!lists(rule.to, question.to)) return Mismatch::to_zone;
    if (!lists(rule.sources, rule.source_is, question.source, tables)) return Mismatch::source;
    if (!lists(rule.destinations, rule.destination_is, question.destination, tables))
        return Mismatch::destination;
    if (const Mismatch mismatch = compare(rule.services, question); mismatch != Mismatch::none) {
        return mismatch;
    }
    if (!rule.users.empty() &&
        std::none_of(rule.users.begin(), rule.users.end(), [&](const std::string& name) {
            return std::count(question.users.begin(), question.users.end(), user_id(name)) != 0;
        })) {
        return Mismatch::user;
    }
    if (!rule.windows.empty() &&
        std::none_of(rule.windows.begin(), rule.windows.end(), [&](const model::WeekWindow& window) {
            return question.minute_of_week >= window.first_minute &&
                   question.minute_of_week < window.end_minute;
        })) {
        return Mismatch::time;
    }
    return Mismatch::none;
}

Match judge(const model::FirewallProgram& program, const Question& question,
            const attributes::Tables& tables) {
    for (std::size_t i = 0; i < program.rules.size(); ++i) {
        const model::FirewallRule& rule = program.rules[i];
        if (compare(rule, question, tables) != Mismatch::none) continue;
        return {static_cast<std::uint32_t>(i), rule.action, rule.log};
    }
    return {};
}

}  // namespace sluice::dataplane::firewall
