// Traffic over time in a file of its own, of a size that does not grow: each resolution is a ring of slots,
// and a slot is written again when its time has come round.
//
//     tier    slot = (Unix seconds / tier) % slots    holds
//     1 s     600                                      10 minutes
//     10 s    8,640                                    a day
//     300 s   25,920                                   90 days
//
// A bucket knows how many seconds it has; a series that stands in none of them had no traffic. All series of
// one bucket lie side by side, as they are written together.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "store/sqlite/database.hpp"
#include "tenancy/traffic_repository.hpp"

namespace sluice::store::sqlite {

[[nodiscard]] std::span<const Migration> traffic_migrations();

// Thread-safe.
class SqliteTrafficRepository final : public tenancy::TrafficRepository {
  public:
    // The database is opened with traffic_migrations(); relaxed durability is enough. Series beyond
    // `max_series` count in the sums only.
    explicit SqliteTrafficRepository(Database& database, std::size_t max_series = 8192);

    base::Status append(base::Timestamp second, const std::vector<tenancy::TrafficSecond>& traffic) override;
    base::Result<tenancy::TrafficSeries> query(const model::TenantScope& scope,
                                               const tenancy::TrafficQuery& query) override;
    // Points that the limit kept out.
    [[nodiscard]] std::uint64_t rejected() const;

  private:
    using SeriesKey = std::pair<std::uint64_t, std::string>;  // tenant, prefix; (0, "") is the sum of all

    base::Result<std::int64_t> series_id(Connection& connection, const SeriesKey& key);
    base::Status write_second(Connection& connection, std::int64_t second,
                              const std::vector<tenancy::TrafficSecond>& traffic);

    Database& database_;
    const std::size_t max_series_;
    mutable std::mutex mutex_;
    std::map<SeriesKey, std::int64_t> series_;  // known ones
    bool loaded_ = false;
    std::int64_t newest_ = 0;  // Unix seconds
    std::uint64_t rejected_ = 0;
};

}  // namespace sluice::store::sqlite
