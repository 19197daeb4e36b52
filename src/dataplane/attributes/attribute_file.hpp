// The text of an operator's table, as docs/how-to/attribute-tables.md describes it: a line a prefix,
//
//     prefix,country                     prefix,tags
//     192.0.2.0/24,DE                    198.51.100.7,botnet scanner
//     2001:db8::/32,NO                   2001:db8:bad::/48,hosting
//
// with a header, and comments (#) and empty lines where anybody wants them. All of it is right or none is
// taken: a table with holes would let through, or drop, what nobody sees.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "dataplane/attributes/attribute_table.hpp"

namespace sluice::dataplane::attributes {

struct FileLimits {
    std::size_t prefixes = 4'000'000;
    std::size_t line_bytes = 512;
};
inline constexpr std::size_t most_file_bytes = 256U << 20U;

// `name` is what errors call the file: they say the line, and how many more are wrong.
[[nodiscard]] base::Result<CountryTable> read_countries(std::string_view text, std::string_view name,
                                                        const FileLimits& limits = {});
[[nodiscard]] base::Result<ReputationTable> read_reputations(std::string_view text, std::string_view name,
                                                             const FileLimits& limits = {});

}  // namespace sluice::dataplane::attributes
