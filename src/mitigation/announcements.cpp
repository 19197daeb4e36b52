#include "mitigation/announcements.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "mitigation/gate.hpp"
#include "mitigation/gateway_watch.hpp"
#include "mitigation/retry_book.hpp"

namespace sluice::mitigation {
namespace {

using model::Mitigation;
using model::MitigationId;
using model::MitigationKind;
using model::Route;

constexpr std::size_t batch = 256;  // routes that the speaker is given at once

base::Duration ms(std::uint32_t value) {
    return std::chrono::milliseconds(value);
}

bool same(const Route& a, const Route& b) {
    return a.kind == b.kind && a.key() == b.key() && a.next_hop == b.next_hop &&
           a.communities == b.communities && a.rule.rate_limit_bytes_per_s == b.rule.rate_limit_bytes_per_s;
}

}  // namespace

base::Status validate(const AnnouncementsConfig& config) {
    if (config.retry_ms < 10 || config.retry_ms > config.max_retry_ms || config.idle_ms < 100) {
        return base::fail(base::ErrorCode::invalid_argument,
                          "retry_ms is below 10 or above max_retry_ms, or idle_ms below 100", "announcements",
                          "leave them out");
    }
    return {};
}

class Announcements::Impl {
  public:
    Impl(AnnouncementsConfig config, const ServiceConfig& service, Dependencies dependencies)
        : config_(config),
          d_(std::move(dependencies)),
          log_(d_.log.named("announcements")),
          blackhole_communities_(service.blackhole.communities),
          gate_(service, d_.prefixes),
          announced_gauge_(d_.metrics.gauge("sluice_routes_announced", "Routes that the speaker has taken")),
          announces_(d_.metrics.counter("sluice_route_announces_total", "Routes announced")),
          withdraws_(d_.metrics.counter("sluice_route_withdraws_total", "Routes withdrawn")),
          failures_(d_.metrics.counter("sluice_route_failures_total", "Calls to the speaker that failed")),
          gate_refusals_(
              d_.metrics.counter("sluice_gate_refusals_total",
                                 "Routes that the last check stopped: a defect, or a change of consent "
                                 "under way")),
          retries_(config_.retry_ms, config_.max_retry_ms),
          gateway_watch_(d_.gateways, d_.mitigations) {}

    base::Status start();
    void stop();
    base::Instant step();
    std::vector<AnnouncedRoute> announced() const {
        const std::lock_guard lock(announced_mutex_);
        std::vector<AnnouncedRoute> result;
        for (const auto& [key, entry] : announced_) {
            if (entry.certain) result.push_back({entry.mitigation, entry.route, entry.since});
        }
        return result;
    }

  private:
    struct Desired {
        Mitigation mitigation;
        Route route;
    };
    struct Announced {
        MitigationId mitigation;  // none: a leftover whose mitigation is not known
        Route route;
        base::Timestamp since{};
        bool certain = true;  // false: the speaker did not answer, it may have taken the route or not
    };
    // Outlives this object in callbacks that are under way when it stops.
    struct Waker {
        std::mutex mutex;
        std::condition_variable condition;
        bool woken = false;
        bool stopping = false;

        void wake() {
            {
                const std::lock_guard lock(mutex);
                woken = true;
            }
            condition.notify_all();
        }
    };
    using DesiredRoutes = std::map<std::string, Desired>;

    void run();
    [[nodiscard]] DesiredRoutes desired(const std::vector<InForce>& in_force, base::Timestamp now);
    [[nodiscard]] std::optional<Route> route_of(const InForce& entry);
    // Whether exactly this is announced already.
    [[nodiscard]] bool stands(const Mitigation& mitigation, const Route& route) const {
        const auto it = announced_.find(route.key());
        return it != announced_.end() && it->second.certain && it->second.mitigation == mitigation.id &&
               same(it->second.route, route);
    }
    void note_unserved(const Mitigation& mitigation, bool unserved);
    // False when the speaker is not there or does not answer.
    bool follow_speaker();
    bool list_speaker(bool new_session);
    void withdraw_undesired(const DesiredRoutes& desired, const std::vector<InForce>& in_force);
    void announce_missing(const DesiredRoutes& desired);
    bool note_announced(const std::string& key, const Desired& want, const base::Status& answer);
    bool note_withdrawn(const std::string& key, MitigationId mitigation, bool wanted,
                        const base::Status& answer);
    [[nodiscard]] bool kept_in_grace(const Announced& entry, const std::vector<InForce>& in_force) const;
    // Counts, alarms and sets the time of the next try. True when the speaker itself seems gone.
    bool failed(const std::string& key, const base::Error& error, const char* what);
    void succeeded(const std::string& key);
    [[nodiscard]] base::Instant next_due(const std::vector<InForce>& in_force) const;

    const AnnouncementsConfig config_;
    Dependencies d_;
    const base::Logger log_;
    const std::vector<std::uint32_t> blackhole_communities_;
    const Gate gate_;
    base::Gauge& announced_gauge_;
    base::Counter& announces_;
    base::Counter& withdraws_;
    base::Counter& failures_;
    base::Counter& gate_refusals_;

    std::mutex step_mutex_;
    // With step_mutex_:
    std::optional<base::Instant> first_step_;
    std::optional<std::uint64_t> session_;
    RetryBook retries_;
    base::Instant listed_at_{};
    base::Instant list_retry_at_{};
    GatewayWatch gateway_watch_;
    std::set<MitigationId> unserved_;
    std::set<std::string> refused_;  // mitigation and reason: each is logged once

    mutable std::mutex announced_mutex_;  // written with step_mutex_ held, too
    std::map<std::string, Announced> announced_;

    const std::shared_ptr<Waker> waker_ = std::make_shared<Waker>();
    std::thread thread_;
};

base::Status Announcements::Impl::start() {
    if (auto status = validate(config_); !status) return status;
    waker_->stopping = false;
    const auto wake = [waker = waker_] { waker->wake(); };
    d_.mitigations.on_change(wake);
    d_.gateways.on_change(wake);
    d_.announcer.on_state_change(wake);
    thread_ = std::thread([this] { run(); });
    return {};
}

void Announcements::Impl::stop() {
    if (!thread_.joinable()) return;
    d_.mitigations.on_change({});
    d_.gateways.on_change({});
    d_.announcer.on_state_change({});
    {
        const std::lock_guard lock(waker_->mutex);
        waker_->stopping = true;
    }
    waker_->condition.notify_all();
    thread_.join();
}

void Announcements::Impl::run() {
    std::unique_lock lock(waker_->mutex);
    while (!waker_->stopping) {
        waker_->woken = false;
        lock.unlock();
        const auto next = step();
        lock.lock();
        const auto pause = std::max(next - d_.clock.now(), base::Duration(std::chrono::milliseconds(1)));
        waker_->condition.wait_for(lock, pause, [this] { return waker_->woken || waker_->stopping; });
    }
}

base::Instant Announcements::Impl::step() {
    const std::lock_guard lock(step_mutex_);
    if (!first_step_) first_step_ = d_.clock.now();
    const auto now = d_.clock.wall();
    gateway_watch_.step(now);
    const auto in_force = d_.mitigations.in_force();
    const bool connected = follow_speaker();  // first: what stands is judged by what the speaker has
    const auto routes = desired(in_force, now);
    if (connected) {
        announce_missing(routes);
        withdraw_undesired(routes, in_force);
    }
    announced_gauge_.set(static_cast<double>(announced_.size()));
    return next_due(in_force);
}

std::optional<Route> Announcements::Impl::route_of(const InForce& entry) {
    const auto& m = entry.mitigation;
    Route route;
    route.kind = m.kind;
    route.prefix = m.target;
    if (m.kind == MitigationKind::blackhole) route.communities = blackhole_communities_;
    if (m.kind == MitigationKind::flowspec) route.rule = m.rule;
    if (m.kind != MitigationKind::divert) return route;

    if (entry.generation == 0) return std::nullopt;  // no program contains its target yet
    const bool v4 = m.target.is_v4();
    std::string preferred;  // the one that has the traffic keeps it
    if (const auto it = announced_.find(route.key()); it != announced_.end())
        preferred = gateway_watch_.at(it->second.route.next_hop);
    const auto gateway =
        d_.gateways.choose(v4 ? net::Family::ipv4 : net::Family::ipv6, m.tenant, entry.generation, preferred);
    note_unserved(m, !gateway);
    if (!gateway) return std::nullopt;
    route.next_hop = v4 ? gateway->next_hop : gateway->next_hop6;
    return route;
}

void Announcements::Impl::note_unserved(const Mitigation& mitigation, bool unserved) {
    if (unserved) {
        unserved_.insert(mitigation.id);
    } else {
        unserved_.erase(mitigation.id);
    }
}

Announcements::Impl::DesiredRoutes Announcements::Impl::desired(const std::vector<InForce>& in_force,
                                                                base::Timestamp now) {
    DesiredRoutes routes;
    std::map<model::TenantId, std::uint32_t> of_tenant;
    std::uint32_t total = 0;
    std::set<MitigationId> known;
    std::set<std::string> refused_now;
    for (const auto& entry : in_force) {  // by id: when a limit is reached, the older ones stay
        known.insert(entry.mitigation.id);
        const auto route = route_of(entry);
        if (!route) continue;
        const AnnouncedCount others{of_tenant[entry.mitigation.tenant], total};
        if (const auto status = gate_.check(entry.mitigation, *route, others, now);
            !status &&
            !(status.error().code == base::ErrorCode::unavailable && stands(entry.mitigation, *route))) {
            const std::string text = status.error().message();
            refused_now.insert(text);
            if (!refused_.contains(text)) {
                gate_refusals_.add();
                log_.warning("a route was stopped by the last check", {{"why", text}});
            }
            continue;
        }
        auto& slot = routes[route->key()];
        const bool taken = !slot.mitigation.id.is_none();
        // Where both are wanted, giving up the target wins over cleaning it; else the older one counts.
        if (taken &&
            (route->kind != MitigationKind::blackhole || slot.route.kind == MitigationKind::blackhole)) {
            continue;
        }
        if (taken) --of_tenant[slot.mitigation.tenant];
        if (!taken) ++total;
        ++of_tenant[entry.mitigation.tenant];
        slot = {entry.mitigation, *route};
    }
    refused_ = std::move(refused_now);
    std::erase_if(unserved_, [&](MitigationId id) { return !known.contains(id); });
    const bool grace = d_.clock.now() - *first_step_ < ms(config_.start_grace_ms);
    d_.mitigations.set_alarm({.code = "no-gateway",
                              .subject = "",
                              .raised = !unserved_.empty() && !grace,
                              .critical = true,
                              .sentence =
                                  "A mitigation has no gateway that could take its traffic: its target is "
                                  "not protected.",
                              .what_to_do = "Start a gateway, or look why none acknowledges its program."});
    return routes;
}

bool Announcements::Impl::follow_speaker() {
    const auto state = d_.announcer.state();
    d_.mitigations.set_alarm(
        {.code = "speaker-down",
         .subject = "",
         .raised = !state.connected,
         .critical = true,
         .sentence = "The BGP speaker does not answer: " + state.detail,
         .what_to_do = "What is announced stays as it is, nothing new can be. Look at gobgpd."});
    d_.mitigations.set_alarm(
        {.code = "bgp-session-down",
         .subject = "",
         .raised = state.connected && (state.peers == 0 || state.peers_established < state.peers),
         .critical = state.peers_established == 0,
         .sentence = "A BGP session is not established: " + state.detail,
         .what_to_do = "Look at the speaker's neighbours, and at the routers."});
    if (!state.connected) return false;
    const bool same_session = session_ == state.session;
    if (same_session && d_.clock.now() - listed_at_ < ms(config_.relist_ms)) return true;
    if (d_.clock.now() < list_retry_at_) return same_session;
    if (!list_speaker(!same_session)) return same_session;
    session_ = state.session;
    return true;
}

bool Announcements::Impl::list_speaker(bool new_session) {
    const auto listed = d_.announcer.announced();
    if (!listed) {
        failures_.add();
        list_retry_at_ = d_.clock.now() + ms(config_.retry_ms);
        log_.warning("the speaker's routes could not be listed", {{"why", listed.error().message()}});
        return false;
    }
    std::map<std::string, Announced> now;
    for (const auto& route : *listed) {
        const auto known = announced_.find(route.key());
        const bool ours = known != announced_.end() && same(known->second.route, route);
        now[route.key()] = ours ? known->second : Announced{MitigationId{}, route, d_.clock.wall(), true};
        now[route.key()].certain = true;
    }
    listed_at_ = d_.clock.now();
    if (new_session) {
        log_.info("a new session with the speaker", {{"routes", std::to_string(now.size())}});
        retries_.make_all_due();
    }
    const std::lock_guard lock(announced_mutex_);
    announced_ = std::move(now);
    return true;
}

bool Announcements::Impl::failed(const std::string& key, const base::Error& error, const char* what) {
    failures_.add();
    if (retries_.failed(key, d_.clock.now())) log_.warning(what, {{"route", key}, {"why", error.message()}});
    d_.mitigations.set_alarm({.code = "announce-failed",
                              .subject = key,
                              .raised = true,
                              .critical = true,
                              .sentence = std::string(what) + ": " + error.message(),
                              .what_to_do = "It is tried again. Look at the BGP speaker."});
    return error.code == base::ErrorCode::unavailable;
}

void Announcements::Impl::succeeded(const std::string& key) {
    if (!retries_.succeeded(key)) return;
    d_.mitigations.set_alarm({.code = "announce-failed", .subject = key, .raised = false});
}

void Announcements::Impl::announce_missing(const DesiredRoutes& desired) {
    std::vector<const DesiredRoutes::value_type*> missing;
    for (const auto& item : desired) {
        const auto& [key, want] = item;
        const auto have = announced_.find(key);
        if (have == announced_.end() || !have->second.certain || !same(have->second.route, want.route)) {
            if (retries_.due(key, d_.clock.now())) missing.push_back(&item);
        } else if (have->second.mitigation != want.mitigation.id) {
            // Left by an earlier life of the controller, or by a mitigation that this one replaces.
            const std::lock_guard lock(announced_mutex_);
            have->second.mitigation = want.mitigation.id;
            d_.mitigations.announced(want.mitigation.id, want.route, d_.clock.wall());
        }
    }
    for (std::size_t first = 0; first < missing.size(); first += batch) {
        const auto last = std::min(first + batch, missing.size());
        std::vector<Route> routes;
        for (auto i = first; i < last; ++i) routes.push_back(missing[i]->second.route);
        const auto answers = d_.announcer.announce_all(routes);
        bool gone = false;
        for (auto i = first; i < last; ++i) {
            gone |= note_announced(missing[i]->first, missing[i]->second, answers[i - first]);
        }
        if (gone) return;
    }
}

// True when the speaker seems to be gone.
bool Announcements::Impl::note_announced(const std::string& key, const Desired& want,
                                         const base::Status& answer) {
    const auto now = d_.clock.wall();
    if (!answer) {
        const bool gone = failed(key, answer.error(), "A route could not be announced");
        if (gone) {
            const std::lock_guard lock(announced_mutex_);
            announced_[key] = {want.mitigation.id, want.route, now, false};
        }
        return gone;
    }
    announces_.add();
    succeeded(key);
    {
        const std::lock_guard lock(announced_mutex_);
        announced_[key] = {want.mitigation.id, want.route, now, true};
    }
    log_.info("announced",
              {{"route", key},
               {"next_hop", want.route.next_hop.is_none() ? "" : want.route.next_hop.to_string()},
               {"mitigation", want.mitigation.id.to_string()}});
    d_.mitigations.announced(want.mitigation.id, want.route, now);
    return false;
}

bool Announcements::Impl::kept_in_grace(const Announced& entry, const std::vector<InForce>& in_force) const {
    if (d_.clock.now() - *first_step_ >= ms(config_.start_grace_ms)) return false;
    // Only the gateway is missing: with the next hop that it has, the route must still pass the last check.
    return std::ranges::any_of(in_force, [&](const InForce& live) {
        return live.mitigation.kind == MitigationKind::divert && entry.route.kind == MitigationKind::divert &&
               live.mitigation.target == entry.route.prefix &&
               gate_.check(live.mitigation, entry.route, {}, d_.clock.wall()).has_value();
    });
}

void Announcements::Impl::withdraw_undesired(const DesiredRoutes& desired,
                                             const std::vector<InForce>& in_force) {
    std::vector<std::pair<std::string, Announced>> undesired;
    for (const auto& [key, entry] : announced_) {
        if (!desired.contains(key) && !kept_in_grace(entry, in_force) && retries_.due(key, d_.clock.now()))
            undesired.emplace_back(key, entry);
    }
    std::set<MitigationId> wanted;
    // An expired one is on its way out: the service says so itself at its next tick.
    for (const auto& live : in_force) {
        if (live.mitigation.expires_at > d_.clock.wall()) wanted.insert(live.mitigation.id);
    }
    for (std::size_t first = 0; first < undesired.size(); first += batch) {
        const auto last = std::min(first + batch, undesired.size());
        std::vector<Route> routes;
        for (auto i = first; i < last; ++i) routes.push_back(undesired[i].second.route);
        const auto answers = d_.announcer.withdraw_all(routes);
        bool gone = false;
        for (auto i = first; i < last; ++i) {
            const auto& [key, entry] = undesired[i];
            gone |=
                note_withdrawn(key, entry.mitigation, wanted.contains(entry.mitigation), answers[i - first]);
        }
        if (gone) break;
    }
    // Alarms of routes that nobody wants any more.
    const auto over = [&](const std::string& key) {
        return !desired.contains(key) && !announced_.contains(key);
    };
    for (const auto& key : retries_.forget(over))
        d_.mitigations.set_alarm({.code = "announce-failed", .subject = key, .raised = false});
}

// True when the speaker seems to be gone.
bool Announcements::Impl::note_withdrawn(const std::string& key, MitigationId mitigation, bool wanted,
                                         const base::Status& answer) {
    if (!answer) return failed(key, answer.error(), "A route could not be withdrawn");
    withdraws_.add();
    succeeded(key);
    {
        const std::lock_guard lock(announced_mutex_);
        announced_.erase(key);
    }
    log_.info("withdrawn", {{"route", key}, {"mitigation", mitigation.to_string()}});
    if (wanted) {
        d_.mitigations.lost(mitigation, "its route was withdrawn: no gateway can take its traffic",
                            d_.clock.wall());
    }
    return false;
}

base::Instant Announcements::Impl::next_due(const std::vector<InForce>& in_force) const {
    const auto now = d_.clock.now();
    const auto wall = d_.clock.wall();
    auto next = now + ms(config_.idle_ms);
    const auto consider = [&](base::Instant at) {
        if (at > now) next = std::min(next, at);
    };
    if (const auto deadline = d_.gateways.next_deadline()) consider(*deadline);
    retries_.each_time(consider);
    consider(list_retry_at_);
    consider(listed_at_ + ms(config_.relist_ms));
    consider(*first_step_ + ms(config_.start_grace_ms));
    for (const auto& entry : in_force) {
        if (entry.mitigation.expires_at > wall) consider(now + (entry.mitigation.expires_at - wall));
    }
    return next;
}

Announcements::Announcements(AnnouncementsConfig config, const ServiceConfig& service,
                             Dependencies dependencies)
    : impl_(std::make_unique<Impl>(config, service, std::move(dependencies))) {}

Announcements::~Announcements() {
    stop();
}

base::Status Announcements::start() {
    return impl_->start();
}

void Announcements::stop() {
    impl_->stop();
}

base::Instant Announcements::step() {
    return impl_->step();
}

std::vector<AnnouncedRoute> Announcements::announced() const {
    return impl_->announced();
}

}  // namespace sluice::mitigation
