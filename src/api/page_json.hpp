// Answers with a page of a list. Only for .cpp files.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "api/json.hpp"
#include "api/page.hpp"
#include "api/services.hpp"
#include "model/ids.hpp"

namespace sluice::api {

// `items` has one more than the page when there are more: ask services for limit + 1.
template <class T, class ToJson, class CursorOf>
[[nodiscard]] http::Response page_response(const std::vector<T>& items, const PageRequest& page,
                                           ToJson to_json, CursorOf cursor_of) {
    Json list = Json::array();
    const bool more = items.size() > page.limit;
    const std::size_t count = more ? page.limit : items.size();
    for (std::size_t i = 0; i < count; ++i) list.push_back(to_json(items[i]));
    return json_response(200,
                         Json{{"items", std::move(list)},
                              {"next_cursor", more ? Json(cursor_of(items[count - 1])) : Json(nullptr)}});
}

// The tenant that the query asks for, if it does. not_found when the caller can not see it.
[[nodiscard]] Outcome<std::optional<model::TenantId>> tenant_filter(const Call& call,
                                                                    const Services& services);

}  // namespace sluice::api
