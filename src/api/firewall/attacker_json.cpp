#include "api/firewall/attacker_json.hpp"

#include "api/firewall/attacker_board.hpp"

namespace sluice::api::firewall {

Json attacker_json(const model::OutboundAttacker& attacker) {
    return Json{{"address", attacker.address.to_string()},
                {"conduct", model::to_string(attacker.conduct)},
                {"sentence", sentence_of(attacker)},
                {"action", model::to_string(attacker.action)},
                {"since", base::to_rfc3339(attacker.since)},
                {"last_at", base::to_rfc3339(attacker.last_at)},
                {"until", base::to_rfc3339(attacker.until)},
                {"new_flows_per_s", attacker.new_flows_per_s},
                {"unanswered_percent", attacker.unanswered_percent},
                {"hosts", attacker.hosts},
                {"ports", attacker.ports},
                {"packets_per_s", attacker.packets_per_s},
                {"bits_per_s", attacker.bits_per_s},
                {"held_back", attacker.held_back}};
}

Json attackers_json(const std::vector<model::OutboundAttacker>& attackers) {
    Json list = Json::array();
    for (const auto& attacker : attackers) list.push_back(attacker_json(attacker));
    return list;
}

}  // namespace sluice::api::firewall
