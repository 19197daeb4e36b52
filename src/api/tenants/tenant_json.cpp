#include "api/tenants/tenant_json.hpp"

namespace sluice::api::tenants {

Json to_json(const model::Tenant& tenant) {
    return Json{{"id", tenant.id.to_string()},
                {"slug", tenant.slug},
                {"name", tenant.name},
                {"created_at", base::to_rfc3339(tenant.created_at)}};
}

Json to_json(const model::Site& site) {
    return Json{{"id", site.id.to_string()},
                {"tenant_id", site.tenant.to_string()},
                {"name", site.name},
                {"line_rate_bps", site.line_rate_bps == 0 ? Json(nullptr) : Json(site.line_rate_bps)}};
}

Json to_json(const model::TenantPrefix& prefix) {
    return Json{{"id", prefix_id(prefix.prefix)},
                {"tenant_id", prefix.tenant.to_string()},
                {"site_id", id_or_null(prefix.site)},
                {"prefix", prefix.prefix.to_string()},
                {"consent", model::to_string(prefix.consent)}};
}

std::string prefix_id(const net::Prefix& prefix) {
    std::string text = prefix.to_string();
    if (const auto slash = text.find('/'); slash != std::string::npos) text[slash] = '-';
    return text;
}

std::optional<net::Prefix> parse_prefix_id(std::string_view id) {
    std::string text(id);
    const auto dash = text.rfind('-');
    if (dash == std::string::npos) return std::nullopt;
    text[dash] = '/';
    const auto prefix = net::Prefix::parse(text);
    // Only the one way of writing it: an id is compared as text elsewhere.
    if (!prefix || prefix_id(*prefix) != id) return std::nullopt;
    return *prefix;
}

}  // namespace sluice::api::tenants
