// The sub-commands of `sluice`: each in a file of its own, each adds itself. `status` becomes the process's
// exit status.
#pragma once

namespace CLI {
class App;
}

namespace sluice::apps::sluice {

void add_replay(CLI::App& app, int& status);
void add_policy(CLI::App& app, int& status);  // plan, apply
void add_ctl(CLI::App& app, int& status);
void add_explain(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);

}  // namespace sluice::apps::sluice
