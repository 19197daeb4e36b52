// Cursor paging: a list is given in pages, and a cursor is the id of the last item of the page before.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.hpp"
#include "api/router.hpp"

namespace sluice::api {

struct PageRequest {
    std::size_t limit = 50;
    std::string cursor;  // empty: the first page
};
[[nodiscard]] Outcome<PageRequest> page_request(const Call& call);

// The cursor as an id; none on the first page.
template <class IdType>
[[nodiscard]] Outcome<IdType> cursor_id(const PageRequest& page) {
    if (page.cursor.empty()) return IdType{};
    const auto id = IdType::parse(page.cursor);
    if (!id)
        return std::unexpected(
            Problem::invalid("query:cursor", "is no cursor of this list; take next_cursor"));
    return *id;
}

}  // namespace sluice::api
