#include "api/traffic/traffic_routes.hpp"

#include <charconv>

#include "api/json.hpp"
#include "api/page_json.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/traffic_repository.hpp"

namespace sluice::api::traffic {
namespace {

using tenancy::TrafficColumns;
using tenancy::TrafficQuery;

constexpr std::uint32_t coarsest_s = 86'400;
constexpr auto default_span = std::chrono::minutes(15);

Outcome<base::Timestamp> time_query(const Call& call, std::string_view name, base::Timestamp fallback) {
    const auto* text = call.request().query_value(name);
    if (text == nullptr) return fallback;
    const auto time = base::parse_rfc3339(*text);
    if (!time)
        return std::unexpected(
            Problem::invalid("query:" + std::string(name), "must be a time as 2026-11-21T09:44:15Z"));
    return *time;
}

Outcome<TrafficQuery> read_query(const Services& services, const Call& call) {
    TrafficQuery query;
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    query.tenant = *tenant;
    if (!query.tenant && !call.scope().is_provider()) query.tenant = call.scope().tenant();
    if (const auto* text = call.request().query_value("prefix")) {
        const auto prefix = net::Prefix::parse(*text);
        if (!prefix) return std::unexpected(Problem::invalid("query:prefix", prefix.error().message()));
        if (!query.tenant)
            return std::unexpected(Problem::invalid("query:prefix", "needs tenant_id beside it"));
        const auto found = services.directory.prefix(call.scope(), *prefix);
        if (!found) return std::unexpected(Problem::from(found.error()));
        if (found->tenant != *query.tenant) return std::unexpected(Problem::not_found());
        query.prefix = *prefix;
    }
    const auto now = services.clock.wall();
    const auto to = time_query(call, "to", now);
    if (!to) return std::unexpected(to.error());
    const auto from = time_query(call, "from", *to - default_span);
    if (!from) return std::unexpected(from.error());
    if (*from >= *to) return std::unexpected(Problem::invalid("query:from", "must be before to"));
    query.from = *from;
    query.to = *to;
    if (const auto* text = call.request().query_value("resolution_s")) {
        const auto [end, error] =
            std::from_chars(text->data(), text->data() + text->size(), query.resolution_s);
        if (error != std::errc{} || end != text->data() + text->size() || query.resolution_s < 1 ||
            query.resolution_s > coarsest_s) {
            return std::unexpected(
                Problem::invalid("query:resolution_s", "must be a whole number from 1 to 86400"));
        }
    }
    return query;
}

// One list for packets and one for bits; null where nothing was reported.
class ColumnWriter {
  public:
    void put(const model::TrafficRate& rate) {
        packets_.push_back(rate.packets_per_s);
        bits_.push_back(rate.bits_per_s);
    }
    void put_gap() {
        packets_.push_back(nullptr);
        bits_.push_back(nullptr);
    }
    Json finish() { return Json{{"packets_per_s", std::move(packets_)}, {"bits_per_s", std::move(bits_)}}; }

  private:
    Json packets_ = Json::array();
    Json bits_ = Json::array();
};

Json series_json(const TrafficQuery& query, const tenancy::TrafficSeries& series) {
    Json at = Json::array();
    ColumnWriter inbound, outbound, passed, dropped;
    auto next = series.points.begin();
    for (std::int64_t second = series.from; second < series.to; second += series.resolution_s) {
        at.push_back(second);
        if (next != series.points.end() && next->at == second) {
            inbound.put(next->columns.inbound);
            outbound.put(next->columns.outbound);
            passed.put(next->columns.passed);
            dropped.put(next->columns.dropped);
            ++next;
        } else {
            for (auto* column : {&inbound, &outbound, &passed, &dropped}) column->put_gap();
        }
    }
    const auto time = [](std::int64_t second) {
        return base::to_rfc3339(base::Timestamp{std::chrono::seconds(second)});
    };
    return Json{{"tenant_id", query.tenant ? Json(query.tenant->to_string()) : Json(nullptr)},
                {"prefix", query.prefix ? Json(query.prefix->to_string()) : Json(nullptr)},
                {"from", time(series.from)},
                {"to", time(series.to)},
                {"resolution_s", series.resolution_s},
                {"at", std::move(at)},
                {"inbound", inbound.finish()},
                {"outbound", outbound.finish()},
                {"passed", passed.finish()},
                {"dropped", dropped.finish()}};
}

Reply get(const Services& services, const Call& call) {
    const auto query = read_query(services, call);
    if (!query) return std::unexpected(query.error());
    const auto series = services.traffic_store.query(call.scope(), *query);
    if (!series) return std::unexpected(Problem::from(series.error()));
    return json_response(200, series_json(*query, *series));
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    router.add({http::Method::get,
                "/traffic",
                "getTraffic",
                everyone,
                BodyKind::none,
                {"tenant_id", "prefix", "from", "to", "resolution_s"},
                bind(services, get)});
}

}  // namespace sluice::api::traffic
