// `sluice replay CAPTURE --config FILE`: what would Sluice have done?
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>

#include "apps/sluice/commands.hpp"
#include "policy/policy_reader.hpp"
#include "replay/replay.hpp"
#include "replay/report.hpp"

namespace sluice::apps::sluice {
namespace {

struct Options {
    std::string capture;
    std::string policy;
    std::string out;
    std::string json;
    std::uint64_t seed = 1;
    bool verbose = false;
};

int refuse(const std::string& text) {
    std::fprintf(stderr, "sluice replay: %s\n", text.c_str());
    return 1;
}

// One line that is written over, only where a person looks at it.
void show_progress(double done, std::string_view what) {
    if (isatty(STDERR_FILENO) == 0) return;
    std::fprintf(stderr, "\r%3.0f %%  %.*s\033[K%s", done * 100, static_cast<int>(what.size()), what.data(),
                 done >= 1.0 ? "\r\033[K" : "");
}

bool write_file(const std::string& path, const std::string& text) {
    if (path == "-") return std::fputs((text + "\n").c_str(), stdout) >= 0;
    std::ofstream file(path, std::ios::trunc);
    file << text << '\n';
    return static_cast<bool>(file.flush());
}

int run(const Options& options) {
    auto tenants = policy::load_policy(options.policy);
    if (!tenants) return refuse(tenants.error().text());

    replay::ReplayConfig config;
    config.seed = options.seed;
    replay::ReplayInput input{
        .capture = options.capture, .tenants = std::move(*tenants), .clean_capture = {}};
    if (!options.out.empty()) input.clean_capture = options.out;
    const base::SystemClock clock;
    const base::Logger log(options.verbose ? base::stderr_sink(base::LogLevel::debug) : base::null_sink(),
                           clock, "replay");
    const auto result = replay::replay(config, input, log, show_progress);
    if (!result) return refuse(result.error().message());
    if (!options.json.empty() && !write_file(options.json, replay::to_json(*result))) {
        return refuse(options.json + ": cannot be written (check the path, its permissions and the disk)");
    }
    if (options.json != "-") std::fputs(replay::to_text(*result).c_str(), stdout);
    return 0;
}

}  // namespace

void add_replay(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("replay", "Play a capture through detector, planner and scrubber in virtual time");
    command->add_option("capture", options->capture, "pcap or pcapng file")->required();
    command->add_option("--config", options->policy, "tenant policy (YAML), as for 'sluice apply'")
        ->required();
    command->add_option("--out", options->out, "write what reaches the customers as a capture");
    command->add_option("--json", options->json, "write the report as JSON; '-' for standard output");
    command->add_option("--seed", options->seed,
                        "of hashes and cookies; the same seed gives the same result");
    command->add_flag("--verbose", options->verbose, "show the log of the services");
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace sluice::apps::sluice
