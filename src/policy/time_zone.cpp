#include "policy/time_zone.hpp"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace sluice::policy {

struct TimeZone::Zone {
    absl::TimeZone zone;
};

namespace {

bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') return false;
    return name.find("//") == std::string_view::npos && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '/' || c == '_' || c == '-' || c == '+';
           });
}

}  // namespace

base::Result<TimeZone> TimeZone::find(std::string_view name) {
    absl::TimeZone zone;
    if (!is_zone_name(name) || !absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone))
        return base::fail(base::ErrorCode::invalid_argument, fmt::format("'{}' is no known time zone", name),
                          {}, "write a name of the IANA database, as Europe/Vienna or UTC");
    return TimeZone(std::make_shared<const Zone>(Zone{zone}));
}

std::chrono::seconds TimeZone::offset(base::Timestamp at) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
    return std::chrono::seconds{zone_->zone.At(absl::FromUnixSeconds(seconds)).offset};
}

std::optional<base::Timestamp> TimeZone::next_change(base::Timestamp after) const {
    absl::Time at =
        absl::FromUnixSeconds(std::chrono::floor<std::chrono::seconds>(after.time_since_epoch()).count());
    const int now = zone_->zone.At(at).offset;
    // Some transitions only rename the zone.
    for (int tries = 0; tries < 8; ++tries) {
        absl::TimeZone::CivilTransition change;
        if (!zone_->zone.NextTransition(at, &change)) return std::nullopt;
        // A time that comes twice is told by its transition, one that comes once by itself.
        const auto civil = zone_->zone.At(change.to);
        at = civil.kind == absl::TimeZone::TimeInfo::UNIQUE ? civil.pre : civil.trans;
        if (zone_->zone.At(at).offset != now)
            return base::Timestamp{std::chrono::seconds{absl::ToUnixSeconds(at)}};
    }
    return std::nullopt;
}

}  // namespace sluice::policy
