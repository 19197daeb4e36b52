#include "apps/collector/collector_config.hpp"

#include <chrono>

#include "apps/process/link_section.hpp"
#include "policy/document.hpp"

namespace sluice::apps::collector {
namespace {

using std::chrono::duration_cast;

telemetry::UdpReceiver::Listen listen_of(const std::string& endpoint) {
    const std::size_t colon = endpoint.rfind(':');
    std::string host = endpoint.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return {host, static_cast<std::uint16_t>(std::stoul(endpoint.substr(colon + 1)))};
}

base::Status read_receiver(const policy::Node& section, CollectorConfig& config) {
    auto& receiver = config.receiver;
    for (const auto& item : section.at("listen").items()) {
        receiver.listen.push_back(listen_of(item.as<std::string>()));
    }
    if (receiver.listen.empty()) receiver.listen = {{"::", 2055}, {"::", 6343}};
    receiver.threads = section.get<std::uint32_t>("threads", 1);
    receiver.receive_buffer_bytes = std::size_t{section.get<std::uint32_t>("receive_buffer_mb", 32)} << 20U;
    const policy::Node cores = section.at("cores");
    for (const auto& core : cores.items()) config.cores.push_back(static_cast<int>(core.as<std::uint32_t>()));
    if (cores && config.cores.size() != receiver.threads) {
        return std::unexpected(
            cores.error("as many cores as threads", "name a core for each receiving thread, or none"));
    }
    return telemetry::validate(receiver);
}

base::Status read_decoder(const policy::Node& section, telemetry::DecoderConfig& decoder) {
    decoder.accept_unlisted = section.get<bool>("accept_unlisted", decoder.accept_unlisted);
    for (const auto& item : section.at("exporters").items()) {
        telemetry::ExporterSetting setting;
        setting.from = item.get<net::Prefix>("from");
        setting.default_sampling = item.get<std::uint32_t>("default_sampling", 1);
        setting.override_sampling = item.get<std::uint32_t>("override_sampling", 0);
        decoder.exporters.push_back(setting);
    }
    return telemetry::validate(decoder);
}

template <class Unit>
void read_duration(const policy::Node& section, std::string_view key, std::uint32_t& value) {
    const policy::Node node = section.at(key);
    if (node) value = static_cast<std::uint32_t>(duration_cast<Unit>(node.as<base::Duration>()).count());
}

base::Status read_detector(const policy::Node& section, CollectorConfig& config) {
    auto& detector = config.detector;
    detector.name = section.get<std::string>("name", detector.name);
    detector.shards = config.receiver.threads;
    const policy::Node own = section.at("detection");
    read_duration<std::chrono::milliseconds>(own, "tick", detector.tick_ms);
    read_duration<std::chrono::milliseconds>(own, "host_idle", detector.host_idle_ms);
    read_duration<std::chrono::hours>(own, "learn_first", detector.learn_first_h);
    detector.max_hosts = own.get<std::uint32_t>("max_hosts", detector.max_hosts);
    detector.max_long_flows = own.get<std::uint32_t>("max_long_flows", detector.max_long_flows);
    detector.max_learned = own.get<std::uint32_t>("max_learned", detector.max_learned);
    auto status = detection::validate(detector);
    if (!status) status.error().where = own.where() + ": detection." + status.error().where;
    return status;
}

base::Status read_source_of_policy(const policy::Node& section, CollectorConfig& config) {
    const policy::Node file = section.at("policy");
    if (!file) {
        auto link = process::read_link_section(section, config.detector.name);
        if (!link) return std::unexpected(link.error());
        config.link = std::move(*link);
        return {};
    }
    if (const policy::Node controller = section.at("controller")) {
        return std::unexpected(controller.error("a collector with a policy file of its own has no controller",
                                                "leave out either 'controller' or 'policy'"));
    }
    config.policy = file.as<std::string>();
    return {};
}

}  // namespace

base::Result<CollectorConfig> load_collector_config(const std::filesystem::path& file) {
    const auto section = policy::load_config(file, "collector");
    if (!section) return std::unexpected(section.error());
    CollectorConfig config;
    if (auto status = read_receiver(*section, config); !status) return std::unexpected(status.error());
    if (auto status = read_decoder(*section, config.decoder); !status) {
        return std::unexpected(status.error());
    }
    if (auto status = read_detector(*section, config); !status) return std::unexpected(status.error());
    if (auto status = read_source_of_policy(*section, config); !status) {
        return std::unexpected(status.error());
    }
    config.baselines_file = section->get<std::string>("baselines", {});
    config.metrics_listen = section->get<std::string>("metrics", config.metrics_listen);
    config.log_level = process::read_log_level(*section);
    return config;
}

}  // namespace sluice::apps::collector
