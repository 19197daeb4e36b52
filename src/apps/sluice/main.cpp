// sluice: the command line. Composition only; each sub-command is a file beside this one.
#include <CLI/CLI.hpp>

#include "apps/sluice/commands.hpp"

int main(int argc, char** argv) {
    CLI::App app{"Sluice, clean pipes from inside the provider's network."};
    app.set_version_flag("--version", SLUICE_VERSION);
    app.require_subcommand(1);
    int status = 0;
    sluice::apps::sluice::add_run(app, status);
    sluice::apps::sluice::add_policy(app, status);
    sluice::apps::sluice::add_ctl(app, status);
    sluice::apps::sluice::add_replay(app, status);
    sluice::apps::sluice::add_explain(app, status);
    CLI11_PARSE(app, argc, argv);
    return status;
}
