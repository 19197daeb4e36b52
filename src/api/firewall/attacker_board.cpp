#include "api/firewall/attacker_board.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::api::firewall {
namespace {

// Reports may be lost, and a gateway may begin anew: then a host is gone for a moment.
constexpr std::chrono::seconds patience{5};

std::string_view action_words(const model::OutboundAttacker& attacker) {
    switch (attacker.action) {
        case model::OutboundAction::block:
            return "It opens no new connections until it stops; those that are open go on.";
        case model::OutboundAction::limit:
            return "It opens only a few new connections until it stops; those that are open go on.";
        default:
            return "Nothing is held back.";
    }
}

}  // namespace

std::string sentence_of(const model::OutboundAttacker& attacker) {
    return fmt::format("{} attacks others: it {}. {}", attacker.address.to_string(),
                       model::sentence(attacker.conduct), action_words(attacker));
}

AttackerBoard::AttackerBoard(Config config, Dependencies dependencies)
    : config_(config),
      dependencies_(dependencies),
      refused_(dependencies.metrics.counter("sluice_attackers_refused_total",
                                            "Attacking hosts that gateways named beyond a limit")) {}

void AttackerBoard::on_gateway_report(const model::GatewayReport& report) {
    const std::lock_guard lock(mutex_);
    if (!gateways_.contains(report.name) && gateways_.size() >= config_.max_gateways) {
        refused_.add();
        return;
    }
    Gateway& gateway = gateways_[report.name];
    gateway.seen = dependencies_.clock.now();
    gateway.attackers.clear();
    for (const auto& attacker : report.attackers) {
        if (gateway.attackers.size() >= config_.max_attackers) {
            refused_.add();
            continue;
        }
        const Host host{attacker.tenant, attacker.address};
        gateway.attackers.insert_or_assign(host, attacker);
        Told& told = told_[host];
        if (told.seen == base::Instant{}) begin(attacker, told);
        told.last = attacker;
        told.seen = gateway.seen;
    }
    if (!told_.empty()) end_absent(gateway.seen);
    dependencies_.metrics
        .gauge("sluice_attackers", "Hosts of customers that attack others now", {{"gateway", report.name}})
        .set(static_cast<double>(gateway.attackers.size()));
}

void AttackerBoard::begin(const model::OutboundAttacker& attacker, Told& told) {
    told.was_told = may_tell(attacker.tenant);
    if (told.was_told) publish(attacker, "attacker.named", sentence_of(attacker));
}

void AttackerBoard::end_absent(base::Instant now) {
    std::erase_if(told_, [&](const auto& entry) {
        const Told& told = entry.second;
        if (now - told.seen < patience) return false;
        if (told.was_told)
            publish(told.last, "attacker.over",
                    fmt::format("{} does not attack others any more.", told.last.address.to_string()));
        return true;
    });
    if (told_.empty()) minutes_.clear();
}

bool AttackerBoard::may_tell(model::TenantId tenant) {
    Minute& minute = minutes_[tenant];
    const auto now =
        std::chrono::duration_cast<std::chrono::minutes>(dependencies_.clock.now().time_since_epoch())
            .count();
    if (minute.number != now) minute = {now, 0};
    return ++minute.events <= config_.max_events_a_minute;
}

void AttackerBoard::publish(const model::OutboundAttacker& attacker, const char* kind, std::string text) {
    model::Event event;
    event.at = dependencies_.clock.wall();
    event.kind = kind;
    event.tenant = attacker.tenant;
    event.text = std::move(text);
    dependencies_.events.publish(std::move(event));
}

std::vector<model::OutboundAttacker> AttackerBoard::of(model::TenantId tenant) const {
    return listed(&tenant);
}

std::vector<model::OutboundAttacker> AttackerBoard::all() const {
    return listed(nullptr);
}

std::vector<model::OutboundAttacker> AttackerBoard::listed(const model::TenantId* only) const {
    const std::lock_guard lock(mutex_);
    const base::Instant oldest =
        dependencies_.clock.now() - std::chrono::milliseconds(config_.gateway_silent_ms);
    std::map<Host, model::OutboundAttacker> hosts;
    for (const auto& [name, gateway] : gateways_) {
        if (gateway.seen < oldest) continue;
        auto it = only != nullptr ? gateway.attackers.lower_bound({*only, net::Address{}})
                                  : gateway.attackers.begin();
        for (; it != gateway.attackers.end() && (only == nullptr || it->first.first == *only); ++it) {
            const auto [known, fresh] = hosts.try_emplace(it->first, it->second);
            if (fresh) continue;
            model::OutboundAttacker& sum = known->second;
            const model::OutboundAttacker& more = it->second;
            sum.since = std::min(sum.since, more.since);
            sum.last_at = std::max(sum.last_at, more.last_at);
            sum.until = std::max(sum.until, more.until);
            sum.new_flows_per_s += more.new_flows_per_s;
            sum.packets_per_s += more.packets_per_s;
            sum.bits_per_s += more.bits_per_s;
            sum.held_back += more.held_back;
        }
    }
    std::vector<model::OutboundAttacker> out;
    for (auto& [host, attacker] : hosts) out.push_back(attacker);
    std::ranges::stable_sort(out, std::ranges::greater{}, &model::OutboundAttacker::last_at);
    return out;
}

}  // namespace sluice::api::firewall
