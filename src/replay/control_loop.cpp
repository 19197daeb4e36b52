#include "replay/control_loop.hpp"

#include <algorithm>

#include "store/sqlite/schema.hpp"

namespace sluice::replay {
namespace {

const char* const gateway_name = "replay";
// Next hops that say what they are: discard-only (RFC 6666) and its IPv4 counterpart (RFC 7600 uses
// 192.0.0.0/24).
const net::Address next_hop = net::Address::v4(0xc0000008U);
const net::Address next_hop6 = net::Address::parse("100::1").value();

}  // namespace

ControlLoop::ControlLoop(const ReplayConfig& config, TenantDirectory& tenants, dataplane::Engine& engine,
                         const base::Clock& clock, const base::Logger& log)
    : clock_(clock),
      tenants_(tenants),
      engine_(engine),
      network_(clock, std::chrono::milliseconds{config.route_delay_ms}),
      database_(
          store::sqlite::Database::open({.file = ":memory:"}, store::sqlite::state_migrations()).value()),
      incident_repository_(*database_),
      mitigation_repository_(*database_),
      gateways_({}, clock),
      book_(tenants, *this, clock),
      mitigations_(config.mitigations, {.repository = mitigation_repository_,
                                        .prefixes = tenants,
                                        .programs = book_,
                                        .audit = *this,
                                        .observer = *this,
                                        .clock = clock,
                                        .log = log.named("mitigation"),
                                        .metrics = metrics_}),
      incidents_(config.incidents, {.repository = incident_repository_,
                                    .events = *this,
                                    .response = *this,
                                    .clock = clock,
                                    .log = log.named("incident"),
                                    .metrics = metrics_}),
      announcements_({.start_grace_ms = 0}, config.mitigations,
                     {.mitigations = mitigations_,
                      .gateways = gateways_,
                      .prefixes = tenants,
                      .announcer = network_,
                      .clock = clock,
                      .log = log.named("announcements"),
                      .metrics = metrics_}) {}

ControlLoop::~ControlLoop() = default;

base::Status ControlLoop::start() {
    if (auto started = mitigations_.start(); !started) return started;
    if (auto started = incidents_.start(); !started) return started;
    for (const auto& tenant : tenants_.tenants()) {
        if (auto made = book_.refresh(tenant.tenant.id); !made) return std::unexpected(made.error());
    }
    load_programs();
    return status_;
}

void ControlLoop::take(const model::Finding& finding) {
    incidents_.on_finding(finding);
}

void ControlLoop::tick() {
    incidents_.tick();
    mitigations_.tick();
    load_programs();
    model::GatewayReport report = engine_.report();
    report.name = gateway_name;
    report.diversion_next_hop = next_hop;
    report.diversion_next_hop6 = next_hop6;
    report.at = clock_.wall();
    report.generation = generation_;
    gateways_.on_report(report);
    mitigations_.on_gateway_report(report);
    announcements_.step();
}

// Loading is put off to the tick, so that several changes of one moment are compiled once.
void ControlLoop::load_programs() {
    std::uint64_t newest = 0;
    std::vector<model::TenantProgram> all;
    for (const auto& [tenant, program] : programs_) {
        newest = std::max(newest, program.generation);
        all.push_back(program);
    }
    if (newest == generation_) return;
    if (auto loaded = engine_.load(all, clock_.wall()); !loaded) {
        if (status_) status_ = loaded;
        return;
    }
    generation_ = newest;
}

bool ControlLoop::at_rest() const {
    if (!mitigations_.in_force().empty() || !announcements_.announced().empty()) return false;
    const auto open = incidents_.list(model::TenantScope::provider(),
                                      {.tenant = {}, .not_closed_only = true, .before = {}, .limit = 1});
    return open.has_value() && open->empty();
}

base::Result<std::vector<model::Incident>> ControlLoop::incidents() const {
    return incidents_.list(model::TenantScope::provider(),
                           {.tenant = {}, .not_closed_only = false, .before = {}, .limit = 10'000});
}

base::Result<std::vector<model::Mitigation>> ControlLoop::mitigations() const {
    return mitigations_.list(
        model::TenantScope::provider(),
        {.tenant = {}, .incident = {}, .live_only = false, .before = {}, .limit = 10'000});
}

std::vector<model::TenantProgram> ControlLoop::programs_at_their_fullest() const {
    std::vector<model::TenantProgram> programs;
    for (const auto& [tenant, program] : fullest_) programs.push_back(program);
    return programs;
}

void ControlLoop::publish(model::Event event) {
    event.sequence = timeline_.size() + 1;
    timeline_.push_back(std::move(event));
}

void ControlLoop::on_incident(const model::Incident& incident) {
    mitigations_.on_incident(incident);
}
bool ControlLoop::any_live(model::IncidentId incident) {
    return mitigations_.any_live(incident);
}

base::Status ControlLoop::record(const model::TenantScope& /*scope*/, std::string_view /*actor*/,
                                 std::string_view /*action*/, const model::Mitigation& /*mitigation*/,
                                 std::string_view /*text*/) {
    return {};  // nobody acts in a replay; the timeline tells what was done by itself
}

void ControlLoop::on_mitigation(const model::Mitigation& mitigation, mitigation::MitigationChange change,
                                const std::string& text, base::Timestamp at) {
    const std::string kind = "mitigation." + std::string(mitigation::to_string(change));
    incidents_.note(mitigation.incident, kind, text, at);
    publish({.at = at,
             .kind = kind,
             .tenant = mitigation.tenant,
             .incident = mitigation.incident,
             .mitigation = mitigation.id,
             .text = text});
}

void ControlLoop::on_refusal(model::TenantId tenant, model::IncidentId incident, const std::string& text,
                             base::Timestamp at) {
    incidents_.note(incident, "mitigation.refused", text, at);
    publish({.at = at, .kind = "mitigation.refused", .tenant = tenant, .incident = incident, .text = text});
}

void ControlLoop::on_alarm(const mitigation::Alarm& alarm, base::Timestamp at) {
    publish({.at = at, .kind = alarm.raised ? "alarm.raised" : "alarm.cleared", .text = alarm.sentence});
}

void ControlLoop::on_gateway(const std::string& /*name*/, bool /*healthy*/, base::Timestamp /*at*/) {}

void ControlLoop::on_program(const model::TenantProgram& program) {
    programs_[program.tenant] = program;
    if (program.targets.empty()) return;
    // The newest program, with the targets of earlier ones that it does not have any more.
    model::TenantProgram merged = program;
    const model::TenantProgram& before = fullest_[program.tenant];
    bool fell = false;
    for (const auto& earlier : before.targets) {
        const auto now = std::find_if(merged.targets.begin(), merged.targets.end(),
                                      [&](const auto& target) { return target.prefix == earlier.prefix; });
        if (now == merged.targets.end()) {
            merged.targets.push_back(earlier);
        } else if (now->profile.level < earlier.profile.level) {
            *now = earlier;
            fell = true;
        }
    }
    // Filters are the whole tenant's: where a target's guard fell, those of its higher level still count.
    if (fell) merged.filters = before.filters;
    fullest_[program.tenant] = std::move(merged);
}

void ControlLoop::on_program_removed(model::TenantId tenant, std::uint64_t /*generation*/) {
    programs_.erase(tenant);
}

}  // namespace sluice::replay
