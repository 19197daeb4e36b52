#include "apps/sluice/server_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

namespace sluice::apps::sluice {

void add_server_options(CLI::App& command, RestConfig& config) {
    command.add_option("--server", config.server, "the controller's address")
        ->envname("SLUICE_SERVER")
        ->capture_default_str();
    // An argument shows in the process list: the variable is the better way.
    command.add_option("--token", config.token, "API token; better in SLUICE_TOKEN")->envname("SLUICE_TOKEN");
}

int report(const base::Error& error) {
    std::fprintf(stderr, "sluice: %s\n", error.message().c_str());
    return 1;
}

}  // namespace sluice::apps::sluice
