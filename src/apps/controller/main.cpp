// sluice-controller: tenants, policy, incidents, mitigations, routes, REST and portal. Composition only.
#include <cstdio>
#include <cstdlib>

#include "apps/controller/controller.hpp"
#include "apps/process/command_line.hpp"
#include "apps/process/shutdown_signal.hpp"

namespace sluice::apps::controller {
namespace {

int fail(const base::Error& error) {
    std::fprintf(stderr, "sluice-controller: %s\n", error.message().c_str());
    return EXIT_FAILURE;
}

int run(const ControllerConfig& config, process::ShutdownSignal& shutdown) {
    const base::SystemClock clock;
    base::SystemRandom random;
    const base::Logger log(base::stderr_sink(config.log_level), clock, "controller");
    Controller controller(config, {clock, random, log, std::string(process::version())});
    if (auto started = controller.start(); !started) return fail(started.error());
    if (!controller.made_password().empty()) {
        std::fprintf(stderr,
                     "\nThe first login is \"%s\" with the password %s\nIt is shown this once; change it "
                     "after signing in.\n\n",
                     config.operator_login.c_str(), controller.made_password().c_str());
    }
    log.info("running", {{"rest", config.rest.http.listen}, {"link", config.link.listen}});
    while (!shutdown.wait(std::chrono::hours(1))) {
    }
    log.info("ending");
    controller.stop();
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace sluice::apps::controller

int main(int argc, char** argv) {
    using namespace sluice::apps;
    process::ShutdownSignal shutdown;
    const auto file =
        process::read_command_line(argc, argv, "Decides what is done about attacks, and shows it.");
    if (!file) return controller::fail(file.error());
    const auto config = controller::load_controller_config(*file);
    if (!config) return controller::fail(config.error());
    return controller::run(*config, shutdown);
}
