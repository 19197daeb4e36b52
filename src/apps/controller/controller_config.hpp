// The `controller:` section of a configuration file (schema/config.schema.json).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "api/rest_server.hpp"
#include "apps/tables/attribute_files.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "mitigation/announcements.hpp"
#include "mitigation/gateway_registry.hpp"
#include "mitigation/mitigation_service.hpp"
#include "rpc/gobgp_announcer.hpp"
#include "rpc/link_config.hpp"
#include "tenancy/authentication_service.hpp"

namespace sluice::apps::controller {

struct ControllerConfig {
    base::LogLevel log_level = base::LogLevel::info;
    std::filesystem::path data_directory = "/var/lib/sluice";
    std::uint64_t disk_reserve_bytes = 256ULL << 20U;  // less free than this is an alarm

    api::RestConfig rest;
    rpc::LinkServerConfig link;
    std::optional<rpc::GobgpAnnouncerConfig> speaker;  // empty: nothing is announced

    std::string operator_login = "operator";       // made at the first start
    std::filesystem::path operator_password_file;  // empty: a password is made and printed once
    std::filesystem::path policy_file;             // applied at the first start; empty: none

    tables::AttributeFiles::Config attributes;  // that explanations go by

    tenancy::AuthenticationConfig authentication;
    mitigation::ServiceConfig mitigation;
    mitigation::GatewayRegistryConfig gateways;
    mitigation::AnnouncementsConfig announcements;
    std::uint32_t collector_silent_ms = 3000;
    bool webhooks_to_private_networks = false;
};

[[nodiscard]] base::Result<ControllerConfig> load_controller_config(const std::filesystem::path& file);
[[nodiscard]] base::Status validate(const ControllerConfig& config);

}  // namespace sluice::apps::controller
