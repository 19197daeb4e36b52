// `sluice plan FILE` and `sluice apply FILE`: the customers' policy against what is in force.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/sluice/commands.hpp"
#include "apps/sluice/server_options.hpp"
#include "policy/policy_reader.hpp"

namespace sluice::apps::sluice {
namespace {

struct Options {
    RestConfig server;
    std::string file;
    std::string reason;
    std::string if_match;
};

const char* const yaml = "application/yaml";

// Checked here first: the errors name lines of the person's own file, and a wrong one never leaves the
// machine.
base::Result<std::string> read_checked(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
        return base::fail(base::ErrorCode::io, "the policy cannot be read", path,
                          "check the path and its permissions");
    policy::Problems warnings;
    if (const auto policy = policy::read_policy(text.str(), path, &warnings); !policy)
        return std::unexpected(policy.error().to_error());
    for (const auto& warning : warnings.errors()) fmt::print(stderr, "warning: {}\n", warning.message());
    return text.str();
}

std::string value(const nlohmann::json& change, const char* name) {
    const auto found = change.find(name);
    return found == change.end() || !found->is_string() ? std::string("–") : found->get<std::string>();
}

void print_changes(const RestAnswer& answer) {
    const auto plan = nlohmann::json::parse(answer.body, nullptr, false);
    const auto changes =
        plan.is_object() ? plan.value("changes", nlohmann::json::array()) : nlohmann::json::array();
    for (const auto& change : changes) {
        const std::string action = value(change, "action");
        const char mark = action == "add" ? '+' : action == "remove" ? '-' : '~';
        // A firewall's changes are sentences: its values alone say little to a person.
        if (value(change, "path").starts_with("firewall")) {
            fmt::print("{} {}\n", mark, value(change, "sentence"));
            continue;
        }
        fmt::print("{} {} {}", mark, value(change, "tenant_slug"), value(change, "path"));
        if (mark != '+') fmt::print("  {}", value(change, "before"));
        if (mark == '~') fmt::print(" →");
        if (mark != '-') fmt::print("  {}", value(change, "after"));
        fmt::print("\n");
    }
    const bool applied = plan.is_object() && plan.value("applied", false);
    if (changes.empty()) {
        fmt::print("nothing to change: this is what is in force\n");
    } else {
        fmt::print("{} change{} {}\n", changes.size(), changes.size() == 1 ? "" : "s",
                   applied ? "applied" : "planned");
    }
    if (!applied && !answer.etag.empty()) fmt::print("planned against version {}\n", answer.etag);
}

int plan(const Options& options) {
    const auto text = read_checked(options.file);
    if (!text) return report(text.error());
    const auto answer = RestClient(options.server).post("/policy/plan", *text, yaml);
    if (!answer) return report(answer.error());
    print_changes(*answer);
    return 0;
}

int apply(const Options& options) {
    const auto text = read_checked(options.file);
    if (!text) return report(text.error());
    const std::string query = options.reason.empty() ? "" : "?reason=" + encoded(options.reason);
    const auto answer = RestClient(options.server).put("/policy" + query, *text, yaml, options.if_match);
    if (!answer) return report(answer.error());
    print_changes(*answer);
    return 0;
}

}  // namespace

void add_policy(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* plan_command = app.add_subcommand("plan", "Show what applying a policy would change");
    add_server_options(*plan_command, options->server);
    plan_command->add_option("file", options->file, "tenant policy (YAML)")->required();
    plan_command->callback([options, &status] { status = plan(*options); });

    CLI::App* apply_command = app.add_subcommand("apply", "Apply a policy: the whole of it, or nothing");
    add_server_options(*apply_command, options->server);
    apply_command->add_option("file", options->file, "tenant policy (YAML)")->required();
    apply_command->add_option("--reason", options->reason, "why; kept in the audit trail");
    apply_command->add_option("--if-version", options->if_match,
                              "apply only to this version, as 'sluice plan' printed it");
    apply_command->callback([options, &status] { status = apply(*options); });
}

}  // namespace sluice::apps::sluice
