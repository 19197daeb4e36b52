#include "rpc/convert_gateway.hpp"

#include <algorithm>
#include <optional>

#include "rpc/convert_basic.hpp"
#include "rpc/field_reader.hpp"

namespace sluice::rpc {
namespace {

using rpc::to_message;

constexpr std::size_t max_targets = 65'536;
constexpr std::size_t max_refused = 65'536;  // one that is not named here counts as in force
constexpr std::size_t max_why = 512;
constexpr std::size_t max_firewalls = 65'536;
constexpr std::size_t max_attackers = 4'096;
constexpr std::size_t max_rules = 65'536;  // of all firewalls of a report
constexpr std::size_t max_rule_name = 255;

using ReasonCounts = std::array<model::PacketCount, static_cast<std::size_t>(model::DropReason::count_)>;
using StageArray = std::array<model::PacketCount, static_cast<std::size_t>(model::Stage::count_)>;
using StageCounts = std::array<model::StageCount, static_cast<std::size_t>(model::Stage::count_)>;

void to_message(const model::PacketCount& count, link::v1::Count& out) {
    out.set_packets(count.packets);
    out.set_bytes(count.bytes);
}
model::PacketCount to_count(const link::v1::Count& in) {
    return {in.packets(), in.bytes()};
}
bool is_zero(const model::PacketCount& count) {
    return count.packets == 0 && count.bytes == 0;
}

template <class Repeated>
void reasons_to_message(const ReasonCounts& counts, Repeated& out) {
    for (const auto& reason : model::drop_reasons()) {
        const auto& count = counts[static_cast<std::size_t>(reason.reason)];
        if (is_zero(count)) continue;
        auto& item = *out.Add();
        item.set_reason(std::string(reason.name));
        to_message(count, *item.mutable_count());
    }
}

template <class Repeated>
void read_reasons(FieldReader& read, const Repeated& in, ReasonCounts& counts, std::string_view field) {
    if (!read.size(in.size(), 4 * counts.size(), field)) return;
    for (const auto& item : in) {
        for (const auto& reason : model::drop_reasons()) {
            if (item.reason() != reason.name) continue;
            counts[static_cast<std::size_t>(reason.reason)] = to_count(item.count());
        }
    }
}

void stages_to_message(const StageCounts& stages, link::v1::TargetCounters& out) {
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const auto& stage = stages[i];
        if (is_zero(stage.in) && is_zero(stage.passed) && is_zero(stage.dropped)) continue;
        auto& item = *out.add_stages();
        item.set_stage(std::string(model::to_string(static_cast<model::Stage>(i))));
        to_message(stage.in, *item.mutable_in());
        to_message(stage.passed, *item.mutable_passed());
        to_message(stage.dropped, *item.mutable_dropped());
        item.set_spent_ns(stage.spent_ns);
    }
}

void monitored_to_message(const StageArray& monitored, link::v1::TargetCounters& out) {
    for (std::size_t i = 0; i < monitored.size(); ++i) {
        if (is_zero(monitored[i])) continue;
        auto& item = *out.add_monitored();
        item.set_stage(std::string(model::to_string(static_cast<model::Stage>(i))));
        to_message(monitored[i], *item.mutable_count());
    }
}

// As FieldReader::text() takes it: a report must not be refused for the text of an error.
std::string one_line(const std::string& text) {
    std::string out = text.substr(0, max_why);
    if (out.size() < text.size()) {  // whole characters only
        while (!out.empty() && (static_cast<unsigned char>(text[out.size()]) & 0xc0U) == 0x80) out.pop_back();
    }
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return out;
}

void read_refused(FieldReader& read, const link::v1::GatewayReport& in, model::GatewayReport& report) {
    if (!read.size(in.refused_size(), max_refused, "refused")) return;
    for (const auto& item : in.refused()) {
        report.refused.push_back({read.id<model::TenantId>(item.tenant(), "refused.tenant"),
                                  item.generation(), item.in_force(),
                                  read.text(item.why(), "refused.why", max_why)});
        if (!read.ok()) return;
    }
}

void firewalls_to_message(const std::vector<model::FirewallCounters>& firewalls,
                          link::v1::GatewayReport& out) {
    for (const auto& firewall : firewalls) {
        auto& item = *out.add_firewalls();
        item.set_tenant(firewall.tenant.value());
        item.set_flows_open(firewall.flows_open);
        item.set_flows_opened(firewall.flows_opened);
        item.set_nat_ports(firewall.nat_ports);
        for (const auto& rule : firewall.rules) {
            auto& hits = *item.add_rules();
            hits.set_rule(rule.rule);
            hits.set_hits(rule.hits);
            hits.set_since(to_ns(rule.since));
            hits.set_last_at(to_ns(rule.last_at));
        }
    }
}

void read_firewalls(FieldReader& read, const link::v1::GatewayReport& in, model::GatewayReport& report) {
    if (!read.size(in.firewalls_size(), max_firewalls, "firewalls")) return;
    std::size_t rules = 0;
    for (const auto& item : in.firewalls()) {
        rules += static_cast<std::size_t>(item.rules_size());
        if (rules > max_rules) return read.fail("firewalls.rules", "are too many");
        auto& firewall = report.firewalls.emplace_back();
        firewall.tenant = read.id<model::TenantId>(item.tenant(), "firewalls.tenant");
        firewall.flows_open = item.flows_open();
        firewall.flows_opened = item.flows_opened();
        firewall.nat_ports = item.nat_ports();
        for (const auto& hits : item.rules()) {
            firewall.rules.push_back({read.text(hits.rule(), "firewalls.rules.rule", max_rule_name),
                                      hits.hits(), read.time(hits.since(), "firewalls.rules.since"),
                                      read.time(hits.last_at(), "firewalls.rules.last_at")});
        }
        if (!read.ok()) return;
    }
}

void attackers_to_message(const std::vector<model::OutboundAttacker>& attackers,
                          link::v1::GatewayReport& out) {
    for (const auto& attacker : attackers) {
        auto& item = *out.add_attackers();
        item.set_tenant(attacker.tenant.value());
        item.set_address(to_bytes(attacker.address));
        item.set_conduct(std::string(model::to_string(attacker.conduct)));
        item.set_action(std::string(model::to_string(attacker.action)));
        item.set_since(to_ns(attacker.since));
        item.set_last_at(to_ns(attacker.last_at));
        item.set_until(to_ns(attacker.until));
        item.set_new_flows_per_s(attacker.new_flows_per_s);
        item.set_unanswered_percent(attacker.unanswered_percent);
        item.set_hosts(attacker.hosts);
        item.set_ports(attacker.ports);
        item.set_packets_per_s(attacker.packets_per_s);
        item.set_bits_per_s(attacker.bits_per_s);
        item.set_held_back(attacker.held_back);
    }
}

void read_attackers(FieldReader& read, const link::v1::GatewayReport& in, model::GatewayReport& report) {
    if (!read.size(in.attackers_size(), max_attackers, "attackers")) return;
    for (const auto& item : in.attackers()) {
        auto& attacker = report.attackers.emplace_back();
        attacker.tenant = read.id<model::TenantId>(item.tenant(), "attackers.tenant");
        attacker.address = read.address(item.address(), "attackers.address");
        const auto conduct = model::parse_outbound_conduct(item.conduct());
        const auto action = model::parse_outbound_action(item.action());
        if (!conduct) return read.fail("attackers.conduct", "is not known");
        if (!action) return read.fail("attackers.action", "is not known");
        attacker.conduct = *conduct;
        attacker.action = *action;
        attacker.since = read.time(item.since(), "attackers.since");
        attacker.last_at = read.time(item.last_at(), "attackers.last_at");
        attacker.until = read.time(item.until(), "attackers.until");
        attacker.new_flows_per_s = item.new_flows_per_s();
        attacker.unanswered_percent = std::min<std::uint64_t>(item.unanswered_percent(), 100);
        attacker.hosts = item.hosts();
        attacker.ports = item.ports();
        attacker.packets_per_s = item.packets_per_s();
        attacker.bits_per_s = item.bits_per_s();
        attacker.held_back = item.held_back();
        if (!read.ok()) return;
    }
}

void read_stages(FieldReader& read, const link::v1::TargetCounters& in, StageCounts& stages) {
    if (!read.size(in.stages_size(), 4 * stages.size(), "targets.stages")) return;
    for (const auto& item : in.stages()) {
        for (std::size_t i = 0; i < stages.size(); ++i) {
            if (item.stage() != model::to_string(static_cast<model::Stage>(i))) continue;
            stages[i] = {to_count(item.in()), to_count(item.passed()), to_count(item.dropped()),
                         item.spent_ns()};
        }
    }
}

void read_monitored(FieldReader& read, const link::v1::TargetCounters& in, StageArray& monitored) {
    if (!read.size(in.monitored_size(), 4 * monitored.size(), "targets.monitored")) return;
    for (const auto& item : in.monitored()) {
        for (std::size_t i = 0; i < monitored.size(); ++i) {
            if (item.stage() == model::to_string(static_cast<model::Stage>(i)))
                monitored[i] = to_count(item.count());
        }
    }
}

void to_message(const model::TargetCounters& target, link::v1::TargetCounters& out) {
    out.set_tenant(target.tenant.value());
    out.set_mitigation(target.mitigation.value());
    to_message(target.target, *out.mutable_target());
    to_message(target.in, *out.mutable_in());
    to_message(target.passed, *out.mutable_passed());
    to_message(target.dropped, *out.mutable_dropped());
    to_message(target.answered, *out.mutable_answered());
    stages_to_message(target.stages, out);
    reasons_to_message(target.reasons, *out.mutable_reasons());
    out.set_verified_sources(target.verified_sources);
    out.set_spliced(target.spliced);
    out.set_syns_repeated(target.syns_repeated);
    monitored_to_message(target.monitored, out);
    if (!is_zero(target.verified_in)) to_message(target.verified_in, *out.mutable_verified_in());
    if (!is_zero(target.verified_dropped))
        to_message(target.verified_dropped, *out.mutable_verified_dropped());
}

model::TargetCounters to_counters(FieldReader& read, const link::v1::TargetCounters& in) {
    model::TargetCounters target;
    target.tenant = read.id<model::TenantId>(in.tenant(), "targets.tenant");
    target.mitigation = model::MitigationId(in.mitigation());
    target.target = read.prefix(in.target(), "targets.target");
    target.in = to_count(in.in());
    target.passed = to_count(in.passed());
    target.dropped = to_count(in.dropped());
    target.answered = to_count(in.answered());
    read_stages(read, in, target.stages);
    read_reasons(read, in.reasons(), target.reasons, "targets.reasons");
    target.verified_sources = in.verified_sources();
    target.spliced = in.spliced();
    target.syns_repeated = in.syns_repeated();
    read_monitored(read, in, target.monitored);
    target.verified_in = to_count(in.verified_in());
    target.verified_dropped = to_count(in.verified_dropped());
    return target;
}

}  // namespace

void to_message(const model::GatewayReport& report, link::v1::GatewayReport& out) {
    out.set_diversion_next_hop(to_bytes_or_empty(report.diversion_next_hop));
    out.set_diversion_next_hop6(to_bytes_or_empty(report.diversion_next_hop6));
    out.set_started_at(to_ns(report.started_at));
    out.set_bindings_generation(report.bindings_generation);
    out.set_bindings(report.bindings);
    out.set_at(to_ns(report.at));
    out.set_generation(report.generation);
    for (const auto& target : report.targets) to_message(target, *out.add_targets());
    reasons_to_message(report.unattributed, *out.mutable_unattributed());
    firewalls_to_message(report.firewalls, out);
    attackers_to_message(report.attackers, out);
    out.set_trouble(one_line(report.trouble));
    out.set_countries_at(to_ns(report.tables.countries));
    out.set_reputations_at(to_ns(report.tables.reputations));
    for (const auto& refused : report.refused) {
        auto& item = *out.add_refused();
        item.set_tenant(refused.tenant.value());
        item.set_generation(refused.generation);
        item.set_in_force(refused.in_force);
        item.set_why(one_line(refused.why));
    }
}

base::Result<model::GatewayReport> to_model(const link::v1::GatewayReport& in, const std::string& name) {
    FieldReader read("gateway report");
    model::GatewayReport report;
    report.name = name;
    report.diversion_next_hop = read.address_or_none(in.diversion_next_hop(), "diversion_next_hop");
    report.diversion_next_hop6 = read.address_or_none(in.diversion_next_hop6(), "diversion_next_hop6");
    if (read.ok() && !report.diversion_next_hop.is_none() && !report.diversion_next_hop.is_v4()) {
        read.fail("diversion_next_hop", "is no IPv4 address");
    }
    if (read.ok() && report.diversion_next_hop6.is_v4()) {
        read.fail("diversion_next_hop6", "is no IPv6 address");
    }
    report.started_at = read.time(in.started_at(), "started_at");
    report.at = read.time(in.at(), "at");
    report.generation = in.generation();
    report.bindings_generation = in.bindings_generation();
    report.bindings = in.bindings();
    if (read.size(in.targets_size(), max_targets, "targets")) {
        report.targets.reserve(static_cast<std::size_t>(in.targets_size()));
        for (const auto& item : in.targets()) {
            report.targets.push_back(to_counters(read, item));
            if (!read.ok()) break;
        }
    }
    read_reasons(read, in.unattributed(), report.unattributed, "unattributed");
    read_refused(read, in, report);
    if (read.ok()) read_firewalls(read, in, report);
    if (read.ok()) read_attackers(read, in, report);
    report.tables = {read.time(in.countries_at(), "countries_at"),
                     read.time(in.reputations_at(), "reputations_at")};
    report.trouble = read.text(in.trouble(), "trouble", max_why);
    if (!read.ok()) return std::unexpected(read.error());
    return report;
}

}  // namespace sluice::rpc
