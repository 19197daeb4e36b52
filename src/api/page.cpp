#include "api/page.hpp"

#include <charconv>

#include "api/page_json.hpp"
#include "tenancy/directory_service.hpp"

namespace sluice::api {

namespace {
constexpr std::size_t most_items = 200;
}

Outcome<PageRequest> page_request(const Call& call) {
    PageRequest page;
    if (const auto* text = call.request().query_value("limit")) {
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), page.limit);
        if (error != std::errc{} || end != text->data() + text->size() || page.limit < 1 ||
            page.limit > most_items) {
            return std::unexpected(Problem::invalid("query:limit", "must be a whole number from 1 to 200"));
        }
    }
    if (const auto* text = call.request().query_value("cursor")) {
        if (text->empty() || text->size() > most_items) {
            return std::unexpected(
                Problem::invalid("query:cursor", "is no cursor of this list; take next_cursor"));
        }
        page.cursor = *text;
    }
    return page;
}

Outcome<std::optional<model::TenantId>> tenant_filter(const Call& call, const Services& services) {
    const auto* text = call.request().query_value("tenant_id");
    if (text == nullptr) return std::nullopt;
    const auto id = model::TenantId::parse(*text);
    if (!id) return std::unexpected(Problem::invalid("query:tenant_id", "is no tenant's id, as tenant-12"));
    const auto tenant = services.directory.tenant(call.scope(), *id);
    if (!tenant) return std::unexpected(Problem::from(tenant.error()));
    return *id;
}

}  // namespace sluice::api
