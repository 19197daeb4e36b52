#include "apps/gateway/gateway_config.hpp"

#include <algorithm>
#include <utility>

#include "apps/process/link_section.hpp"
#include "policy/document.hpp"

namespace sluice::apps::gateway {
namespace {

// The schema has checked the form.
std::optional<dataplane::Mac> mac_of(const policy::Node& leg, std::string_view key) {
    const auto text = leg.get<std::string>(key, {});
    if (text.empty()) return std::nullopt;
    dataplane::Mac mac{};
    for (std::size_t i = 0; i < mac.size(); ++i) {
        mac[i] = static_cast<std::uint8_t>(std::stoul(text.substr(i * 3, 2), nullptr, 16));
    }
    return mac;
}

std::vector<net::Address> addresses_of(const policy::Node& leg) {
    std::vector<net::Address> addresses;
    for (const auto& item : leg.at("addresses").items()) addresses.push_back(item.as<net::Address>());
    return addresses;
}

packet::Device::Config device_of(const policy::Node& leg, std::uint16_t workers) {
    packet::Device::Config device;
    device.device = leg.get<std::string>("device");
    device.queues = workers;
    device.buffers = leg.get<std::uint32_t>("buffers", device.buffers);
    device.descriptors = leg.get<std::uint16_t>("descriptors", device.descriptors);
    return device;
}

base::Status read_legs(const policy::Node& section, GatewayConfig& config) {
    const auto workers = section.get<std::uint16_t>("workers", 1);
    const policy::Node dirty = section.at("dirty");
    config.dirty = device_of(dirty, workers);
    config.dirty_mac = mac_of(dirty, "mac");
    config.gateway.dirty_addresses = addresses_of(dirty);
    if (dirty.has("next_hop_mac")) {
        dataplane::WayOut out;
        out.rewrite = true;
        out.next_hop4 = mac_of(dirty, "next_hop_mac").value();
        out.next_hop6 = mac_of(dirty, "next_hop6_mac").value_or(out.next_hop4);
        out.vlan = dirty.get<std::uint16_t>("vlan", 0);
        config.gateway.internet_way = out;
    }
    const policy::Node clean = section.at("clean");
    if (clean.has("device")) {
        config.clean = device_of(clean, workers);
        if (config.clean->device == config.dirty.device) config.clean.reset();
    }
    config.clean_mac = mac_of(clean, "mac");
    config.gateway.clean_addresses = addresses_of(clean);
    dataplane::WayOut& way = config.gateway.way;
    way.rewrite = true;
    way.next_hop4 = mac_of(clean, "next_hop_mac").value();
    way.next_hop6 = mac_of(clean, "next_hop6_mac").value_or(way.next_hop4);
    way.vlan = clean.get<std::uint16_t>("vlan", 0);
    return {};
}

// Ports with one customer's network on each, besides the two legs.
base::Status read_ports(const policy::Node& section, GatewayConfig& config) {
    std::vector<std::string> devices{config.dirty.device};
    if (config.clean) devices.push_back(config.clean->device);
    for (const auto& item : section.at("ports").items()) {
        if (!config.clean) {
            return std::unexpected(item.error("a port of a customer beside a gateway with one leg",
                                              "give 'clean' a device of its own"));
        }
        GatewayConfig::CustomerPort port;
        port.name = item.get<std::string>("name");
        port.device = device_of(item, config.dirty.queues);
        port.mac = mac_of(item, "mac");
        if (std::find(devices.begin(), devices.end(), port.device.device) != devices.end()) {
            return std::unexpected(item.at("device").error(
                "the device " + port.device.device + " is taken twice", "each port is a device of its own"));
        }
        devices.push_back(port.device.device);
        config.gateway.customer_ports.push_back({port.name, {}});
        config.ports.push_back(std::move(port));
    }
    return {};
}

base::Status read_cores(const policy::Node& section, GatewayConfig& config) {
    const auto workers = config.dirty.queues;
    const policy::Node cores = section.at("cores");
    for (const auto& core : cores.items())
        config.gateway.cores.push_back(static_cast<int>(core.as<std::uint32_t>()));
    if (cores && config.gateway.cores.size() != workers) {
        return std::unexpected(
            cores.error("as many cores as workers", "name a core for each worker, or none"));
    }
    return {};
}

LogFile::Config log_file_of(const policy::Node& section) {
    LogFile::Config file;
    file.path = section.get<std::string>("file");
    file.rotate_bytes = std::uint64_t{section.get<std::uint32_t>("rotate_at_mb", 100)} << 20U;
    if (const policy::Node after = section.at("rotate_after")) file.rotate_after = after.as<base::Duration>();
    file.keep = section.get<std::uint32_t>("keep_files", file.keep);
    return file;
}

base::Status read_logs(const policy::Node& section, GatewayConfig& config) {
    config.logs.gateway = config.link.name;
    const policy::Node nat = section.at("nat_log");
    if (nat && !nat.has("file") && !nat.has("ipfix")) {
        return std::unexpected(nat.error("says not where to",
                                         "name a file, a collector (ipfix), or both; or leave nat_log out"));
    }
    if (nat.has("file")) config.logs.nat = log_file_of(nat);
    if (nat.has("ipfix")) {
        RecordLog::Ipfix ipfix;
        ipfix.collector = nat.get<std::string>("ipfix");
        ipfix.format.observation_domain =
            nat.get<std::uint32_t>("observation_domain", ipfix.format.observation_domain);
        ipfix.format.template_interval = std::chrono::seconds(60);
        if (const policy::Node every = nat.at("template_every"))
            ipfix.format.template_interval = every.as<base::Duration>();
        config.logs.ipfix = std::move(ipfix);
    }
    const policy::Node rules = section.at("rule_log");
    if (rules) config.logs.rules = log_file_of(rules);
    if (config.logs.nat && config.logs.rules && config.logs.nat->path == config.logs.rules->path) {
        return std::unexpected(rules.at("file").error("two logs in one file", "give each a file of its own"));
    }
    return {};
}

Hugepages hugepages_of(const std::string& text) {
    return text == "required" ? Hugepages::required
           : text == "never"  ? Hugepages::never
                              : Hugepages::automatic;
}

}  // namespace

base::Result<GatewayConfig> load_gateway_config(const std::filesystem::path& file) {
    const auto section = policy::load_config(file, "gateway");
    if (!section) return std::unexpected(section.error());
    GatewayConfig config;
    for (const auto read : {read_legs, read_ports, read_cores}) {
        if (auto status = read(*section, config); !status) return std::unexpected(status.error());
    }
    auto link = process::read_link_section(*section, {});
    if (!link) return std::unexpected(link.error());
    config.link = std::move(*link);
    if (auto status = read_logs(*section, config); !status) return std::unexpected(status.error());
    auto tables = tables::read_attribute_section(section->at("attributes"));
    if (!tables) return std::unexpected(tables.error());
    config.attributes = std::move(*tables);
    dataplane::Gateway::Config& gateway = config.gateway;
    gateway.name = config.link.name;
    gateway.idle_sleep_us = section->get<std::uint32_t>("idle_sleep_us", gateway.idle_sleep_us);
    gateway.max_targets = section->get<std::uint32_t>("max_targets", 16'384);
    gateway.max_sources = section->get<std::uint32_t>("max_sources", 262'144);
    gateway.max_flows = section->get<std::uint32_t>("max_flows", gateway.max_flows);
    gateway.max_firewalls = section->get<std::uint32_t>("max_firewalls", gateway.max_firewalls);
    gateway.max_tenant_filters = section->get<std::uint32_t>("max_tenant_filters", 1024);
    for (const auto& item : section->at("bogon_sources").items()) {
        gateway.bogon_sources.push_back(item.as<net::Prefix>());
    }
    config.hugepages = hugepages_of(section->get<std::string>("hugepages", "auto"));
    config.memory_mb = section->get<std::uint32_t>("memory_mb", config.memory_mb);
    config.metrics_listen = section->get<std::string>("metrics", config.metrics_listen);
    config.log_level = process::read_log_level(*section);
    if (auto status = dataplane::Gateway::validate(gateway); !status) return std::unexpected(status.error());
    return config;
}

}  // namespace sluice::apps::gateway
