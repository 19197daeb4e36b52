// Which controller a command talks to, and as whom: --server and --token, or SLUICE_SERVER and SLUICE_TOKEN.
#pragma once

#include "apps/sluice/rest_client.hpp"

namespace CLI {
class App;
}

namespace sluice::apps::sluice {

// `config` lives as long as the command line is parsed and run.
void add_server_options(CLI::App& command, RestConfig& config);
// Prints the error and gives the exit status.
int report(const base::Error& error);

}  // namespace sluice::apps::sluice
