// `sluice ctl …`: what is going on, and the few things that a person must be able to do when the portal is
// out of reach.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "apps/sluice/commands.hpp"
#include "apps/sluice/server_options.hpp"
#include "apps/sluice/tenant_name.hpp"
#include "base/rate.hpp"

namespace sluice::apps::sluice {
namespace {

using nlohmann::json;

struct Options {
    RestConfig server;
    std::string id;
    std::string reason;
    std::string level;
    std::vector<std::string> watch;
    std::string tenant;
    std::string user;
    std::vector<std::string> groups;
    std::uint32_t hours = 8;
    bool watch_none = false;
    bool raw = false;
};

// A column of a list: its heading and how it is read from an item.
struct Column {
    const char* heading;
    int width;
    std::string (*text)(const json& item);
};

std::string text_at(const json& item, const char* name) {
    const auto found = item.find(name);
    if (found == item.end() || found->is_null()) return "–";
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string names_at(const json& item, const char* name) {
    std::string text;
    for (const auto& one : item.value(name, json::array()))
        text += (text.empty() ? "" : ", ") + (one.is_string() ? one.get<std::string>() : one.dump());
    return text;
}

std::string rate_at(const json& item, const char* name) {
    const auto found = item.find(name);
    if (found == item.end() || !found->is_object()) return "–";
    return base::format_rate(found->value("packets_per_s", std::uint64_t{0}), base::RateUnit::packets_per_s);
}

constexpr Column incident_columns[] = {
    {"incident", 13, [](const json& item) { return text_at(item, "id"); }},
    {"state", 7, [](const json& item) { return text_at(item, "state"); }},
    {"tenant", 18, [](const json& item) { return text_at(item, "tenant_name"); }},
    {"peak", 10, [](const json& item) { return rate_at(item, "peak"); }},
    {"since", 25, [](const json& item) { return text_at(item, "started_at"); }},
    {"what", 40, [](const json& item) { return text_at(item, "title"); }},
};
constexpr Column mitigation_columns[] = {
    {"mitigation", 14, [](const json& item) { return text_at(item, "id"); }},
    {"state", 10, [](const json& item) { return text_at(item, "state"); }},
    {"kind", 10, [](const json& item) { return text_at(item, "kind"); }},
    {"tenant", 18, [](const json& item) { return text_at(item, "tenant_name"); }},
    {"target", 22, [](const json& item) { return text_at(item, "target"); }},
    {"guard", 9, [](const json& item) { return text_at(item.value("guard", json::object()), "level"); }},
    {"expires", 25, [](const json& item) { return text_at(item, "expires_at"); }},
    {"why", 40, [](const json& item) { return text_at(item, "reason"); }},
};
constexpr Column gateway_columns[] = {
    {"gateway", 16, [](const json& item) { return text_at(item, "name"); }},
    {"up", 6, [](const json& item) { return text_at(item, "up"); }},
    {"targets", 8, [](const json& item) { return text_at(item, "targets"); }},
    {"passed", 10, [](const json& item) { return rate_at(item, "passed_rate"); }},
    {"dropped", 10, [](const json& item) { return rate_at(item, "dropped_rate"); }},
    {"last seen", 25, [](const json& item) { return text_at(item, "last_seen_at"); }},
};
constexpr Column alarm_columns[] = {
    {"since", 25, [](const json& item) { return text_at(item, "since"); }},
    {"alarm", 80, [](const json& item) { return text_at(item, "sentence"); }},
};

constexpr Column login_columns[] = {
    {"address", 22, [](const json& item) { return text_at(item, "prefix"); }},
    {"user", 28, [](const json& item) { return text_at(item, "user"); }},
    {"since", 25, [](const json& item) { return text_at(item, "since"); }},
    {"until", 25, [](const json& item) { return text_at(item, "expires_at"); }},
    {"groups", 30, [](const json& item) { return names_at(item, "groups"); }},
};

struct List {
    const char* name;
    const char* help;
    const char* path;
    std::span<const Column> columns;
};
constexpr List lists[] = {
    {"incidents", "List attacks, newest first", "/incidents", incident_columns},
    {"mitigations", "List mitigations, newest first", "/mitigations", mitigation_columns},
    {"gateways", "List gateways and their health", "/gateways", gateway_columns},
    {"alarms", "List what needs a person", "/alarms", alarm_columns},
};

void print_items(const json& items, std::span<const Column> columns) {
    for (const auto& item : items) {
        for (const Column& column : columns) fmt::print("{:<{}} ", column.text(item), column.width);
        fmt::print("\n");
    }
}

int show(const Options& options, const List& list) {
    const auto answer = RestClient(options.server).get(list.path);
    if (!answer) return report(answer.error());
    if (options.raw) {
        fmt::print("{}\n", answer->body);
        return 0;
    }
    const json page = json::parse(answer->body, nullptr, false);
    const json items = page.is_object() ? page.value("items", json::array()) : json::array();
    for (const Column& column : list.columns) fmt::print("{:<{}} ", column.heading, column.width);
    fmt::print("\n");
    print_items(items, list.columns);
    return 0;
}

// All pages of who is logged in at the customer's addresses.
int show_logins(const Options& options) {
    const RestClient client(options.server);
    const auto tenant = tenant_id(client, options.tenant);
    if (!tenant) return report(tenant.error());
    for (const Column& column : login_columns) fmt::print("{:<{}} ", column.heading, column.width);
    fmt::print("\n");
    std::string cursor;
    do {
        const auto answer = client.get(fmt::format("/tenants/{}/user-bindings?limit=200{}", encoded(*tenant),
                                                   cursor.empty() ? "" : "&cursor=" + encoded(cursor)));
        if (!answer) return report(answer.error());
        const json page = json::parse(answer->body, nullptr, false);
        if (!page.is_object()) break;
        print_items(page.value("items", json::array()), login_columns);
        const auto next = page.find("next_cursor");
        cursor = next != page.end() && next->is_string() ? next->get<std::string>() : "";
    } while (!cursor.empty());
    return 0;
}

// The address as a path has it.
std::string binding_path(const std::string& tenant, std::string address) {
    std::ranges::replace(address, '/', '-');
    return fmt::format("/tenants/{}/user-bindings/{}", encoded(tenant), encoded(address));
}

int log_in(const Options& options) {
    const RestClient client(options.server);
    const auto tenant = tenant_id(client, options.tenant);
    if (!tenant) return report(tenant.error());
    const json body{{"user", options.user}, {"groups", options.groups}, {"lifetime_s", options.hours * 3600}};
    const auto answer = client.put(binding_path(*tenant, options.id), body.dump(), "application/json", {});
    if (!answer) return report(answer.error());
    const json now = json::parse(answer->body, nullptr, false);
    fmt::print("{}: {} until {}\n", text_at(now, "prefix"), text_at(now, "user"), text_at(now, "expires_at"));
    return 0;
}

int log_out(const Options& options) {
    const RestClient client(options.server);
    const auto tenant = tenant_id(client, options.tenant);
    if (!tenant) return report(tenant.error());
    const auto answer = client.remove(binding_path(*tenant, options.id));
    if (!answer) return report(answer.error());
    fmt::print("{}: nobody\n", options.id);
    return 0;
}

int change(const Options& options, const char* verb) {
    const json body{{"reason", options.reason}};
    const auto answer = RestClient(options.server)
                            .post(fmt::format("/mitigations/{}/{}", encoded(options.id), verb), body.dump(),
                                  "application/json");
    if (!answer) return report(answer.error());
    fmt::print("{}: {}\n", options.id, std::string_view(verb) == "approve" ? "approved" : "withdrawn");
    return 0;
}

int set_guard(const Options& options) {
    json body{{"reason", options.reason}};
    if (!options.level.empty()) body["level"] = options.level;
    if (!options.watch.empty() || options.watch_none) body["watch"] = options.watch;
    const auto answer =
        RestClient(options.server)
            .post(fmt::format("/mitigations/{}/guard", encoded(options.id)), body.dump(), "application/json");
    if (!answer) return report(answer.error());
    const json now = json::parse(answer->body, nullptr, false);
    const json summary = now.is_object() ? now.value("summary", json::object()) : json::object();
    const json guard = summary.value("guard", json::object());
    std::string watched;
    for (const auto& stage : guard.value("watch", json::array()))
        watched += (watched.empty() ? "" : ", ") + stage.get<std::string>();
    fmt::print("{}: level {}{}{}\n", options.id, text_at(guard, "level"),
               guard.value("pinned", false) ? ", pinned" : ", by itself",
               watched.empty() ? "" : "; only watched: " + watched);
    return 0;
}

void add_guard(CLI::App& ctl, const std::shared_ptr<Options>& options, int& status) {
    CLI::App* command = ctl.add_subcommand("guard", "Set how far the guard of a diversion goes");
    add_server_options(*command, options->server);
    command->add_option("mitigation", options->id, "its id, as in mitigation-12")->required();
    auto* level = command->add_option("--level", options->level, "auto, analysis, basic or strong")
                      ->check(CLI::IsMember({"auto", "analysis", "basic", "strong"}));
    auto* watch =
        command->add_option("--watch", options->watch, "a stage that only counts what it would drop")
            ->check(CLI::IsMember({"reflection", "verify", "anomaly", "protocol", "rate"}));
    auto* none = command->add_flag("--watch-none", options->watch_none, "every stage drops again");
    watch->excludes(none);
    command->add_option("--reason", options->reason, "why; kept in the audit trail")->required();
    command->callback([options, &status, level, watch, none] {
        if (level->empty() && watch->empty() && none->empty())
            throw CLI::ValidationError("guard", "name --level, --watch or --watch-none");
        status = set_guard(*options);
    });
}

void add_logins(CLI::App& ctl, const std::shared_ptr<Options>& options, int& status) {
    const auto add = [&](const char* name, const char* help) {
        CLI::App* command = ctl.add_subcommand(name, help);
        add_server_options(*command, options->server);
        command->add_option("--tenant", options->tenant, "the customer's slug or id")->required();
        return command;
    };
    add("logins", "List who is logged in at a customer's addresses")->callback([options, &status] {
        status = show_logins(*options);
    });
    CLI::App* login = add("login", "Say who is logged in at an address: rules that name him follow");
    login->add_option("address", options->id, "10.0.0.7, or a network as 10.0.1.0/24")->required();
    login->add_option("--user", options->user, "as rules name him")->required();
    login->add_option("--group", options->groups, "his groups; may be repeated");
    login->add_option("--hours", options->hours, "how long")
        ->check(CLI::Range(1, 720))
        ->capture_default_str();
    login->callback([options, &status] { status = log_in(*options); });
    CLI::App* logout = add("logout", "Say that nobody is logged in at an address any more");
    logout->add_option("address", options->id, "as it was given")->required();
    logout->callback([options, &status] { status = log_out(*options); });
}

}  // namespace

void add_ctl(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* ctl = app.add_subcommand("ctl", "See and steer a running controller");
    ctl->require_subcommand(1);
    for (const List& list : lists) {
        CLI::App* command = ctl->add_subcommand(list.name, list.help);
        add_server_options(*command, options->server);
        command->add_flag("--json", options->raw, "as the interface gives it");
        command->callback([options, &status, &list] { status = show(*options, list); });
    }
    for (const char* verb : {"approve", "withdraw"}) {
        CLI::App* command = ctl->add_subcommand(verb, fmt::format("{} a mitigation", verb));
        add_server_options(*command, options->server);
        command->add_option("mitigation", options->id, "its id, as in mitigation-12")->required();
        command->add_option("--reason", options->reason, "why; kept in the audit trail")->required();
        command->callback([options, &status, verb] { status = change(*options, verb); });
    }
    add_guard(*ctl, options, status);
    add_logins(*ctl, options, status);
}

}  // namespace sluice::apps::sluice
