// The `collector:` section of a configuration file (schema/config.schema.json) as the parts' own Configs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "detection/detector.hpp"
#include "rpc/link_config.hpp"
#include "telemetry/decoder_config.hpp"
#include "telemetry/udp_receiver.hpp"

namespace sluice::apps::collector {

struct CollectorConfig {
    telemetry::UdpReceiver::Config receiver;
    telemetry::DecoderConfig decoder;
    detection::DetectorConfig detector;
    std::optional<rpc::LinkClientConfig> link;    // either a controller …
    std::optional<std::filesystem::path> policy;  // … or a policy file
    std::vector<int> cores;                       // of the receiving threads; empty: anywhere
    std::string baselines_file;                   // empty: not kept
    std::string metrics_listen = "127.0.0.1:9101";
    base::LogLevel log_level = base::LogLevel::info;
};

[[nodiscard]] base::Result<CollectorConfig> load_collector_config(const std::filesystem::path& file);

}  // namespace sluice::apps::collector
