// sluice-collector: flow exports in → findings and traffic out. Composition only.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "apps/collector/baseline_file.hpp"
#include "apps/collector/collector_config.hpp"
#include "apps/collector/collector_metrics.hpp"
#include "apps/collector/finding_printer.hpp"
#include "apps/collector/flow_intake.hpp"
#include "apps/process/command_line.hpp"
#include "apps/process/metrics_server.hpp"
#include "apps/process/shutdown_signal.hpp"
#include "base/random.hpp"
#include "policy/policy_reader.hpp"
#include "policy/resolver.hpp"
#include "rpc/collector_client.hpp"

namespace sluice::apps::collector {
namespace {

constexpr base::Duration metrics_interval = std::chrono::seconds(1);
constexpr int seconds_between_saves = 600;

int fail(const base::Error& error) {
    std::fprintf(stderr, "sluice-collector: %s\n", error.message().c_str());
    return EXIT_FAILURE;
}

// Findings and reports go to the controller, or to standard output when there is none.
class Outlet final : public detection::FindingSink, public detection::ReportSink {
  public:
    Outlet(std::string name, FindingPrinter& printer) : name_(std::move(name)), printer_(printer) {}

    void send_to(rpc::CollectorClient* client) { client_ = client; }
    void count_losses_of(const std::vector<std::unique_ptr<FlowIntake>>& intakes,
                         const telemetry::UdpReceiver& receiver) {
        intakes_ = &intakes;
        receiver_ = &receiver;
    }
    [[nodiscard]] DecoderTotals totals() const {
        DecoderTotals totals;
        for (const auto& intake : *intakes_) totals.add(intake->statistics());
        totals.add(receiver_->statistics());
        return totals;
    }

  private:
    void take(const model::Finding& finding) override {
        if (client_ != nullptr)
            client_->send(finding);
        else
            printer_.print(finding);
    }
    void take(const model::CollectorReport& report) override {
        if (client_ == nullptr) return;
        model::CollectorReport complete = report;
        complete.name = name_;
        complete.losses = losses_of(totals(), report.losses);
        client_->send(complete);
    }

    std::string name_;
    FindingPrinter& printer_;
    rpc::CollectorClient* client_ = nullptr;
    const std::vector<std::unique_ptr<FlowIntake>>* intakes_ = nullptr;
    const telemetry::UdpReceiver* receiver_ = nullptr;
};

class PolicyHandler final : public rpc::CollectorClientHandler {
  public:
    PolicyHandler(detection::Detector& detector, base::Logger log)
        : detector_(detector), log_(std::move(log)) {}

    void on_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version) override {
        log_.info("policies are in force",
                  {{"version", std::to_string(version)}, {"tenants", std::to_string(policies.size())}});
        detector_.set_policies(std::move(policies), version);
    }
    void on_link(bool up) override {
        if (up)
            log_.info("the controller is there");
        else
            log_.warning("the controller is gone; findings are kept until it is back");
    }

  private:
    detection::Detector& detector_;
    base::Logger log_;
};

base::Status use_policy_file(const std::filesystem::path& file, detection::Detector& detector) {
    const auto tenants = policy::load_policy(file);
    if (!tenants) return std::unexpected(tenants.error().to_error());
    std::vector<model::DetectionPolicy> policies;
    for (const auto& tenant : *tenants) {
        const auto state = policy::state_of(model::TenantId(policies.size() + 1), tenant);
        policies.push_back(policy::resolve_detection(state, 1));
    }
    detector.set_policies(std::move(policies), 1);
    return {};
}

// Keeps what was learned over restarts; a store that fails costs the learned thresholds, never the detection.
class BaselineKeeper {
  public:
    BaselineKeeper(const std::string& file, detection::Detector& detector, base::Logger log)
        : detector_(detector), log_(std::move(log)) {
        if (!file.empty()) file_ = std::make_unique<BaselineFile>(file);
    }
    void load() {
        if (!file_) return;
        const auto text = file_->load();
        if (!text) return log_.error(text.error().message());
        if (!*text) return;
        if (auto status = detector_.load_baselines(**text); !status) log_.error(status.error().message());
    }
    void save() {
        if (!file_) return;
        if (auto status = file_->save(detector_.save_baselines()); !status) {
            log_.error(status.error().message());
        }
    }

  private:
    detection::Detector& detector_;
    base::Logger log_;
    std::unique_ptr<BaselineFile> file_;
};

std::vector<std::unique_ptr<FlowIntake>> make_intakes(const CollectorConfig& config, base::Random& random,
                                                      detection::Detector& detector) {
    std::vector<std::unique_ptr<FlowIntake>> intakes;
    for (std::uint32_t i = 0; i < config.receiver.threads; ++i) {
        const auto core = config.cores.empty() ? std::nullopt : std::optional(config.cores[i]);
        intakes.push_back(std::make_unique<FlowIntake>(config.decoder, random, detector.ingest(i), core));
    }
    return intakes;
}

void serve(process::ShutdownSignal& shutdown, const telemetry::UdpReceiver& receiver, const Outlet& outlet,
           const detection::Detector& detector, CollectorMetrics& metrics, BaselineKeeper& baselines) {
    for (int second = 1; !shutdown.wait(metrics_interval); ++second) {
        metrics.update(outlet.totals(), receiver.statistics(), detector.stats());
        if (second % seconds_between_saves == 0) baselines.save();
    }
}

int run(const CollectorConfig& config, process::ShutdownSignal& shutdown) {
    const base::SystemClock clock;
    base::SystemRandom random;
    base::MetricRegistry registry;
    const base::Logger log(base::stderr_sink(config.log_level), clock, "collector");
    CollectorMetrics metrics(registry);
    FindingPrinter printer;
    Outlet outlet(config.detector.name, printer);
    detection::Detector detector(config.detector, {clock, random, outlet, outlet});
    const auto intakes = make_intakes(config, random, detector);
    std::vector<telemetry::DatagramHandler*> handlers;
    for (const auto& intake : intakes) handlers.push_back(intake.get());
    telemetry::UdpReceiver receiver(config.receiver, {clock, handlers});
    outlet.count_losses_of(intakes, receiver);
    PolicyHandler handler(detector, log);
    std::unique_ptr<rpc::CollectorClient> client;
    if (config.link) {
        client = std::make_unique<rpc::CollectorClient>(
            *config.link, rpc::CollectorClient::Dependencies{handler, clock, log.named("link"), registry});
        outlet.send_to(client.get());
    }
    process::MetricsServer metrics_server(config.metrics_listen, registry);
    BaselineKeeper baselines(config.baselines_file, detector, log);

    baselines.load();
    if (config.policy) {
        if (auto status = use_policy_file(*config.policy, detector); !status) return fail(status.error());
    }
    if (auto status = metrics_server.start(); !status) return fail(status.error());
    if (auto status = receiver.start(); !status) return fail(status.error());
    printer.start();
    if (auto status = detector.start(); !status) return fail(status.error());
    if (client) {
        if (auto status = client->start(); !status) return fail(status.error());
    }
    log.info("running", {{"name", config.detector.name}, {"threads", std::to_string(handlers.size())}});
    serve(shutdown, receiver, outlet, detector, metrics, baselines);
    log.info("ending");
    receiver.stop();
    detector.stop();
    if (client) client->stop();
    printer.stop();
    metrics_server.stop();
    baselines.save();
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace sluice::apps::collector

int main(int argc, char** argv) {
    using namespace sluice::apps;
    process::ShutdownSignal shutdown;
    const auto file =
        process::read_command_line(argc, argv, "Finds attacks in what routers report of their traffic.");
    if (!file) return collector::fail(file.error());
    const auto config = collector::load_collector_config(*file);
    if (!config) return collector::fail(config.error());
    return collector::run(*config, shutdown);
}
