// `sluice explain --tenant T --packet TEXT`: why was this packet dropped, and what would let it through? By a
// policy file, or by the program of a running controller.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/explain/explanation_json.hpp"
#include "apps/sluice/commands.hpp"
#include "apps/sluice/server_options.hpp"
#include "apps/sluice/tenant_name.hpp"
#include "base/time_text.hpp"
#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/explain/explainer.hpp"
#include "packet/packet_text.hpp"
#include "policy/policy_reader.hpp"
#include "policy/resolver.hpp"
#include "replay/frame_source.hpp"

namespace sluice::apps::sluice {
namespace {

using base::ErrorCode;
using base::fail;
using dataplane::explain::Explainer;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_at_once = 32;  // of the controller's interface

struct Options {
    RestConfig server;
    std::string tenant;
    std::vector<std::string> packets;
    std::string capture;
    std::string policy;
    std::string from;
    std::string at;
    std::vector<std::string> diverted;
    std::vector<std::string> vectors;
    std::vector<std::string> logins;
    std::string countries;
    std::string reputations;
    std::size_t limit = 100;
    bool raw = false;
};

base::Result<base::Timestamp> moment(const Options& options) {
    if (options.at.empty()) return base::SystemClock().wall();
    const auto at = base::parse_rfc3339(options.at);
    if (!at)
        return fail(ErrorCode::invalid_argument, "no time", "--at", "write 2026-11-21T12:00:00Z, in UTC");
    return *at;
}

// Offline: the tenant's program of a policy file, with the targets that are to count as diverted.
base::Result<model::TenantProgram> program_of(const Options& options, base::Timestamp at) {
    auto tenants = policy::load_policy(options.policy);
    if (!tenants) return std::unexpected(tenants.error().to_error());
    const auto tenant = std::ranges::find(*tenants, options.tenant, &model::TenantPolicy::slug);
    if (tenant == tenants->end()) {
        std::string known;
        for (const auto& one : *tenants) known += (known.empty() ? "" : ", ") + one.slug;
        return fail(ErrorCode::not_found, fmt::format("there is no tenant '{}'", options.tenant),
                    options.policy, "one of: " + known);
    }
    std::vector<model::AttackVector> vectors;
    for (const auto& name : options.vectors) {
        const auto vector = model::parse_attack_vector(name);
        if (!vector)
            return fail(ErrorCode::invalid_argument, fmt::format("there is no attack '{}'", name), "--attack",
                        "tcp-syn, udp, dns, ntp …");
        vectors.push_back(*vector);
    }
    std::vector<policy::AttackedTarget> targets;
    for (const auto& text : options.diverted) {
        const auto prefix = net::Prefix::parse(text);
        if (!prefix) return std::unexpected(prefix.error());
        targets.push_back({*prefix, model::MitigationId(targets.size() + 1), vectors});
    }
    return policy::resolve_program(policy::state_of(model::TenantId(1), *tenant), targets, at);
}

// Each packet of the capture, at its own time; the schedules are those of the first one, unless --at says
// otherwise.
base::Status explain_capture(const Options& options, Explainer& explainer, base::Timestamp at,
                             Explainer::Origin from, Json& packets) {
    auto source = replay::FrameSource::open(options.capture);
    if (!source) return std::unexpected(source.error());
    std::optional<base::Timestamp> first;
    while (packets.size() < options.limit) {
        auto frame = source->next();
        if (!frame) return std::unexpected(frame.error());
        if (!*frame) break;
        if (!first) first = (*frame)->at;
        const auto one = explainer.explain_frame((*frame)->bytes, from, at + ((*frame)->at - *first));
        if (!one) return std::unexpected(one.error());
        packets.push_back(api::explain::to_json(*one));
    }
    return {};
}

base::Result<base::Timestamp> first_packet(const std::string& capture) {
    auto source = replay::FrameSource::open(capture);
    if (!source) return std::unexpected(source.error());
    const auto frame = source->next();
    if (!frame) return std::unexpected(frame.error());
    if (!*frame)
        return fail(ErrorCode::invalid_argument, "the capture holds no packet", capture, "give another one");
    return (*frame)->at;
}

// "10.0.0.7=anna@acme.example,finance": an address or a prefix, the user, his groups.
base::Result<Explainer::Config> with_logins(const Options& options, const model::TenantProgram& program,
                                            base::Timestamp at) {
    Explainer::Config config;
    for (const auto& text : options.logins) {
        const auto end = text.find('=');
        const auto prefix = net::Prefix::parse(text.substr(0, end));
        if (end == std::string::npos || !prefix)
            return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no log-in", text), "--login",
                        "write 10.0.0.7=anna@acme.example,finance: an address, the user, his groups");
        model::UserBinding login{program.tenant, *prefix, {}, {}, at, at + std::chrono::hours(24 * 30)};
        std::istringstream names(text.substr(end + 1));
        for (std::string name; std::getline(names, name, ',');)
            (login.user.empty() ? login.user : login.groups.emplace_back()) = name;
        config.users.push_back(std::move(login));
    }
    return config;
}

// What a gateway would have of them.
base::Result<dataplane::attributes::Tables> tables_of(const Options& options) {
    namespace attributes = dataplane::attributes;
    attributes::Tables out;
    const auto text_of = [](const std::string& file) -> base::Result<std::string> {
        std::ifstream in(file, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        if (in) return text;
        return fail(ErrorCode::io, "the file can not be read", file);
    };
    const auto written = [](const std::string& file) {
        std::error_code none;
        const auto at = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(file, none));
        return base::Timestamp(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()));
    };
    if (!options.countries.empty()) {
        const auto text = text_of(options.countries);
        auto table =
            text ? attributes::read_countries(*text, options.countries) : std::unexpected(text.error());
        if (!table) return std::unexpected(table.error());
        out.countries = std::make_shared<attributes::CountryTable>(std::move(*table));
        out.editions.countries = written(options.countries);
    }
    if (!options.reputations.empty()) {
        const auto text = text_of(options.reputations);
        auto table =
            text ? attributes::read_reputations(*text, options.reputations) : std::unexpected(text.error());
        if (!table) return std::unexpected(table.error());
        out.reputations = std::make_shared<attributes::ReputationTable>(std::move(*table));
        out.editions.reputations = written(options.reputations);
    }
    return out;
}

base::Result<Json> explain_here(const Options& options) {
    auto at = moment(options);
    if (at && options.at.empty() && !options.capture.empty()) at = first_packet(options.capture);
    if (!at) return std::unexpected(at.error());
    auto program = program_of(options, *at);
    if (!program) return std::unexpected(program.error());
    auto tables = tables_of(options);
    if (!tables) return std::unexpected(tables.error());
    auto config = with_logins(options, *program, *at);
    if (!config) return std::unexpected(config.error());
    config->tables = std::move(*tables);
    auto explainer = Explainer::make(std::move(*program), *at, std::move(*config));
    if (!explainer) return std::unexpected(explainer.error());
    Explainer::Origin from;
    if (!options.from.empty()) from = options.from;
    Json packets = Json::array();
    for (const auto& text : options.packets) {
        const auto one = explainer->explain_text(text, from, *at);
        if (!one) return std::unexpected(one.error());
        packets.push_back(api::explain::to_json(*one));
    }
    if (!options.capture.empty()) {
        if (auto done = explain_capture(options, *explainer, *at, from, packets); !done)
            return std::unexpected(done.error());
    }
    return Json{{"tenant", options.tenant}, {"at", base::to_rfc3339(*at)}, {"packets", std::move(packets)}};
}

// Frames travel as they are.
base::Status add_frames(const Options& options, Json& packets) {
    auto source = replay::FrameSource::open(options.capture);
    if (!source) return std::unexpected(source.error());
    while (packets.size() < std::min(options.limit, most_at_once)) {
        const auto frame = source->next();
        if (!frame) return std::unexpected(frame.error());
        if (!*frame) break;
        packets.push_back(fmt::format("hex {:02x}", fmt::join((*frame)->bytes, "")));
    }
    return {};
}

base::Result<Json> explain_there(const Options& options) {
    const RestClient client(options.server);
    const auto id = tenant_id(client, options.tenant);
    if (!id) return std::unexpected(id.error());
    Json packets = options.packets;
    if (!options.capture.empty()) {
        if (auto done = add_frames(options, packets); !done) return std::unexpected(done.error());
    }
    Json body{{"packets", std::move(packets)}};
    if (!options.from.empty()) body["from"] = options.from;
    if (!options.at.empty()) body["at"] = options.at;
    const auto answer =
        client.post(fmt::format("/tenants/{}/explain", encoded(*id)), body.dump(), "application/json");
    if (!answer) return std::unexpected(answer.error());
    Json told = Json::parse(answer->body, nullptr, false);
    if (!told.is_object() || !told.contains("packets"))
        return fail(ErrorCode::corrupt, "the server's answer is no explanation", options.server.server);
    return told;
}

// For people

class Paint {
  public:
    Paint() : on_(isatty(STDOUT_FILENO) != 0) {}
    [[nodiscard]] std::string verdict(const std::string& text, const std::string& verdict) const {
        if (!on_) return text;
        const char* colour = verdict == "pass" ? "32" : verdict == "drop" ? "31" : "33";
        return fmt::format("\033[1;{}m{}\033[0m", colour, text);
    }

  private:
    bool on_;
};

std::string text_at(const Json& item, const char* name) {
    const auto found = item.find(name);
    return found != item.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

void print_one(const Json& one, const Paint& paint) {
    const std::string verdict = text_at(one, "verdict");
    const std::string reason = text_at(one, "reason");
    fmt::print("{}\n  from {}\n", text_at(one, "packet"), text_at(one, "from"));
    int number = 0;
    for (const auto& step : one.value("path", Json::array())) {
        const std::string here = text_at(step, "verdict");
        const std::string mark =
            here == "pass" ? "" : paint.verdict(here == "drop" ? "DROPPED " : "ANSWERED ", here);
        const std::string rule = here == "pass" ? "" : text_at(step, "rule");
        fmt::print("  {:2}. {:<10} {}{}{}\n", ++number, text_at(step, "stage"), mark, text_at(step, "text"),
                   rule.empty() ? "" : fmt::format(" [{}]", rule));
    }
    fmt::print("  → {}{}\n", paint.verdict(verdict, verdict), reason.empty() ? "" : " (" + reason + ")");
    if (const std::string sent = text_at(one, "sent"); !sent.empty())
        fmt::print("    {}: {}\n", verdict == "answer" ? "the answer" : "as it leaves", sent);
    for (const auto& change : one.value("changes", Json::array())) {
        if (change.is_string()) fmt::print("    {}\n", change.get<std::string>());
    }
}

int run(const Options& options) {
    if (options.packets.empty() && options.capture.empty())
        return report({ErrorCode::invalid_argument, "no packet", "", "give --packet or --pcap"});
    const auto told = options.policy.empty() ? explain_there(options) : explain_here(options);
    if (!told) return report(told.error());
    if (options.raw) {
        fmt::print("{}\n", told->dump(2, ' ', false, Json::error_handler_t::replace));
        return 0;
    }
    const Paint paint;
    bool first = true;
    for (const auto& one : (*told)["packets"]) {
        if (!first) fmt::print("\n");
        first = false;
        print_one(one, paint);
    }
    for (const auto& table : told->value("tables", Json::array()))
        fmt::print("\n{}\n", text_at(table, "sentence"));
    return 0;
}

}  // namespace

void add_explain(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("explain", "What becomes of a packet, why, and what would change it");
    command->add_option("--tenant", options->tenant, "the customer's slug")->required();
    command->add_option("--packet", options->packets,
                        "a packet in words: 'tcp 198.51.100.7:4242 > 203.0.113.9:443 syn'; again for those "
                        "that follow it");
    command->add_option("--pcap", options->capture, "each packet of this capture");
    command->add_option("--limit", options->limit, "at most so many packets of the capture")
        ->capture_default_str();
    command->add_option("--from", options->from,
                        "'internet' or one of the customer's networks; else where the source belongs");
    command->add_option("--at", options->at,
                        "when, as 2026-11-21T12:00:00Z; else now, or the capture's time");
    auto* policy =
        command->add_option("--policy", options->policy, "by this policy file, without a controller");
    command->add_option("--diverted", options->diverted, "with --policy: traffic to this prefix is scrubbed")
        ->needs(policy);
    command->add_option("--attack", options->vectors, "with --diverted: as if attacked so (tcp-syn, dns …)")
        ->needs(policy);
    command
        ->add_option("--login", options->logins,
                     "with --policy: who is logged in, as 10.0.0.7=anna@acme.example,finance")
        ->needs(policy);
    command->add_option("--countries", options->countries, "with --policy: the gateways' table of countries")
        ->needs(policy);
    command
        ->add_option("--reputations", options->reputations,
                     "with --policy: the gateways' table of reputations")
        ->needs(policy);
    add_server_options(*command, options->server);
    command->add_flag("--json", options->raw, "as the interface gives it");
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace sluice::apps::sluice
