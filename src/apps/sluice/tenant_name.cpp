#include "apps/sluice/tenant_name.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sluice::apps::sluice {

using nlohmann::json;

base::Result<std::string> tenant_id(const RestClient& client, const std::string& name) {
    if (name.starts_with("tenant-")) return name;
    std::string cursor;
    for (;;) {
        const auto answer =
            client.get("/tenants?limit=200" + (cursor.empty() ? "" : "&cursor=" + encoded(cursor)));
        if (!answer) return std::unexpected(answer.error());
        const json page = json::parse(answer->body, nullptr, false);
        if (!page.is_object()) break;
        for (const auto& tenant : page.value("items", json::array())) {
            if (tenant.value("slug", "") == name) return tenant.value("id", "");
        }
        const auto next = page.find("next_cursor");
        if (next == page.end() || !next->is_string()) break;
        cursor = next->get<std::string>();
    }
    return base::fail(base::ErrorCode::not_found, fmt::format("there is no tenant '{}'", name), "--tenant",
                      "its slug or its id, as in 'tenant-12'");
}

}  // namespace sluice::apps::sluice
