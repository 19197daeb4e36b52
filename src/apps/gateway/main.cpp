// sluice-gateway: packets in → clean packets out, as the controller's programs say. Composition only.
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "apps/gateway/gateway_config.hpp"
#include "apps/gateway/gateway_metrics.hpp"
#include "apps/gateway/record_log.hpp"
#include "apps/process/command_line.hpp"
#include "apps/process/metrics_server.hpp"
#include "apps/process/shutdown_signal.hpp"
#include "apps/tables/attribute_files.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "packet/eal.hpp"
#include "rpc/gateway_client.hpp"

namespace sluice::apps::gateway {
namespace {

constexpr base::Duration report_interval = std::chrono::milliseconds(200);

int fail(const base::Error& error) {
    std::fprintf(stderr, "sluice-gateway: %s\n", error.message().c_str());
    return EXIT_FAILURE;
}

struct Legs {
    std::unique_ptr<packet::Eal> eal;
    std::unique_ptr<packet::Device> dirty;
    std::unique_ptr<packet::Device> clean;  // nullptr: the dirty leg goes both ways
    std::vector<std::unique_ptr<packet::Device>> customers;

    [[nodiscard]] std::vector<dataplane::WorkerPorts> ports(std::uint16_t workers) const {
        std::vector<dataplane::WorkerPorts> all;
        for (std::uint16_t i = 0; i < workers; ++i) {
            all.push_back({&dirty->queue(i), clean ? &clean->queue(i) : &dirty->queue(i), {}});
            for (const auto& port : customers) all.back().customers.push_back(&port->queue(i));
        }
        return all;
    }
};

base::Result<Legs> open_legs(const GatewayConfig& config, const base::Logger& log) {
    packet::Eal::Config eal;
    eal.memory_mb = config.memory_mb;
    eal.pci = packet::is_pci(config.dirty.device) || (config.clean && packet::is_pci(config.clean->device));
    for (const auto& port : config.ports) eal.pci = eal.pci || packet::is_pci(port.device.device);
    eal.hugepages =
        config.hugepages == Hugepages::required ||
        (config.hugepages == Hugepages::automatic && packet::Eal::hugepages_free(config.memory_mb));
    Legs legs;
    auto started = packet::Eal::start(eal);
    if (!started) return std::unexpected(started.error());
    legs.eal = std::move(*started);
    auto dirty = packet::Device::open(*legs.eal, config.dirty);
    if (!dirty) return std::unexpected(dirty.error());
    legs.dirty = std::move(*dirty);
    if (config.clean) {
        auto clean = packet::Device::open(*legs.eal, *config.clean);
        if (!clean) return std::unexpected(clean.error());
        legs.clean = std::move(*clean);
    }
    for (const auto& port : config.ports) {
        auto device = packet::Device::open(*legs.eal, port.device);
        if (!device) return std::unexpected(device.error());
        legs.customers.push_back(std::move(*device));
    }
    const auto spread = [&](const std::string& name, const packet::Device& device) {
        if (device.receive_queues() >= config.dirty.queues) return;
        log.warning(
            "fewer queues than workers: only the traffic of customers with a firewall reaches all workers",
            {{"leg", name}, {"queues", std::to_string(device.receive_queues())}});
    };
    spread("dirty", *legs.dirty);
    if (legs.clean) spread("clean", *legs.clean);
    log.info("legs are open", {{"dirty", config.dirty.device},
                               {"clean", config.clean ? config.clean->device : config.dirty.device},
                               {"ports", std::to_string(legs.customers.size())},
                               {"hugepages", eal.hugepages ? "yes" : "no"}});
    return legs;
}

// What an operator has to see to, from wherever it comes.
struct Troubles {
    const RecordLog& records;
    const tables::AttributeFiles& attributes;

    void add_to(std::string& all) const {
        for (const std::string& one : {attributes.trouble(), records.trouble()}) {
            if (one.empty()) continue;
            if (!all.empty()) all += "; ";
            all += one;
        }
    }
};

model::GatewayReport report_of(const dataplane::Gateway& gateway, const Troubles& troubles) {
    auto report = gateway.report();
    troubles.add_to(report.trouble);
    return report;
}

// Programs from the controller go straight into force, and the acknowledgement straight back.
class ProgramHandler final : public rpc::GatewayClientHandler {
  public:
    ProgramHandler(dataplane::Gateway& gateway, const Troubles& troubles, GatewayMetrics& metrics,
                   base::Logger log)
        : gateway_(gateway), troubles_(troubles), metrics_(metrics), log_(std::move(log)) {}

    void answer_by(rpc::GatewayClient& client) { client_ = &client; }

    void on_programs(rpc::ProgramUpdate update) override {
        const auto refused = gateway_.apply(update.programs, update.removed, update.full, update.generation);
        for (const auto& program : refused) {
            log_.error("a program is refused: " + program.why, {{"tenant", program.tenant.to_string()}});
        }
        metrics_.refused_programs(refused.size());
        log_.info("programs are in force", {{"generation", std::to_string(update.generation)},
                                            {"tenants", std::to_string(update.programs.size())},
                                            {"full", update.full ? "yes" : "no"}});
        client_->send(report_of(gateway_, troubles_));
    }
    void on_bindings(model::UserBindingUpdate update) override {
        gateway_.apply(update);
        log_.debug("log-ins are in force", {{"generation", std::to_string(update.generation)},
                                            {"changed", std::to_string(update.bindings.size())},
                                            {"ended", std::to_string(update.ended.size())},
                                            {"full", update.full ? "yes" : "no"}});
    }
    void on_link(bool up) override {
        if (up) {
            log_.info("the controller is there");
        } else {
            log_.warning("the controller is gone; the programs stay in force");
        }
    }

  private:
    dataplane::Gateway& gateway_;
    const Troubles& troubles_;
    GatewayMetrics& metrics_;
    base::Logger log_;
    rpc::GatewayClient* client_ = nullptr;
};

int run(const GatewayConfig& config, process::ShutdownSignal& shutdown) {
    const base::SystemClock clock;
    base::SystemRandom random;
    base::MetricRegistry registry;
    const base::Logger log(base::stderr_sink(config.log_level), clock, "gateway");

    auto legs = open_legs(config, log);
    if (!legs) return fail(legs.error());
    dataplane::Gateway::Config gateway_config = config.gateway;
    gateway_config.dirty_mac = config.dirty_mac.value_or(legs->dirty->mac());
    gateway_config.way.source =
        config.clean_mac.value_or(legs->clean ? legs->clean->mac() : gateway_config.dirty_mac);
    if (gateway_config.internet_way) gateway_config.internet_way->source = gateway_config.dirty_mac;
    for (std::size_t i = 0; i < config.ports.size(); ++i) {
        gateway_config.customer_ports[i].mac = config.ports[i].mac.value_or(legs->customers[i]->mac());
    }
    dataplane::Gateway gateway(gateway_config, {legs->ports(config.dirty.queues), clock, random});
    GatewayMetrics metrics(registry);
    RecordLog records(config.logs, {gateway, clock, log.named("records"), registry});
    tables::AttributeFiles attributes(config.attributes, {[&](dataplane::attributes::Tables read) {
                                                              gateway.set_attributes(std::move(read));
                                                          },
                                                          clock, log.named("attributes"), registry});
    const Troubles troubles{records, attributes};
    ProgramHandler handler(gateway, troubles, metrics, log);
    rpc::GatewayClient client(config.link, {handler, clock, log.named("link"), registry});
    handler.answer_by(client);
    process::MetricsServer metrics_server(config.metrics_listen, registry);

    if (auto status = gateway.start(); !status) return fail(status.error());
    if (auto status = records.start(); !status) return fail(status.error());
    attributes.start();
    if (auto status = metrics_server.start(); !status) return fail(status.error());
    if (auto status = client.start(); !status) return fail(status.error());
    log.info("running", {{"name", config.gateway.name}, {"workers", std::to_string(config.dirty.queues)}});
    while (!shutdown.wait(report_interval)) {
        gateway.expire_users();
        const auto report = report_of(gateway, troubles);
        client.send(report);
        metrics.update(report, gateway);
        metrics.update(gateway.firewall_totals());
        metrics.update("dirty", legs->dirty->counters());
        if (legs->clean) metrics.update("clean", legs->clean->counters());
        for (std::size_t i = 0; i < config.ports.size(); ++i) {
            metrics.update(config.ports[i].name, legs->customers[i]->counters());
        }
    }
    log.info("ending");
    client.stop();
    attributes.stop();
    metrics_server.stop();
    gateway.stop();
    records.stop();
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace sluice::apps::gateway

int main(int argc, char** argv) {
    using namespace sluice::apps;
    process::ShutdownSignal shutdown;
    const auto file =
        process::read_command_line(argc, argv, "Scrubs diverted traffic as the controller says.");
    if (!file) return gateway::fail(file.error());
    const auto config = gateway::load_gateway_config(*file);
    if (!config) return gateway::fail(config.error());
    return gateway::run(*config, shutdown);
}
