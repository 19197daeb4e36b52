#include "apps/controller/controller.hpp"

#include <filesystem>
#include <optional>
#include <span>

#include "api/explain/table_shelf.hpp"
#include "api/firewall/firewall_board.hpp"
#include "api/system/alarm_board.hpp"
#include "api/system/platform_health.hpp"
#include "api/traffic/traffic_recorder.hpp"
#include "api/webhooks/http_webhook_sender.hpp"
#include "api/webhooks/webhook_notifier.hpp"
#include "apps/controller/finding_inbox.hpp"
#include "apps/controller/first_operator.hpp"
#include "apps/controller/health_watch.hpp"
#include "apps/controller/link_events.hpp"
#include "apps/controller/policy_changes.hpp"
#include "apps/controller/policy_spread.hpp"
#include "apps/controller/prefix_board.hpp"
#include "apps/controller/response_bridge.hpp"
#include "apps/controller/speaker_watch.hpp"
#include "apps/controller/ticker.hpp"
#include "incident/event_hub.hpp"
#include "incident/incident_service.hpp"
#include "incident/webhook.hpp"
#include "mitigation/mitigation_repository.hpp"
#include "policy/policy_reader.hpp"
#include "store/embedded_store.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/policy_service.hpp"
#include "tenancy/user_binding_service.hpp"
#include "tenancy/user_service.hpp"

namespace sluice::apps::controller {

// In the order in which they need each other; destroyed the other way round.
class Controller::Parts {
  public:
    Parts(const ControllerConfig& config, const Dependencies& dependencies,
          std::unique_ptr<store::EmbeddedStore> store)
        : config_(config),
          dependencies_(dependencies),
          store_(std::move(store)),
          announcer_(make_announcer()) {
        bridge_.bind(incidents_, mitigations_);
        programs_.bind(link_);
        logins_.bind(link_);
    }

    base::Status start();
    void stop();
    base::Result<std::string> prepare();

    [[nodiscard]] std::uint16_t rest_port() const { return rest_.port(); }
    [[nodiscard]] std::uint16_t link_port() const { return link_.port(); }
    [[nodiscard]] const std::vector<api::Route>& routes() const { return rest_.routes(); }

  private:
    std::unique_ptr<mitigation::Announcer> make_announcer();
    base::Status apply_policy_file();
    void every_second();
    void watch_store();

    const ControllerConfig& config_;
    const Dependencies& dependencies_;
    const base::Clock& clock_ = dependencies_.clock;
    const base::Logger& log_ = dependencies_.log;
    base::MetricRegistry metrics_;
    std::unique_ptr<store::EmbeddedStore> store_;

    tenancy::UnitOfWork& work_ = store_->tenancy();
    incident::EventRepository& event_store_ = store_->events();
    incident::WebhookRepository& webhook_store_ = store_->webhooks();
    tenancy::TrafficRepository& traffic_store_ = store_->traffic();

    tenancy::PasswordHasher hasher_{{}};
    tenancy::PolicyBoard board_{work_};
    tenancy::DirectoryService directory_{{}, {work_, board_, clock_}};
    tenancy::UserService users_{{}, {work_, hasher_, clock_}};
    LinkLogins logins_;
    tenancy::UserBindingService user_bindings_{{}, {work_, clock_, logins_}};
    tenancy::AuthenticationService authentication_{config_.authentication,
                                                   {work_, hasher_, dependencies_.random, clock_}};
    tenancy::PolicyService policy_{{}, {work_, board_, dependencies_.random, clock_, changes_in_words}};
    tenancy::AuditLog audit_{{work_, clock_}};

    incident::EventHub events_{{}, {event_store_, log_.named("events"), metrics_}};
    api::system::AlarmBoard alarms_{{}, {events_, clock_, log_.named("alarms"), metrics_}};
    api::system::PlatformHealth health_{
        {.gateway_silent_ms = config_.gateways.silent_ms, .collector_silent_ms = config_.collector_silent_ms},
        clock_};
    api::traffic::TrafficRecorder traffic_{{},
                                           {traffic_store_, board_, clock_, log_.named("traffic"), metrics_}};
    api::firewall::FirewallBoard firewalls_{
        {.gateway_silent_ms = config_.gateways.silent_ms}, clock_, metrics_};
    api::firewall::AttackerBoard attackers_{{.gateway_silent_ms = config_.gateways.silent_ms},
                                            {events_, clock_, metrics_}};
    api::webhooks::HttpWebhookSender webhook_sender_{
        {.private_networks = config_.webhooks_to_private_networks}};
    api::webhooks::WebhookNotifier webhooks_{
        {},
        {events_, webhook_store_, webhook_sender_, alarms_, model::TenantScope::provider(), clock_,
         log_.named("webhooks"), metrics_}};

    ResponseBridge bridge_{events_, alarms_, audit_};
    PrefixBoard prefixes_{board_};
    PolicyResolver resolver_{board_, clock_};
    LinkPrograms programs_{health_};
    mitigation::ProgramBook book_{resolver_, programs_, clock_};
    mitigation::MitigationService mitigations_{config_.mitigation,
                                               {store_->mitigations(), prefixes_, book_, bridge_, bridge_,
                                                clock_, log_.named("mitigation"), metrics_}};
    incident::IncidentService incidents_{
        {}, {store_->incidents(), events_, bridge_, clock_, log_.named("incident"), metrics_}};
    mitigation::GatewayRegistry gateways_{config_.gateways, clock_};
    std::unique_ptr<mitigation::Announcer> announcer_;
    mitigation::Announcements announcements_{
        config_.announcements,
        config_.mitigation,
        {mitigations_, gateways_, prefixes_, *announcer_, clock_, log_.named("announcements"), metrics_}};
    SpeakerWatch speakers_{config_.speaker ? config_.speaker->server : std::string{}, *announcer_,
                           announcements_};

    static constexpr std::size_t most_findings = 1024;  // that wait
    FindingInbox findings_{most_findings, [this](std::span<const model::Finding> findings) {
                               incidents_.on_findings(findings);
                           }};
    LinkEvents link_events_{{findings_, mitigations_, gateways_, health_, traffic_, firewalls_, attackers_,
                             events_, clock_, log_.named("link")}};
    rpc::LinkServer link_{config_.link, {link_events_, clock_, log_.named("link"), metrics_}};
    PolicySpread spread_{
        {board_, book_, mitigations_, link_, health_, events_, clock_, log_.named("policy")}};
    HealthWatch watch_{{config_.data_directory, config_.disk_reserve_bytes}, health_, alarms_, free_bytes_of};

    api::explain::TableShelf tables_;
    tables::AttributeFiles table_files_{
        config_.attributes,
        {[this](dataplane::attributes::Tables read) { tables_.put(std::move(read)); }, clock_,
         log_.named("attributes"), metrics_, "controller"}};
    api::Services services_{authentication_,
                            directory_,
                            users_,
                            user_bindings_,
                            policy_,
                            board_,
                            audit_,
                            incidents_,
                            events_,
                            event_store_,
                            webhook_store_,
                            mitigations_,
                            book_,
                            traffic_store_,
                            traffic_,
                            firewalls_,
                            attackers_,
                            tables_,
                            health_,
                            speakers_,
                            alarms_,
                            clock_,
                            dependencies_.random,
                            log_.named("api"),
                            metrics_,
                            dependencies_.version,
                            clock_.wall()};
    api::RestServer rest_{config_.rest, services_};

    int seconds_ = 0;
    bool store_fails_ = false;
    Ticker fast_{std::chrono::milliseconds(50), [this] { mitigations_.tick(); }};
    Ticker slow_{std::chrono::seconds(1), [this] { every_second(); }};
};

std::unique_ptr<mitigation::Announcer> Controller::Parts::make_announcer() {
    if (!config_.speaker) return std::make_unique<NoSpeaker>();
    return std::make_unique<rpc::GobgpAnnouncer>(
        *config_.speaker, rpc::GobgpAnnouncer::Dependencies{log_.named("speaker"), metrics_});
}

void Controller::Parts::every_second() {
    incidents_.tick();
    spread_.step();
    (void)user_bindings_.expire();  // its failure is in the store's health
    watch_.on_store("traffic", traffic_.step());
    watch_store();
    watch_.step();
    constexpr int clean_up_every_s = 300;
    // Its failure is in the store's health.
    if (++seconds_ % clean_up_every_s == 0) (void)authentication_.clean_up();
}

// A store that fails is tried each second, so that its recovery is seen without waiting for a change; one
// that works now and then, so that a failure is known before somebody needs it.
void Controller::Parts::watch_store() {
    constexpr int probe_every_s = 5;
    if (!store_fails_ && !store_->health().error && seconds_ % probe_every_s != 0) return;
    const auto probed = store_->probe();
    store_fails_ = !probed;
    watch_.on_store("state", probed);
}

base::Status Controller::Parts::apply_policy_file() {
    const auto state = board_.current();
    if (config_.policy_file.empty() || (state && !state->tenants.empty())) return {};
    const auto tenants = policy::load_policy(config_.policy_file);
    if (!tenants) return std::unexpected(tenants.error().to_error());
    const auto applied = policy_.apply(tenancy::platform_caller("configuration"), *tenants, std::nullopt,
                                       "policy_file of the first start");
    if (!applied) return std::unexpected(applied.error());
    log_.info("the policy file is applied",
              {{"file", config_.policy_file}, {"tenants", std::to_string(tenants->size())}});
    return {};
}

base::Result<std::string> Controller::Parts::prepare() {
    if (auto done = board_.load(); !done) return std::unexpected(done.error());
    auto password = ensure_first_operator(users_, dependencies_.random, config_.operator_login,
                                          config_.operator_password_file);
    if (!password) return std::unexpected(password.error());
    if (auto done = apply_policy_file(); !done) return std::unexpected(done.error());
    return password;
}

base::Status Controller::Parts::start() {
    if (auto done = mitigations_.start(); !done) return done;
    if (auto done = incidents_.start(); !done) return done;
    spread_.start();
    const auto logins = user_bindings_.all();
    if (!logins) return std::unexpected(logins.error());
    link_.set_bindings(*logins);
    findings_.start();
    table_files_.start();
    if (auto done = link_.start(); !done) return done;
    if (auto* speaker = dynamic_cast<rpc::GobgpAnnouncer*>(announcer_.get())) {
        if (auto done = speaker->start(); !done) return done;
    }
    if (auto done = announcements_.start(); !done) return done;
    if (auto done = webhooks_.start(); !done) return done;
    fast_.start();
    slow_.start();
    return rest_.start();
}

void Controller::Parts::stop() {
    events_.stop();
    rest_.stop();
    slow_.stop();
    fast_.stop();
    webhooks_.stop();
    findings_.stop();  // before the link, whose calls may wait for room
    link_.stop();
    table_files_.stop();
    announcements_.stop();
    if (auto* speaker = dynamic_cast<rpc::GobgpAnnouncer*>(announcer_.get())) speaker->stop();
    incidents_.stop();
    mitigations_.stop();
}

Controller::Controller(ControllerConfig config, Dependencies dependencies)
    : config_(std::move(config)), dependencies_(std::move(dependencies)) {}

Controller::~Controller() {
    stop();
}

base::Status Controller::start() {
    auto store = store::EmbeddedStore::open({.folder = config_.data_directory});
    if (!store) return std::unexpected(store.error());
    for (const auto& note : (*store)->notes()) dependencies_.log.warning(note);
    parts_ = std::make_unique<Parts>(config_, dependencies_, std::move(*store));
    auto password = parts_->prepare();
    if (!password) return std::unexpected(password.error());
    made_password_ = std::move(*password);
    return parts_->start();
}

void Controller::stop() {
    if (!parts_) return;
    parts_->stop();
    parts_.reset();
}

std::uint16_t Controller::rest_port() const {
    return parts_->rest_port();
}
std::uint16_t Controller::link_port() const {
    return parts_->link_port();
}
const std::vector<api::Route>& Controller::routes() const {
    return parts_->routes();
}
const std::string& Controller::made_password() const {
    return made_password_;
}

}  // namespace sluice::apps::controller
