#include "api/policy/policy_routes.hpp"

#include <charconv>

#include "api/etag.hpp"
#include "api/json.hpp"
#include "policy/policy_diff.hpp"
#include "policy/policy_reader.hpp"
#include "policy/policy_writer.hpp"
#include "tenancy/policy_service.hpp"

namespace sluice::api::policy {
namespace {

namespace rules = sluice::policy;
using rules::PolicyChange;

constexpr std::size_t most_reason = 500;

Json to_json(const PolicyChange& change) {
    constexpr std::string_view actions[] = {"add", "change", "remove"};
    const auto text = [](const std::optional<std::string>& value) {
        return value ? Json(*value) : Json(nullptr);
    };
    return Json{{"action", actions[static_cast<std::size_t>(change.action)]},
                {"tenant_slug", change.tenant_slug},
                {"path", change.path},
                {"before", text(change.before)},
                {"after", text(change.after)},
                {"sentence", rules::sentence(change)}};
}

// "FILE:12" → "line:12"
std::string line_pointer(const std::string& where) {
    const auto colon = where.rfind(':');
    return colon == std::string::npos ? where : "line:" + where.substr(colon + 1);
}

std::vector<FieldError> field_errors(const rules::Problems& problems) {
    std::vector<FieldError> errors;
    for (const auto& error : problems.errors()) {
        errors.push_back({line_pointer(error.where),
                          error.hint.empty() ? error.what : error.what + " (" + error.hint + ")"});
    }
    return errors;
}

struct WantedPolicy {
    std::vector<model::TenantPolicy> tenants;
    rules::Problems warnings;
};

http::Response plan_response(const std::vector<PolicyChange>& changes, const rules::Problems& warnings,
                             bool applied, std::uint64_t version) {
    Json list = Json::array();
    for (const auto& change : changes) list.push_back(to_json(change));
    Json told = Json::array();
    for (const auto& warning : field_errors(warnings))
        told.push_back(Json{{"pointer", warning.pointer}, {"detail", warning.detail}});
    auto response = json_response(
        200, Json{{"applied", applied}, {"changes", std::move(list)}, {"warnings", std::move(told)}});
    response.with("ETag", etag_of_version(version));
    return response;
}

Outcome<WantedPolicy> read_document(const Call& call) {
    WantedPolicy wanted;
    auto tenants = rules::read_policy(call.request().body, "policy", &wanted.warnings);
    if (!tenants) return std::unexpected(Problem::invalid(field_errors(tenants.error())));
    wanted.tenants = std::move(*tenants);
    return wanted;
}

Reply get(const Services& services, const Call& call) {
    const auto current = services.policy.current(call.scope());
    if (!current) return std::unexpected(Problem::from(current.error()));
    http::Response response;
    response.content_type = "application/yaml";
    response.body = rules::write_policy(current->tenants);
    response.with("ETag", etag_of_version(current->version));
    return response;
}

Reply plan(const Services& services, const Call& call) {
    const auto wanted = read_document(call);
    if (!wanted) return std::unexpected(wanted.error());
    const auto current = services.policy.current(call.scope());
    if (!current) return std::unexpected(Problem::from(current.error()));
    return plan_response(rules::diff(current->tenants, wanted->tenants), wanted->warnings, false,
                         current->version);
}

Reply apply(const Services& services, const Call& call) {
    const auto wanted = read_document(call);
    if (!wanted) return std::unexpected(wanted.error());
    std::string reason;
    if (const auto* text = call.request().query_value("reason")) {
        if (text->size() > most_reason)
            return std::unexpected(Problem::invalid("query:reason", "must have at most 500 characters"));
        reason = *text;
    }
    // The difference that is reported is the one that is made: what changes in between is a conflict that is
    // tried again here, unless the caller insists on a version.
    constexpr int tries = 3;
    for (int i = 0;; ++i) {
        const auto before = services.policy.current(call.scope());
        if (!before) return std::unexpected(Problem::from(before.error()));
        const bool insists = call.request().header("if-match") != nullptr;
        if (insists) {
            if (auto match = check_if_match(call.request(), before->version); !match)
                return std::unexpected(match.error());
        }
        const auto after = services.policy.apply(call.caller(), wanted->tenants, before->version, reason);
        if (after)
            return plan_response(rules::diff(before->tenants, after->tenants), wanted->warnings, true,
                                 after->version);
        const bool moved =
            after.error().code == base::ErrorCode::conflict && after.error().where == "version";
        if (!moved || insists || i + 1 >= tries) return std::unexpected(changed_problem(after.error()));
    }
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get, "/policy", "getPolicy", everyone, BodyKind::none, {}, bind(services, get)});
    router.add({Method::put,
                "/policy",
                "applyPolicy",
                operator_admins,
                BodyKind::yaml,
                {"reason"},
                bind(services, apply)});
    router.add(
        {Method::post, "/policy/plan", "planPolicy", operators, BodyKind::yaml, {}, bind(services, plan)});
}

}  // namespace sluice::api::policy
