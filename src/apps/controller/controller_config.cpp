#include "apps/controller/controller_config.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string_view>

#include "policy/document.hpp"
#include "policy/node.hpp"

namespace sluice::apps::controller {
namespace {

using policy::Node;

std::uint32_t milliseconds(const Node& node, std::string_view key, std::uint32_t fallback) {
    if (!node.has(key)) return fallback;
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(node.get<base::Duration>(key)).count());
}

std::uint32_t seconds(const Node& node, std::string_view key, std::uint32_t fallback) {
    if (!node.has(key)) return fallback;
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(node.get<base::Duration>(key)).count());
}

// "65535:666", checked by the schema.
std::uint32_t community(const std::string& text) {
    const auto colon = text.find(':');
    return static_cast<std::uint32_t>(std::stoul(text.substr(0, colon)) << 16U |
                                      std::stoul(text.substr(colon + 1)));
}

base::Result<std::string> read_secret(const Node& node, std::string_view key) {
    if (!node.has(key)) return std::string{};
    const auto file = node.get<std::string>(key);
    std::ifstream in(file);
    std::string secret;
    if (!std::getline(in, secret) || secret.empty()) {
        return std::unexpected(node.at(key).error("'" + file + "' has no first line that could be read",
                                                  "write the secret there, readable by this process only"));
    }
    return secret;
}

void read_rest(const Node& node, api::RestConfig& rest) {
    rest.http.listen = node.get<std::string>("listen", rest.http.listen);
    rest.http.certificate = node.get<std::string>("certificate", "");
    rest.http.key = node.get<std::string>("key", "");
    rest.http.max_connections = node.get<std::uint32_t>("max_connections", 256);
    rest.portal_directory = node.get<std::string>("portal_directory", "");
    if (!node.has("metrics_from")) return;
    rest.metrics_from.clear();
    for (const auto& prefix : node.at("metrics_from").items())
        rest.metrics_from.push_back(prefix.as<net::Prefix>());
}

rpc::TlsFiles read_tls(const Node& node) {
    return {node.get<std::string>("ca", ""), node.get<std::string>("certificate", ""),
            node.get<std::string>("key", "")};
}

void read_speaker(const Node& node, ControllerConfig& config) {
    if (!node) return;
    rpc::GobgpAnnouncerConfig speaker;
    speaker.server = node.get<std::string>("server", speaker.server);
    speaker.tls = read_tls(node.at("tls"));
    if (node.has("mark_community"))
        speaker.mark_community = community(node.get<std::string>("mark_community"));
    if (node.has("blackhole_next_hop"))
        speaker.blackhole_next_hop = node.get<net::Address>("blackhole_next_hop").to_string();
    if (node.has("blackhole_next_hop6"))
        speaker.blackhole_next_hop6 = node.get<net::Address>("blackhole_next_hop6").to_string();
    config.speaker = speaker;
}

void read_blackhole(const Node& node, mitigation::BlackholePolicy& blackhole) {
    if (!node) return;
    blackhole.mode =
        model::parse_consent_mode(node.get<std::string>("mode", "off")).value_or(model::ConsentMode::off);
    blackhole.gateway_bits_per_s = node.bits_per_s("above_bits", 0);
    blackhole.gateway_packets_per_s = node.packets_per_s("above_packets", 0);
    blackhole.line_rate_multiple = node.get<double>("above_line_rates", 0);
    if (!node.has("communities")) return;
    blackhole.communities.clear();
    for (const auto& text : node.at("communities").items())
        blackhole.communities.push_back(community(text.as<std::string>()));
}

void read_mitigation(const Node& node, ControllerConfig& config) {
    auto& limits = config.mitigation.limits;
    limits.expiry_s = seconds(node, "expires_after", limits.expiry_s);
    limits.max_expiry_s = seconds(node, "longest", limits.max_expiry_s);
    limits.cooling_s = seconds(node, "cooling", limits.cooling_s);
    limits.max_active_per_tenant =
        node.get<std::uint32_t>("max_active_per_tenant", limits.max_active_per_tenant);
    limits.max_active_total = node.get<std::uint32_t>("max_active", limits.max_active_total);
    config.gateways.silent_ms = milliseconds(node, "gateway_silent_after", config.gateways.silent_ms);
    config.gateways.hold_ms = milliseconds(node, "gateway_hold", config.gateways.hold_ms);
    config.announcements.start_grace_ms =
        milliseconds(node, "start_grace", config.announcements.start_grace_ms);
    read_blackhole(node.at("blackhole"), config.mitigation.blackhole);
    const Node flowspec = node.at("flowspec");
    config.mitigation.flowspec.enabled = flowspec.get<bool>("enabled", false);
    config.mitigation.flowspec.rate_limit_bytes_per_s =
        static_cast<double>(flowspec.bits_per_s("rate_limit", 0)) / 8;
}

base::LogLevel log_level(const std::string& name) {
    constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
    const auto found = std::ranges::find(names, name);
    return static_cast<base::LogLevel>(found - std::begin(names));
}

}  // namespace

base::Result<ControllerConfig> load_controller_config(const std::filesystem::path& file) {
    const auto section = policy::load_config(file, "controller");
    if (!section) return std::unexpected(section.error());
    ControllerConfig config;
    config.log_level = log_level(section->get<std::string>("log_level", "info"));
    config.data_directory = section->get<std::string>("data_directory", config.data_directory.string());
    read_rest(section->at("rest"), config.rest);
    const Node link = section->at("link");
    config.link.listen = link.get<std::string>("listen", "127.0.0.1:50061");
    config.link.tls = read_tls(link.at("tls"));
    auto token = read_secret(link, "token_file");
    if (!token) return std::unexpected(token.error());
    config.link.token = std::move(*token);
    read_speaker(section->at("speaker"), config);
    const Node first = section->at("operator");
    config.operator_login = first.get<std::string>("login", config.operator_login);
    config.operator_password_file = first.get<std::string>("password_file", "");
    config.policy_file = section->get<std::string>("policy_file", "");
    auto tables = tables::read_attribute_section(section->at("attributes"));
    if (!tables) return std::unexpected(tables.error());
    config.attributes = std::move(*tables);
    config.authentication.session_lifetime_s =
        seconds(*section, "session_lifetime", config.authentication.session_lifetime_s);
    config.collector_silent_ms = milliseconds(*section, "collector_silent_after", config.collector_silent_ms);
    read_mitigation(section->at("mitigation"), config);
    config.webhooks_to_private_networks = section->at("webhooks").get<bool>("private_networks", false);
    if (auto valid = validate(config); !valid) return std::unexpected(valid.error());
    return config;
}

base::Status validate(const ControllerConfig& config) {
    if (auto status = api::validate(config.rest); !status) return status;
    if (auto status = rpc::validate(config.link); !status) return status;
    if (config.speaker) {
        if (auto status = rpc::validate(*config.speaker); !status) return status;
    }
    if (auto status = tenancy::validate(config.authentication); !status) return status;
    if (auto status = mitigation::validate(config.mitigation); !status) return status;
    if (auto status = mitigation::validate(config.gateways); !status) return status;
    return mitigation::validate(config.announcements);
}

}  // namespace sluice::apps::controller
