// The object that a request's path names. Only for .cpp files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/etag.hpp"
#include "api/problem.hpp"
#include "api/router.hpp"
#include "model/tenant_scope.hpp"
#include "tenancy/caller.hpp"

namespace sluice::api {

// As the caller may see it: `find(scope, id)` asks its service.
template <class Id, class Find>
[[nodiscard]] auto object_of(const Call& call, std::string_view parameter, const Find& find)
    -> Outcome<typename std::invoke_result_t<Find, const model::TenantScope&, Id>::value_type> {
    const auto id = call.id<Id>(parameter);
    if (!id) return std::unexpected(id.error());
    auto found = find(call.scope(), *id);
    if (!found) return std::unexpected(Problem::from(found.error()));
    return std::move(*found);
}

// The same where the request names the version that it wants to change (If-Match).
template <class T>
[[nodiscard]] Outcome<T> unchanged(const Call& call, Outcome<T> object) {
    if (!object) return object;
    if (auto match = check_if_match(call.request(), object->version); !match)
        return std::unexpected(match.error());
    return object;
}

// 204 when `remove(caller, id)` has done it.
template <class Id, class Remove>
[[nodiscard]] Reply removed(const Call& call, std::string_view parameter, const Remove& remove) {
    const auto id = call.id<Id>(parameter);
    if (!id) return std::unexpected(id.error());
    if (const auto done = remove(call.caller(), *id); !done)
        return std::unexpected(Problem::from(done.error()));
    return http::Response{.status = 204};
}

// The first `wanted` objects in this state; any without one. `list(query)` asks the store, which tells what
// is over from the rest at the most; finer states are picked here, page by page.
template <class Query, class State, class List>
[[nodiscard]] auto in_state(Query query, const std::optional<State>& state, std::size_t wanted,
                            const List& list)
    -> Outcome<typename std::invoke_result_t<List, const Query&>::value_type> {
    typename std::invoke_result_t<List, const Query&>::value_type found;
    query.limit = state ? 200 : wanted;
    for (;;) {
        auto page = list(std::as_const(query));
        if (!page) return std::unexpected(Problem::from(page.error()));
        if (!page->empty()) query.before = page->back().id;
        for (auto& object : *page) {
            if ((!state || object.state == *state) && found.size() < wanted)
                found.push_back(std::move(object));
        }
        if (page->size() < query.limit || found.size() >= wanted) return found;
    }
}

}  // namespace sluice::api
