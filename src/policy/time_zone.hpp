// Local time of a place: offsets from UTC and when they change, from the machine's IANA database
// (/usr/share/zoneinfo, package tzdata).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace sluice::policy {

// Immutable; any thread. A zone is read once and kept by the library underneath.
class TimeZone {
  public:
    // "Europe/Vienna", "UTC". invalid_argument: the database has no such zone, or the name is none (a name
    // never leads out of the database's folder).
    [[nodiscard]] static base::Result<TimeZone> find(std::string_view name);

    // Local time minus UTC at this moment.
    [[nodiscard]] std::chrono::seconds offset(base::Timestamp at) const;
    // When the offset next changes after this moment; none when it never does.
    [[nodiscard]] std::optional<base::Timestamp> next_change(base::Timestamp after) const;

  private:
    struct Zone;
    explicit TimeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

    std::shared_ptr<const Zone> zone_;
};

}  // namespace sluice::policy
