#include "telemetry/decoder_config.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::telemetry {
namespace {

struct Bound {
    const char* name;
    std::uint64_t value;
    std::uint64_t least;
    std::uint64_t most;
};

}  // namespace

base::Status validate(const DecoderConfig& config) {
    const Bound bounds[] = {
        {"max_exporters", config.max_exporters, 1, 1U << 20U},
        {"max_domains_per_exporter", config.max_domains_per_exporter, 1, 1U << 16U},
        {"max_templates_per_domain", config.max_templates_per_domain, 1, 65280},
        {"max_fields_per_template", config.max_fields_per_template, 1, 4096},
        {"max_samplers_per_domain", config.max_samplers_per_domain, 1, 1U << 20U},
        {"template_lifetime_s", config.template_lifetime_s, 10, 30U * 86400U},
        {"exporter_idle_s", config.exporter_idle_s, 10, 365U * 86400U},
        {"max_waiting_sets", config.max_waiting_sets, 0, 1U << 20U},
        {"max_waiting_bytes", config.max_waiting_bytes, 0, 1U << 30U},
        {"max_waiting_sets_per_domain", config.max_waiting_sets_per_domain, 0, 1U << 20U},
        {"data_wait_ms", config.data_wait_ms, 0, 3600U * 1000U},
    };
    for (const Bound& bound : bounds) {
        if (bound.value < bound.least || bound.value > bound.most) {
            return base::fail(base::ErrorCode::invalid_argument,
                              fmt::format("{} is out of bounds", bound.value), bound.name,
                              fmt::format("write a number from {} to {}", bound.least, bound.most));
        }
    }
    for (auto setting = config.exporters.begin(); setting != config.exporters.end(); ++setting) {
        const std::string where = "exporters: " + setting->from.to_string();
        if (setting->default_sampling == 0) {
            return base::fail(base::ErrorCode::invalid_argument, "default_sampling is 0", where,
                              "write 1 for an exporter that does not sample");
        }
        const auto same = [&](const ExporterSetting& other) { return other.from == setting->from; };
        if (std::any_of(config.exporters.begin(), setting, same)) {
            return base::fail(base::ErrorCode::invalid_argument, "the exporter is listed twice", where,
                              "keep one of the two");
        }
    }
    return {};
}

}  // namespace sluice::telemetry
