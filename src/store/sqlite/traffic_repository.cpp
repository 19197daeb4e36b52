#include "store/sqlite/traffic_repository.hpp"

#include <algorithm>
#include <array>

#include "store/sqlite/row_errors.hpp"

namespace sluice::store::sqlite {

using base::ErrorCode;
using tenancy::TrafficColumns;
using tenancy::TrafficQuery;
using tenancy::TrafficSeries;

namespace {

constexpr const char* traffic_tables = R"sql(
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    prefix TEXT NOT NULL,
    UNIQUE (tenant, prefix)
) STRICT;
CREATE TABLE bucket (
    tier INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    at INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    PRIMARY KEY (tier, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE point (
    tier INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    series INTEGER NOT NULL,
    at INTEGER NOT NULL,
    inbound_packets INTEGER NOT NULL,
    inbound_bits INTEGER NOT NULL,
    outbound_packets INTEGER NOT NULL,
    outbound_bits INTEGER NOT NULL,
    passed_packets INTEGER NOT NULL,
    passed_bits INTEGER NOT NULL,
    dropped_packets INTEGER NOT NULL,
    dropped_bits INTEGER NOT NULL,
    PRIMARY KEY (tier, slot, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE newest (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    second INTEGER NOT NULL
) STRICT;
INSERT INTO newest VALUES (1, 0);
)sql";

constexpr std::array<Migration, 1> migrations{{{1, traffic_tables}}};

struct Tier {
    std::int64_t seconds;
    std::int64_t slots;
    [[nodiscard]] std::int64_t begin(std::int64_t at) const { return at / seconds * seconds; }
    [[nodiscard]] std::int64_t slot(std::int64_t at) const { return at / seconds % slots; }
    [[nodiscard]] std::int64_t span() const { return seconds * slots; }
};
constexpr Tier tiers[] = {{1, 600}, {10, 8'640}, {300, 25'920}};
// A clock that was set back further than this begins anew, instead of being refused until it has caught up.
constexpr std::int64_t clock_jump_s = 60;

// A point's columns, in the table's order.
using Sums = std::array<std::uint64_t, 8>;

Sums sums_of(const TrafficColumns& c) {
    return {c.inbound.packets_per_s, c.inbound.bits_per_s, c.outbound.packets_per_s, c.outbound.bits_per_s,
            c.passed.packets_per_s,  c.passed.bits_per_s,  c.dropped.packets_per_s,  c.dropped.bits_per_s};
}

TrafficColumns mean(const Sums& sums, std::uint64_t seconds) {
    const auto rate = [&](std::size_t i) {
        return model::TrafficRate{sums[i] / seconds, sums[i + 1] / seconds};
    };
    return {rate(0), rate(2), rate(4), rate(6)};
}

void add(Sums& to, const Sums& more) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += more[i];
}

// Adds to the bucket's point, or begins it when the slot still holds an older time.
void put_point(Connection& connection, const Tier& tier, std::int64_t series, std::int64_t second,
               const Sums& sums) {
    Statement row = connection.prepare(
        "INSERT INTO point VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
        "ON CONFLICT (tier, slot, series) DO UPDATE SET at = ?4, "
        "inbound_packets = ?5 + iif(at = ?4, inbound_packets, 0), inbound_bits = ?6 + iif(at = ?4, "
        "inbound_bits, 0), "
        "outbound_packets = ?7 + iif(at = ?4, outbound_packets, 0), outbound_bits = ?8 + iif(at = ?4, "
        "outbound_bits, 0), "
        "passed_packets = ?9 + iif(at = ?4, passed_packets, 0), passed_bits = ?10 + iif(at = ?4, "
        "passed_bits, 0), "
        "dropped_packets = ?11 + iif(at = ?4, dropped_packets, 0), dropped_bits = ?12 + iif(at = ?4, "
        "dropped_bits, 0)");
    row.bind(1, tier.seconds).bind(2, tier.slot(second)).bind(3, series).bind(4, tier.begin(second));
    for (std::size_t i = 0; i < sums.size(); ++i) row.bind(static_cast<int>(5 + i), sums[i]);
    row.run();
}

void put_bucket(Connection& connection, const Tier& tier, std::int64_t second) {
    connection
        .prepare(
            "INSERT INTO bucket VALUES (?1, ?2, ?3, 1) ON CONFLICT (tier, slot) "
            "DO UPDATE SET at = ?3, seconds = 1 + iif(at = ?3, seconds, 0)")
        .bind(1, tier.seconds)
        .bind(2, tier.slot(second))
        .bind(3, tier.begin(second))
        .run();
}

struct Plan {
    Tier tier;
    std::int64_t resolution;
};

// The coarsest kept resolution that serves what was asked for, else the finest that reaches back far enough.
Plan plan(std::int64_t from, std::int64_t to, std::int64_t newest, const TrafficQuery& query) {
    const std::int64_t points =
        static_cast<std::int64_t>(std::clamp<std::size_t>(query.max_points, 1, 10'000));
    const std::int64_t wanted =
        std::max<std::int64_t>({1, query.resolution_s, (to - from + points - 1) / points});
    const Tier* best = nullptr;
    for (const Tier& tier : tiers) {
        const bool reaches = newest - from < tier.span();
        if (tier.seconds <= wanted && reaches) best = &tier;
        if (best == nullptr && reaches) best = &tier;
    }
    if (best == nullptr) best = &tiers[std::size(tiers) - 1];
    const std::int64_t resolution =
        (std::max(wanted, best->seconds) + best->seconds - 1) / best->seconds * best->seconds;
    return {*best, resolution};
}

std::uint64_t bucket_seconds(Connection& connection, const Tier& tier, std::int64_t at) {
    Statement row =
        connection.prepare("SELECT seconds FROM bucket WHERE tier = ?1 AND slot = ?2 AND at = ?3");
    row.bind(1, tier.seconds).bind(2, tier.slot(at)).bind(3, at);
    return row.step() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
}

Sums bucket_sums(Connection& connection, const Tier& tier, std::int64_t series, std::int64_t at) {
    Statement row = connection.prepare(
        "SELECT inbound_packets, inbound_bits, outbound_packets, outbound_bits, passed_packets, passed_bits, "
        "dropped_packets, dropped_bits FROM point WHERE tier = ?1 AND slot = ?2 AND series = ?3 AND at = ?4");
    row.bind(1, tier.seconds).bind(2, tier.slot(at)).bind(3, series).bind(4, at);
    Sums sums{};
    if (!row.step()) return sums;
    for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] = static_cast<std::uint64_t>(row.integer(static_cast<int>(i)));
    return sums;
}

std::int64_t unix_seconds(base::Timestamp at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

std::span<const Migration> traffic_migrations() {
    return migrations;
}

SqliteTrafficRepository::SqliteTrafficRepository(Database& database, std::size_t max_series)
    : database_(database), max_series_(max_series) {}

std::uint64_t SqliteTrafficRepository::rejected() const {
    const std::lock_guard lock(mutex_);
    return rejected_;
}

// 0 when there are too many series already.
base::Result<std::int64_t> SqliteTrafficRepository::series_id(Connection& connection, const SeriesKey& key) {
    if (const auto known = series_.find(key); known != series_.end()) return known->second;
    if (series_.size() >= max_series_) {
        ++rejected_;
        return 0;
    }
    connection.prepare("INSERT INTO series (tenant, prefix) VALUES (?1, ?2)")
        .bind(1, key.first)
        .bind(2, key.second)
        .run();
    const auto id = static_cast<std::int64_t>(connection.last_row_id());
    series_.emplace(key, id);
    return id;
}

base::Status SqliteTrafficRepository::append(base::Timestamp second,
                                             const std::vector<tenancy::TrafficSecond>& traffic) {
    const std::lock_guard lock(mutex_);
    const auto status = database_.write(
        [&](Connection& connection) { return write_second(connection, unix_seconds(second), traffic); });
    // What was rolled back is not known any more.
    if (!status) loaded_ = false;
    return status;
}

base::Status SqliteTrafficRepository::write_second(Connection& connection, std::int64_t second,
                                                   const std::vector<tenancy::TrafficSecond>& traffic) {
    if (!loaded_) {
        series_.clear();
        Statement rows = connection.prepare("SELECT tenant, prefix, id FROM series");
        while (rows.step())
            series_[{static_cast<std::uint64_t>(rows.integer(0)), rows.text(1)}] = rows.integer(2);
        Statement newest = connection.prepare("SELECT second FROM newest");
        newest.step();
        newest_ = newest.integer(0);
        loaded_ = true;
    }
    if (second <= newest_ && second > newest_ - clock_jump_s)
        return base::fail(ErrorCode::conflict, "this second of traffic is written already", "second",
                          "collect a second, then write it once");
    std::map<SeriesKey, Sums> totals;
    for (const auto& part : traffic) {
        const Sums sums = sums_of(part.columns);
        const std::uint64_t tenant = part.tenant.value();
        add(totals[{0, ""}], sums);
        if (part.tenant.is_none()) continue;
        add(totals[{tenant, ""}], sums);
        add(totals[{tenant, part.prefix.to_string()}], sums);
    }
    for (const auto& [key, sums] : totals) {
        const auto id = series_id(connection, key);
        if (!id) return std::unexpected(id.error());
        if (*id == 0) continue;
        for (const Tier& tier : tiers) put_point(connection, tier, *id, second, sums);
    }
    for (const Tier& tier : tiers) put_bucket(connection, tier, second);
    connection.prepare("UPDATE newest SET second = ?1").bind(1, second).run();
    newest_ = second;
    return {};
}

base::Result<TrafficSeries> SqliteTrafficRepository::query(const model::TenantScope& scope,
                                                           const TrafficQuery& query) {
    const model::TenantId tenant = query.tenant.value_or(scope.tenant());
    if (query.tenant && !scope.allows(*query.tenant)) return no_such("tenant", query.tenant->to_string());
    if (!scope.is_provider() && tenant.is_none()) return no_such("tenant", {});
    if (query.prefix && tenant.is_none())
        return base::fail(ErrorCode::invalid_argument, "a prefix was given without its tenant", "tenant_id",
                          "name the tenant as well");
    const std::int64_t from = unix_seconds(query.from);
    const std::int64_t to = unix_seconds(query.to);
    if (to < from)
        return base::fail(ErrorCode::invalid_argument, "the end is before the beginning", "to",
                          "write a later time");
    return database_.read([&](Connection& connection) -> base::Result<TrafficSeries> {
        std::int64_t newest = 0;
        {
            Statement row = connection.prepare("SELECT second FROM newest");
            row.step();
            newest = row.integer(0);
        }
        const Plan chosen = plan(from, to, newest, query);
        TrafficSeries series;
        series.resolution_s = static_cast<std::uint32_t>(chosen.resolution);
        series.from = from / chosen.resolution * chosen.resolution;
        series.to = to;
        std::int64_t id = 0;
        {
            Statement row = connection.prepare("SELECT id FROM series WHERE tenant = ?1 AND prefix = ?2");
            row.bind(1, tenant.value()).bind(2, query.prefix ? query.prefix->to_string() : std::string());
            if (row.step()) id = row.integer(0);
        }
        // Never further back than the ring holds: the loop is bounded whatever was asked for.
        const std::int64_t first =
            std::max(series.from, (newest - chosen.tier.span()) / chosen.resolution * chosen.resolution);
        const std::int64_t end = std::min(to, newest + 1);
        for (std::int64_t at = first; at < end; at += chosen.resolution) {
            Sums sums{};
            std::uint64_t seconds = 0;
            for (std::int64_t part = at; part < std::min(at + chosen.resolution, end);
                 part += chosen.tier.seconds) {
                const std::uint64_t counted = bucket_seconds(connection, chosen.tier, part);
                if (counted == 0) continue;
                seconds += counted;
                add(sums, bucket_sums(connection, chosen.tier, id, part));
            }
            if (seconds > 0) series.points.push_back({at, mean(sums, seconds)});
        }
        return series;
    });
}

}  // namespace sluice::store::sqlite
