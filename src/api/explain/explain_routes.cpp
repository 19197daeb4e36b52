#include "api/explain/explain_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "api/body_reader.hpp"
#include "api/explain/ask_meter.hpp"
#include "api/explain/explanation_json.hpp"
#include "api/explain/table_shelf.hpp"
#include "api/explain/table_use.hpp"
#include "api/firewall/attacker_board.hpp"
#include "api/firewall/attacker_json.hpp"
#include "api/json.hpp"
#include "dataplane/explain/explainer.hpp"
#include "mitigation/program_book.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/user_binding_service.hpp"

namespace sluice::api::explain {
namespace {

using dataplane::explain::Explainer;

constexpr std::size_t most_packets = 32;
constexpr std::size_t most_characters = 4096;

struct Asked {
    std::vector<std::string> packets;
    std::optional<std::string> from;
    base::Timestamp at{};
};

Outcome<Asked> read(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    Asked asked;
    asked.packets = body->text_list("packets", most_packets, most_characters);
    if (asked.packets.empty()) body->wrong("packets", "must name at least one packet");
    asked.from = body->optional_text("from", 1, 100);
    asked.at = body->optional_time("at").value_or(services.clock.wall());
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    return asked;
}

// A packet in words, or a frame; what is wrong with it is said where it stands in the request.
Problem problem_of(const base::Error& error, std::size_t number) {
    const bool origin = error.where == "from";
    const std::string detail = error.hint.empty() ? error.what : error.what + " (" + error.hint + ")";
    return Problem::invalid(origin ? "/from" : fmt::format("/packets/{}", number),
                            origin ? detail : error.message());
}

// The policy was taken, and yet gateways have nothing to run: the platform's alarms tell more.
Problem no_program(const std::string& why) {
    return Problem::from({base::ErrorCode::unavailable, "The tenant has no program in force: " + why, "",
                          "look at the platform's alarms"});
}

bool asks_users(const model::TenantProgram& program) {
    return std::ranges::any_of(program.firewall.rules,
                               [](const model::FirewallRule& rule) { return !rule.users.empty(); });
}

// The program is asked in a gateway of its own, which knows nothing of who attacks now.
Json with_attacker(const std::vector<model::OutboundAttacker>& attackers,
                   dataplane::explain::Explanation one) {
    const auto host = std::ranges::find(attackers, one.source, &model::OutboundAttacker::address);
    const bool attacks = host != attackers.end() && one.to == "internet";
    if (attacks) one.sentence += " But now: " + firewall::sentence_of(*host);
    Json json = to_json(one);
    json["attacker"] = attacks ? firewall::attacker_json(*host) : Json(nullptr);
    return json;
}

Reply explain(const Services& services, AskMeter& meter, const Call& call) {
    const auto id = call.id<model::TenantId>("tenant_id");
    if (!id) return std::unexpected(id.error());
    const auto tenant = services.directory.tenant(call.scope(), *id);
    if (!tenant) return std::unexpected(Problem::from(tenant.error()));
    const auto asked = read(services, call);
    if (!asked) return std::unexpected(asked.error());
    if (!meter.take(*id)) {
        Problem problem(429, "too-many", "There were too many questions.",
                        "Ask about several packets at once, or wait a second.");
        problem.headers.emplace_back("Retry-After", "1");
        return std::unexpected(std::move(problem));
    }
    auto program = services.programs.program_of(*id);
    if (!program) return std::unexpected(no_program("the tenant's policy does not resolve"));
    const std::uint64_t generation = program->generation;
    Explainer::Config config;
    config.tables = services.tables.current();
    const auto tables = explained_by(asked_by(*program), config.tables.editions);
    if (asks_users(*program)) {
        auto users = services.user_bindings.of_tenant(call.scope(), *id);
        if (!users) return std::unexpected(Problem::from(users.error()));
        config.users = std::move(*users);
    }
    auto explainer = Explainer::make(std::move(*program), asked->at, std::move(config));
    if (!explainer) return std::unexpected(no_program(explainer.error().message()));
    Explainer::Origin from;
    if (asked->from) from = *asked->from;
    const auto attackers = services.attackers.of(*id);
    Json packets = Json::array();
    for (std::size_t i = 0; i < asked->packets.size(); ++i) {
        auto one = explainer->explain_text(asked->packets[i], from, asked->at);
        if (!one) return std::unexpected(problem_of(one.error(), i));
        packets.push_back(with_attacker(attackers, std::move(*one)));
    }
    return json_response(200, Json{{"tenant_id", id->to_string()},
                                   {"at", base::to_rfc3339(asked->at)},
                                   {"generation", generation},
                                   {"tables", to_json(tables)},
                                   {"packets", std::move(packets)}});
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    const auto meter = std::make_shared<AskMeter>(services.clock);
    router.add({http::Method::post,
                "/tenants/{tenant_id}/explain",
                "explainPackets",
                everyone,
                BodyKind::json,
                {},
                [&services, meter](const Call& call) { return explain(services, *meter, call); }});
}

}  // namespace sluice::api::explain
