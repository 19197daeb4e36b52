#include "base/time_text.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>

namespace sluice::base {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string to_rfc3339(Timestamp time) {
    const auto whole = std::chrono::floor<seconds>(time);
    const std::time_t unix_s = whole.time_since_epoch().count();
    std::tm utc{};
    gmtime_r(&unix_s, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                       duration_cast<milliseconds>(time - whole).count());
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
    const std::string copy(text);
    std::tm utc{};
    int used = 0;
    if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                    &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &used) != 6 ||
        used != 19) {
        return std::nullopt;
    }
    std::int64_t fraction_ns = 0;
    std::size_t at = 19;
    if (at < copy.size() && copy[at] == '.') {
        std::int64_t unit = 100'000'000;
        for (++at; at < copy.size() && copy[at] >= '0' && copy[at] <= '9'; ++at, unit /= 10) {
            fraction_ns += (copy[at] - '0') * unit;
        }
    }
    if (copy.substr(at) != "Z") return std::nullopt;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    const std::tm asked = utc;
    const std::time_t unix_s = timegm(&utc);
    // timegm turns 31 February into March: a date that moved was none.
    if (utc.tm_mon != asked.tm_mon || utc.tm_mday != asked.tm_mday || utc.tm_hour != asked.tm_hour)
        return std::nullopt;
    return Timestamp{seconds{unix_s}} + Duration{fraction_ns};
}

}  // namespace sluice::base
