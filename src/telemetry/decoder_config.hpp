// What an operator sets for decoding flow exports: who may send, how it samples, and how much state it may
// cause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "net/prefix.hpp"

namespace sluice::telemetry {

struct ExporterSetting {
    net::Prefix from;  // the exporter's address, or a prefix of exporters; the longest counts
    std::uint32_t default_sampling = 1;   // one in N, where the exporter says nothing
    std::uint32_t override_sampling = 0;  // not 0: counts instead of whatever the exporter says
};

struct DecoderConfig {
    std::vector<ExporterSetting> exporters;
    bool accept_unlisted = true;  // datagrams of senders that `exporters` does not name

    // UDP sources can be forged, so all state that a sender causes is bounded.
    std::size_t max_exporters = 4096;
    std::size_t max_domains_per_exporter = 256;
    std::size_t max_templates_per_domain = 1024;
    std::size_t max_fields_per_template = 512;
    std::size_t max_samplers_per_domain =
        4096;  // samplers, selectors and interfaces with a rate of their own

    std::uint32_t template_lifetime_s =
        7200;  // routers repeat templates each 1 to 30 minutes; three times is safe
    std::uint32_t exporter_idle_s = 86400;  // then its state may make room for another

    // Data that came before its template.
    std::size_t max_waiting_sets = 1024;
    std::size_t max_waiting_bytes = 4U << 20U;
    std::size_t max_waiting_sets_per_domain = 64;
    std::uint32_t data_wait_ms = 60000;
};

[[nodiscard]] base::Status validate(const DecoderConfig& config);

}  // namespace sluice::telemetry
