// The `gateway:` section of a configuration file (schema/config.schema.json) as the parts' own Configs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/gateway/record_log.hpp"
#include "apps/tables/attribute_files.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "dataplane/gateway.hpp"
#include "packet/device.hpp"
#include "rpc/link_config.hpp"

namespace sluice::apps::gateway {

enum class Hugepages : std::uint8_t { automatic, required, never };

struct GatewayConfig {
    dataplane::Gateway::Config gateway;
    rpc::LinkClientConfig link;
    packet::Device::Config dirty;
    std::optional<packet::Device::Config> clean;  // none: the dirty leg goes both ways
    std::optional<dataplane::Mac> dirty_mac;      // none: the device's own
    std::optional<dataplane::Mac> clean_mac;
    struct CustomerPort {
        std::string name;
        packet::Device::Config device;
        std::optional<dataplane::Mac> mac;
    };
    std::vector<CustomerPort> ports;
    RecordLog::Config logs;
    tables::AttributeFiles::Config attributes;
    Hugepages hugepages = Hugepages::automatic;
    std::uint32_t memory_mb = 256;
    std::string metrics_listen = "127.0.0.1:9102";
    base::LogLevel log_level = base::LogLevel::info;
};

[[nodiscard]] base::Result<GatewayConfig> load_gateway_config(const std::filesystem::path& file);

}  // namespace sluice::apps::gateway
