#include "rpc/convert_collector.hpp"

#include "rpc/convert_basic.hpp"
#include "rpc/field_reader.hpp"

namespace sluice::rpc {
namespace {

using rpc::to_message;

constexpr std::size_t max_losses = 256;
constexpr std::size_t max_traffic = 65'536;
constexpr std::size_t max_policies = 65'536;
constexpr std::size_t max_targets = 4096;
constexpr std::size_t max_thresholds = 256;

void to_message(const model::Threshold& threshold, link::v1::Threshold& out) {
    out.set_name(threshold.name);
    out.set_scope(name_of(threshold.scope, count_scopes));
    out.set_direction(name_of(threshold.direction, directions));
    out.set_vector(std::string(model::to_string(threshold.vector)));
    if (threshold.packets_per_s) out.set_packets_per_s(*threshold.packets_per_s);
    if (threshold.bits_per_s) out.set_bits_per_s(*threshold.bits_per_s);
    if (threshold.line_rate_fraction) out.set_line_rate_fraction(*threshold.line_rate_fraction);
    if (threshold.learned_z) out.set_learned_z(*threshold.learned_z);
    out.set_learned_floor_packets_per_s(threshold.learned_floor_packets_per_s);
}

model::Threshold to_threshold(FieldReader& read, const link::v1::Threshold& in) {
    model::Threshold threshold;
    threshold.name = read.text(in.name(), "thresholds.name", 128);
    threshold.scope = read.named(in.scope(), count_scopes, "thresholds.scope");
    threshold.direction = read.named(in.direction(), directions, "thresholds.direction");
    const auto vector = model::parse_attack_vector(in.vector());
    if (!vector) read.fail("thresholds.vector", "is no attack vector that this release knows");
    threshold.vector = vector.value_or(model::AttackVector::total);
    if (in.has_packets_per_s()) threshold.packets_per_s = in.packets_per_s();
    if (in.has_bits_per_s()) threshold.bits_per_s = in.bits_per_s();
    if (in.has_line_rate_fraction()) {
        threshold.line_rate_fraction =
            read.real(in.line_rate_fraction(), 0.0, 1.0, "thresholds.line_rate_fraction");
    }
    if (in.has_learned_z()) {
        threshold.learned_z = read.real(in.learned_z(), 0.0, 1e6, "thresholds.learned_z");
    }
    threshold.learned_floor_packets_per_s = in.learned_floor_packets_per_s();
    return threshold;
}

model::DetectionPolicy to_policy(FieldReader& read, const link::v1::DetectionPolicy& in) {
    model::DetectionPolicy policy;
    policy.tenant = read.id<model::TenantId>(in.tenant(), "tenant");
    policy.tenant_slug = read.text(in.tenant_slug(), "tenant_slug", 128);
    policy.hold_down_ms = in.hold_down_ms();
    policy.version = in.version();
    if (!read.size(in.targets_size(), max_targets, "targets") ||
        !read.size(in.thresholds_size(), max_thresholds, "thresholds")) {
        return policy;
    }
    for (const auto& target : in.targets()) {
        policy.targets.push_back({read.prefix(target.prefix(), "targets.prefix"), target.line_rate_bps()});
    }
    for (const auto& threshold : in.thresholds()) {
        policy.thresholds.push_back(to_threshold(read, threshold));
    }
    return policy;
}

}  // namespace

void to_message(const model::CollectorReport& report, link::v1::CollectorReport& out) {
    out.set_started_at(to_ns(report.started_at));
    out.set_at(to_ns(report.at));
    out.set_policy_version(report.policy_version);
    out.set_interval_ms(report.interval_ms);
    out.set_records(report.records);
    for (const auto& [reason, count] : report.losses) {
        auto& loss = *out.add_losses();
        loss.set_reason(reason);
        loss.set_count(count);
    }
    for (const auto& point : report.traffic) {
        auto& item = *out.add_traffic();
        item.set_tenant(point.tenant.value());
        to_message(point.prefix, *item.mutable_prefix());
        item.set_direction(name_of(point.direction, directions));
        to_message(point.rate, *item.mutable_rate());
    }
}

void to_message(const std::vector<model::DetectionPolicy>& policies, std::uint64_t version,
                link::v1::DetectionPolicies& out) {
    out.set_version(version);
    for (const auto& policy : policies) {
        auto& item = *out.add_policies();
        item.set_tenant(policy.tenant.value());
        item.set_tenant_slug(policy.tenant_slug);
        for (const auto& target : policy.targets) {
            auto& entry = *item.add_targets();
            to_message(target.prefix, *entry.mutable_prefix());
            entry.set_line_rate_bps(target.line_rate_bps);
        }
        for (const auto& threshold : policy.thresholds) to_message(threshold, *item.add_thresholds());
        item.set_hold_down_ms(policy.hold_down_ms);
        item.set_version(policy.version);
    }
}

base::Result<model::CollectorReport> to_model(const link::v1::CollectorReport& in, const std::string& name) {
    FieldReader read("collector report");
    model::CollectorReport report;
    report.name = name;
    report.started_at = read.time(in.started_at(), "started_at");
    report.at = read.time(in.at(), "at");
    report.policy_version = in.policy_version();
    report.interval_ms = in.interval_ms();
    report.records = in.records();
    if (read.size(in.losses_size(), max_losses, "losses")) {
        for (const auto& loss : in.losses()) {
            report.losses.emplace_back(read.text(loss.reason(), "losses.reason", 128), loss.count());
        }
    }
    if (read.size(in.traffic_size(), max_traffic, "traffic")) {
        for (const auto& point : in.traffic()) {
            report.traffic.push_back({read.id<model::TenantId>(point.tenant(), "traffic.tenant"),
                                      read.prefix(point.prefix(), "traffic.prefix"),
                                      read.named(point.direction(), directions, "traffic.direction"),
                                      to_rate(point.rate())});
        }
    }
    if (!read.ok()) return std::unexpected(read.error());
    return report;
}

base::Result<ReceivedPolicies> to_model(const link::v1::DetectionPolicies& in) {
    FieldReader read("detection policy");
    ReceivedPolicies received;
    received.version = in.version();
    if (read.size(in.policies_size(), max_policies, "policies")) {
        for (const auto& policy : in.policies()) {
            received.policies.push_back(to_policy(read, policy));
            if (!read.ok()) break;
        }
    }
    if (!read.ok()) return std::unexpected(read.error());
    return received;
}

}  // namespace sluice::rpc
