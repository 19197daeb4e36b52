// Baselines as JSON, version 1:
//
//   {"version": 1,
//    "began": [[tenant id, seconds since the epoch] …],
//    "baselines": [{"tenant": id, "scope": 0…2, "direction": 0…1, "vector": name, "target": prefix,
//                   "hours": [[hour of week, weeks, median packets/s, MAD, median bytes/s, MAD] …]} …]}
#include <nlohmann/json.hpp>

#include "detection/baselines.hpp"

namespace sluice::detection {
namespace {

using nlohmann::json;
constexpr int format_version = 1;

base::Status bad(const std::string& what) {
    return base::fail(base::ErrorCode::corrupt, what, "baselines", "remove the file; learning starts anew");
}

bool is_number(const json& value, double least, double most) {
    return value.is_number() && value.get<double>() >= least && value.get<double>() <= most;
}

bool read_hours(const json& hours, Baseline& baseline) {
    if (!hours.is_array() || hours.size() > hours_of_week) return false;
    for (const auto& row : hours) {
        if (!row.is_array() || row.size() != 6) return false;
        if (!is_number(row[0], 0, hours_of_week - 1) || !is_number(row[1], 1, 255)) return false;
        for (std::size_t i = 2; i < 6; ++i) {
            if (!is_number(row[i], 0, 1e15)) return false;
        }
        Baseline::Hour hour;
        hour.weeks = row[1].get<std::uint8_t>();
        hour.usual = {row[2].get<float>(), row[3].get<float>(), row[4].get<float>(), row[5].get<float>()};
        baseline.restore(row[0].get<std::size_t>(), hour);
    }
    return true;
}

bool read_key(const json& row, BaselineKey& key) {
    if (!row.is_object() || !row.contains("tenant") || !row["tenant"].is_number_unsigned()) return false;
    if (!row.contains("scope") || !is_number(row["scope"], 0, 2)) return false;
    if (!row.contains("direction") || !is_number(row["direction"], 0, 1)) return false;
    if (!row.contains("vector") || !row["vector"].is_string()) return false;
    if (!row.contains("target") || !row["target"].is_string()) return false;
    const auto vector = model::parse_attack_vector(row["vector"].get<std::string>());
    const auto text = row["target"].get<std::string>();
    const auto target = net::Prefix::parse(text);
    if (!vector || !target) return false;
    key = {model::TenantId(row["tenant"].get<std::uint64_t>()),
           static_cast<model::CountScope>(row["scope"].get<int>()),
           static_cast<model::TrafficDirection>(row["direction"].get<int>()), *vector, *target};
    return true;
}

}  // namespace

std::string Baselines::to_json() const {
    json document{{"version", format_version}, {"began", json::array()}, {"baselines", json::array()}};
    for (const auto& [tenant, at] : began_) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
        document["began"].push_back({tenant.value(), seconds});
    }
    for (const auto& [key, baseline] : baselines_) {
        json hours = json::array();
        for (std::size_t hour = 0; hour < hours_of_week; ++hour) {
            const auto& [usual, weeks] = baseline.hours()[hour];
            if (weeks == 0) continue;
            hours.push_back({hour, weeks, std::lround(usual.median_packets), std::lround(usual.mad_packets),
                             std::lround(usual.median_bytes), std::lround(usual.mad_bytes)});
        }
        if (hours.empty()) continue;
        document["baselines"].push_back({{"tenant", key.tenant.value()},
                                         {"scope", static_cast<int>(key.scope)},
                                         {"direction", static_cast<int>(key.direction)},
                                         {"vector", std::string(model::to_string(key.vector))},
                                         {"target", key.target.to_string()},
                                         {"hours", std::move(hours)}});
    }
    return document.dump();
}

base::Status Baselines::from_json(const std::string& text) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded() || !document.is_object()) return bad("not a JSON object");
    if (!document.contains("version") || document["version"] != format_version) {
        return bad("written by another version");
    }
    if (!document.contains("began") || !document["began"].is_array() || !document.contains("baselines") ||
        !document["baselines"].is_array()) {
        return bad("incomplete");
    }
    std::map<model::TenantId, base::Timestamp> began;
    for (const auto& row : document["began"]) {
        if (!row.is_array() || row.size() != 2 || !row[0].is_number_unsigned() ||
            !is_number(row[1], 0, 9e9)) {
            return bad("a tenant's beginning of learning is wrong");
        }
        began[model::TenantId(row[0].get<std::uint64_t>())] =
            base::Timestamp(std::chrono::seconds(row[1].get<std::int64_t>()));
    }
    std::map<BaselineKey, Baseline> loaded;
    for (const auto& row : document["baselines"]) {
        if (loaded.size() >= limit_) break;
        BaselineKey key;
        if (!read_key(row, key) || !row.contains("hours") || !read_hours(row["hours"], loaded[key])) {
            return bad("a baseline is wrong");
        }
    }
    baselines_ = std::move(loaded);
    began_ = std::move(began);
    return {};
}

}  // namespace sluice::detection
