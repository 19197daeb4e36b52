#include "api/firewall/firewall_routes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "api/explain/explanation_json.hpp"
#include "api/explain/table_use.hpp"
#include "api/firewall/asking_objects.hpp"
#include "api/firewall/attacker_board.hpp"
#include "api/firewall/attacker_json.hpp"
#include "api/firewall/firewall_board.hpp"
#include "api/firewall/rule_example.hpp"
#include "api/json.hpp"
#include "api/services.hpp"
#include "api/system/platform_health.hpp"
#include "policy/firewall_resolver.hpp"
#include "policy/firewall_words.hpp"
#include "policy/zone_matrix.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/policy_board.hpp"

namespace sluice::api::firewall {
namespace {

namespace words = sluice::policy;
using model::FirewallPolicy;

struct State {
    std::string_view name;
    std::string_view sentence;
};
State state_of(const FirewallPolicy* policy, const system::ProgramSpread& spread) {
    if (policy == nullptr || !policy->enabled)
        return {"off", "No firewall is set up: your traffic is passed on, and cleaned of attacks."};
    if (spread.refused != 0)
        return {"refused",
                "A gateway does not take the newest version; the one before stays in force there. Your "
                "provider is told."};
    if (spread.gateways == 0)
        return {"no_gateway", "No gateway reports: whether the firewall is in force is not known."};
    if (spread.behind != 0) return {"changing", "A change is on its way to the gateways."};
    return {"in_force", "The firewall is in force."};
}

constexpr std::array<std::string_view, 3> actions{"allow", "drop", "reject"};
constexpr std::array<std::string_view, 4> nat_kinds{"source", "port_forward", "one_to_one", "exempt"};
constexpr std::array<std::string_view, 5> network_kinds{"prefix", "port", "vlan", "qinq", "vxlan"};
constexpr std::array<std::string_view, 3> verdicts{"denied", "partly", "allowed"};

template <class Enum, std::size_t Count>
std::string_view name_of(Enum value, const std::array<std::string_view, Count>& names) {
    return names[static_cast<std::size_t>(value)];
}

Json networks_json(const FirewallPolicy& policy) {
    Json list = Json::array();
    for (const auto& network : policy.attachments) {
        Json prefixes = Json::array();
        for (const auto& prefix : network.prefixes) prefixes.push_back(prefix.to_string());
        list.push_back(Json{{"name", network.name},
                            {"zone", network.zone},
                            {"site", text_or_null(network.site)},
                            {"kind", name_of(network.kind, network_kinds)},
                            {"prefixes", std::move(prefixes)},
                            {"sentence", words::sentence(network)}});
    }
    return list;
}

Json matrix_json(const FirewallPolicy& policy) {
    Json list = Json::array();
    for (const auto& pair : words::zone_matrix(policy)) {
        list.push_back(Json{{"from", pair.from},
                            {"to", pair.to},
                            {"verdict", name_of(pair.verdict, verdicts)},
                            {"rules", pair.rules},
                            {"except", pair.except},
                            {"sentence", words::sentence(pair)}});
    }
    return list;
}

// Of so many rules; the portal's list shows fewer at first.
constexpr std::size_t most_examples = 1'000;

// By rule; of a policy that does not resolve, nothing.
std::map<std::string_view, std::string> examples_of(const model::FirewallProgram& program,
                                                    const model::TenantState& tenant) {
    std::map<std::string_view, std::string> examples;
    std::vector<net::Prefix> own;
    for (const auto& one : tenant.prefixes) own.push_back(one.prefix);
    const RuleExamples all(program, own);
    for (const auto& rule : program.rules) {
        if (examples.size() == most_examples) break;
        examples.emplace(rule.name, all.of(rule));
    }
    return examples;
}

// What a rule asks the operator's tables.
Json asks_json(const AskingObjects& objects, const model::RulePolicy& rule) {
    Json list = Json::array();
    for (const auto* object : objects.of(rule))
        list.push_back(Json{{"object", object->name}, {"sentence", words::sentence(object->is)}});
    return list;
}

// As the gateways that report have them.
Json tables_json(const FirewallPolicy& policy, const std::vector<system::GatewayHealth>& gateways) {
    std::vector<model::AttributeEditions> editions;
    for (const auto& gateway : gateways) {
        if (gateway.up) editions.push_back(gateway.tables);
    }
    return explain::to_json(explain::judged_by(explain::asked_by(policy), editions));
}

// Disabled rules are not in force, and so are neither counted nor tried.
Json rules_json(const model::TenantState& tenant, const FirewallPolicy& policy, const FirewallUse& use,
                base::Timestamp now) {
    const auto program = words::resolve_firewall(policy, now);
    const auto examples = program ? examples_of(*program, tenant) : std::map<std::string_view, std::string>{};
    const AskingObjects objects(policy);
    Json list = Json::array();
    for (const auto& rule : policy.rules) {
        const auto counted = rule.disabled ? use.rules.end() : use.rules.find(rule.name);
        const bool known = counted != use.rules.end();
        const auto example = examples.find(rule.name);
        list.push_back(
            Json{{"name", rule.name},
                 {"enabled", !rule.disabled},
                 {"action", name_of(rule.action, actions)},
                 {"log", rule.log},
                 {"sentence", words::sentence(rule)},
                 {"asks", asks_json(objects, rule)},
                 {"example", example == examples.end() ? Json(nullptr) : text_or_null(example->second)},
                 {"hits", known ? Json(counted->second.hits) : Json(nullptr)},
                 {"counted_since", known ? Json(base::to_rfc3339(counted->second.since)) : Json(nullptr)},
                 {"last_hit_at", known ? time_or_null(counted->second.last_at) : Json(nullptr)}});
    }
    return list;
}

Json nat_json(const FirewallPolicy& policy) {
    Json list = Json::array();
    for (const auto& nat : policy.nat) {
        list.push_back(Json{
            {"name", nat.name}, {"kind", name_of(nat.kind, nat_kinds)}, {"sentence", words::sentence(nat)}});
    }
    return list;
}

Json or_null(std::uint64_t limit) {
    return limit == 0 ? Json(nullptr) : Json(limit);
}
Json rate_json(const model::RateLimit& limit) {
    return Json{{"packets_per_s", or_null(limit.packets_per_s)}, {"bits_per_s", or_null(limit.bits_per_s)}};
}

Json outbound_json(const model::OutboundPolicy& policy) {
    return Json{{"contain", model::to_string(policy.contain)},
                {"new_flows_per_s", policy.new_flows_per_s},
                {"targets_per_s", policy.targets_per_s},
                {"packets_per_s", policy.packets_per_s},
                {"contained_new_flows_per_s", policy.contained_per_s},
                {"hold_s", policy.hold_s}};
}

Json to_json(const model::TenantState& tenant, std::uint64_t version, const FirewallUse& use,
             const std::vector<model::OutboundAttacker>& attackers, const system::PlatformHealth& health,
             base::Timestamp now) {
    const FirewallPolicy nothing;
    const auto& wanted = tenant.protection.firewall;
    const FirewallPolicy* policy = wanted ? &*wanted : nullptr;
    const FirewallPolicy& firewall = wanted ? *wanted : nothing;
    const State state = state_of(policy, health.spread_of(tenant.tenant.id));
    Json zones = Json::array({"internet"});
    for (const auto& zone : firewall.zones) zones.push_back(zone);
    const auto& limits = firewall.limits;
    return Json{
        {"tenant_id", tenant.tenant.id.to_string()},
        {"state", state.name},
        {"sentence", state.sentence},
        {"policy_version", version},
        {"at", base::to_rfc3339(now)},
        {"time_zone", policy != nullptr ? Json(firewall.time_zone) : Json(nullptr)},
        {"zones", std::move(zones)},
        {"networks", networks_json(firewall)},
        {"matrix", policy != nullptr ? matrix_json(firewall) : Json::array()},
        {"rules", rules_json(tenant, firewall, use, now)},
        {"tables", tables_json(firewall, health.gateways())},
        {"nat", nat_json(firewall)},
        {"committed", {{"inbound", rate_json(firewall.inbound)}, {"outbound", rate_json(firewall.outbound)}}},
        {"limits",
         {{"flows", or_null(limits.flows)},
          {"new_flows_per_s", or_null(limits.new_flows_per_s)},
          {"flows_per_source", or_null(limits.flows_a_source)},
          {"new_flows_per_source_per_s", or_null(limits.new_flows_a_source_per_s)}}},
        {"outbound", policy != nullptr ? outbound_json(firewall.attacks) : Json(nullptr)},
        {"attackers", attackers_json(attackers)},
        {"flows", {{"open", use.flows_open}, {"opened", use.flows_opened}, {"nat_ports", use.nat_ports}}},
        {"gateways", use.gateways}};
}

Reply get(const Services& services, const Call& call) {
    const auto id = call.id<model::TenantId>("tenant_id");
    if (!id) return std::unexpected(id.error());
    // Whoever may see the tenant may see his firewall.
    const auto tenant = services.directory.tenant(call.scope(), *id);
    if (!tenant) return std::unexpected(Problem::from(tenant.error()));
    const auto state = services.board.current();
    const auto* known = state ? state->find(*id) : nullptr;
    if (known == nullptr) return std::unexpected(Problem::not_found());
    return json_response(200, to_json(*known, state->version, services.firewalls.of(*id),
                                      services.attackers.of(*id), services.health, services.clock.wall()));
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    router.add({http::Method::get,
                "/tenants/{tenant_id}/firewall",
                "getTenantFirewall",
                everyone,
                BodyKind::none,
                {},
                bind(services, get)});
}

}  // namespace sluice::api::firewall
