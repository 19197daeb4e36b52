// Fully populated values for the tests of this module: every field differs from its default.
#pragma once

#include "model/collector_report.hpp"
#include "model/detection_policy.hpp"
#include "model/finding.hpp"
#include "model/gateway_report.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"
#include "model/verdict.hpp"

namespace sluice::rpc {

inline net::Prefix sample_prefix(const char* text) {
    return net::Prefix::parse(text).value();
}
inline base::Timestamp sample_time(int seconds) {
    return base::Timestamp{std::chrono::seconds(1'790'000'000 + seconds)};
}

inline model::FlowRecord sample_record() {
    model::FlowRecord record;
    record.source = *net::Address::parse("198.51.100.7");
    record.destination = *net::Address::parse("2001:db8::10");
    record.next_hop = *net::Address::parse("203.0.113.1");
    record.exporter = *net::Address::parse("10.0.0.1");
    record.packets = 3;
    record.bytes = 180;
    record.sampling = 100;
    record.input_interface = 4;
    record.output_interface = 5;
    record.source_as = 64500;
    record.destination_as = 64501;
    record.observation_domain = 7;
    record.flow_label = 8;
    record.fragment_id = 9;
    record.source_port = 53;
    record.destination_port = 80;
    record.vlan = 12;
    record.icmp_type_code = 0x0800;
    record.fragment_offset = 185;
    record.fragment_flags = 1;
    record.protocol = 17;
    record.tcp_flags = 2;
    record.tos = 0x20;
    record.source_mask = 24;
    record.destination_mask = 64;
    record.direction = 1;
    record.ttl = 61;
    record.reported_by = model::FlowSource::sflow;
    record.first_at = sample_time(1);
    record.last_at = sample_time(2);
    return record;
}

inline model::Finding sample_finding(std::string key = "edge-1/17") {
    model::Finding finding;
    finding.key = std::move(key);
    finding.state = model::FindingState::updated;
    finding.tenant = model::TenantId(12);
    finding.scope = model::CountScope::host;
    finding.direction = model::TrafficDirection::inbound;
    finding.target = sample_prefix("192.0.2.10/32");
    finding.first_seen_at = sample_time(0);
    finding.detected_at = sample_time(1);
    finding.last_seen_at = sample_time(2);
    finding.rule = {"syn-flood", "packets/s", 20'000, 41'000, 120};
    finding.before = {100, 80'000};
    finding.current = {41'000, 20'000'000};
    finding.peak = {42'000, 21'000'000};
    finding.usual = {120, 100, 15};
    finding.vectors = {{model::AttackVector::tcp_syn, {40'000, 19'000'000}},
                       {model::AttackVector::ntp, {1'000, 1'000'000}}};
    finding.sources = {{sample_prefix("198.51.100.0/24"), 123, {900, 400'000}}};
    finding.distinct_sources = 1'234;
    finding.ingress = {{*net::Address::parse("10.0.0.1"), 3, {41'000, 20'000'000}}};
    finding.samples = {sample_record()};
    finding.hosts = {sample_prefix("192.0.2.10/32")};
    finding.destination_port = 443;
    return finding;
}

inline model::CollectorReport sample_collector_report() {
    model::CollectorReport report;
    report.name = "collector-1";
    report.started_at = sample_time(0);
    report.at = sample_time(5);
    report.policy_version = 3;
    report.interval_ms = 1000;
    report.records = 123'456;
    report.losses = {{"no-template", 4}};
    report.traffic = {
        {model::TenantId(12), sample_prefix("2001:db8::/48"), model::TrafficDirection::outbound, {5, 4'000}}};
    return report;
}

inline model::DetectionPolicy sample_policy(std::uint64_t tenant = 12) {
    model::Threshold threshold;
    threshold.name = "syn-flood";
    threshold.scope = model::CountScope::prefix;
    threshold.direction = model::TrafficDirection::outbound;
    threshold.vector = model::AttackVector::tcp_syn;
    threshold.packets_per_s = 20'000;
    threshold.bits_per_s = 1'000'000;
    threshold.line_rate_fraction = 0.5;
    threshold.learned_z = 3.5;
    threshold.learned_floor_packets_per_s = 500;
    model::DetectionPolicy policy;
    policy.tenant = model::TenantId(tenant);
    policy.tenant_slug = "acme";
    policy.targets = {{sample_prefix("192.0.2.0/24"), 1'000'000'000}};
    policy.thresholds = {threshold, {}};
    policy.hold_down_ms = 5'000;
    policy.version = 9;
    return policy;
}

inline model::FirewallProgram sample_firewall() {
    model::FirewallProgram firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside", "dmz"};
    model::Attachment attachment;
    attachment.name = "headquarters";
    attachment.zone = 2;
    attachment.kind = model::AttachmentKind::vxlan;
    attachment.port = "east";
    attachment.vlan = 110;
    attachment.inner_vlan = 20;
    attachment.vni = 5010;
    attachment.tunnel_endpoint = *net::Address::parse("192.0.2.9");
    attachment.gateway4 = *net::Address::parse("10.1.0.1");
    attachment.gateway6 = *net::Address::parse("2001:db8:1::1");
    attachment.next_hop_mac = {2, 0, 0x5e, 0x10, 0, 1};
    attachment.prefixes = {sample_prefix("10.1.0.0/16")};
    firewall.attachments = {attachment, {}};
    const model::ServiceMatch every_field{6, {1024, 65535}, {443, 444}, 8, 3};
    const model::ServiceMatch ping{1, {}, {}, 8, 0};
    model::FirewallRule rule;
    rule.name = "web-in";
    rule.from = {0};
    rule.to = {1, 2};
    rule.sources = {sample_prefix("198.51.100.0/24")};
    rule.destinations = {sample_prefix("2001:db8::10/128")};
    rule.source_is = {{{"DE", "AT"}, true, {}}, {{}, false, {"botnet"}}};
    rule.destination_is = {{{"ZZ"}, false, {"tor-exit"}}};
    rule.services = {every_field, ping, {}};
    rule.users = {"anna@acme.example"};
    rule.windows = {{60, 120}};
    rule.action = model::RuleAction::reject;
    rule.log = true;
    firewall.rules = {rule, {}};
    model::NatRule nat;
    nat.name = "office-out";
    nat.kind = model::NatKind::one_to_one;
    nat.from = {1};
    nat.to = {0, 2};
    nat.match = {sample_prefix("10.1.0.0/16")};
    nat.service = every_field;
    nat.translated = {sample_prefix("192.0.2.16/29")};
    nat.translated_port = 8443;
    nat.hairpin = true;
    model::NatRule no_hairpin;
    no_hairpin.kind = model::NatKind::exempt;
    no_hairpin.hairpin = false;
    firewall.nat = {nat, no_hairpin};
    firewall.timeouts = {1, 2, 3, 4, 5, 6, 7};
    firewall.limits = {8, 9, 10, 11};
    firewall.inbound = {12, 13};
    firewall.outbound = {14, 15};
    firewall.strict_tcp = true;
    firewall.attacks = {model::OutboundAction::block, 16, 17, 18, 19, 20};
    return firewall;
}

inline model::TenantProgram sample_program(std::uint64_t tenant = 12, std::uint64_t generation = 1) {
    model::ScrubTarget target;
    target.prefix = sample_prefix("192.0.2.10/32");
    target.mitigation = model::MitigationId(31);
    target.profile.drop_invalid = false;
    target.profile.reflection = {model::AttackVector::dns, model::AttackVector::ntp};
    target.profile.verify_tcp = model::TcpVerification::syn;
    target.profile.level = model::GuardLevel::strong;
    target.profile.monitored =
        1U << static_cast<unsigned>(model::Stage::anomaly) | 1U << static_cast<unsigned>(model::Stage::nat);
    target.profile.tcp_method = model::TcpMethod::first_drop;
    target.profile.verify_dns = model::DnsVerification::first_drop;
    target.profile.verify_udp = model::UdpVerification::first_drop;
    target.profile.anomaly = {true, true, true, 45, true, {130, 110, 16}};
    target.profile.protocol = {true, true, true, true, true, true, 11, 22, 33};
    target.profile.verified_for_s = 60;
    target.profile.source_limit = {100, 200};
    target.profile.target_limit = {300, 400};
    target.profile.fragment_limit = {500, 600};
    target.profile.icmp_limit = {700, 800};
    target.profile.udp_limit = {900, 1000};
    target.profile.pair_limit = {1100, 1200};
    target.profile.service_limit = {1300, 1400};
    model::PacketFilter filter;
    filter.name = "no-telnet";
    filter.action = model::FilterAction::pass;
    filter.source = sample_prefix("198.51.100.0/24");
    filter.destination = sample_prefix("192.0.2.0/25");
    filter.protocol = 6;
    filter.source_port_first = 1;
    filter.source_port_last = 2;
    filter.destination_port_first = 23;
    filter.destination_port_last = 24;
    filter.tcp_flags_mask = 3;
    filter.tcp_flags_value = 2;
    filter.length_first = 40;
    filter.length_last = 60;
    filter.fragments_only = true;
    filter.dynamic = true;
    filter.expires_at = sample_time(60);
    filter.payload = {{4, {0xff, 0x54}, {}}, {1400, {0x20}, {0xdf}}};
    filter.source_is = {{"DE", "ZZ"}, true, {"botnet", "tor-exit"}};
    model::TenantProgram program;
    program.tenant = model::TenantId(tenant);
    program.generation = generation;
    program.prefixes = {sample_prefix("192.0.2.0/24"), sample_prefix("2001:db8::/48")};
    program.targets = {target};
    program.filters = {filter, {}};
    program.firewall = sample_firewall();
    return program;
}

inline model::UserBinding sample_binding(const char* prefix = "10.0.0.7/32", std::uint64_t tenant = 12) {
    return {model::TenantId(tenant), sample_prefix(prefix), "anna@acme.example",
            {"finance", "staff"},    sample_time(1),        sample_time(3600)};
}

inline model::GatewayReport sample_gateway_report(std::uint64_t generation = 1) {
    model::TargetCounters counters;
    counters.tenant = model::TenantId(12);
    counters.mitigation = model::MitigationId(31);
    counters.target = sample_prefix("192.0.2.10/32");
    counters.in = {1'000, 64'000};
    counters.passed = {10, 640};
    counters.dropped = {900, 57'600};
    counters.answered = {90, 5'760};
    counters.stages[static_cast<std::size_t>(model::Stage::verify)] = {{1, 2}, {3, 4}, {5, 6}, 7};
    counters.reasons[static_cast<std::size_t>(model::DropReason::not_verified)] = {7, 8};
    counters.verified_sources = 9;
    counters.spliced = 4;
    counters.syns_repeated = 3;
    counters.monitored[static_cast<std::size_t>(model::Stage::protocol)] = {13, 14};
    counters.verified_in = {15, 16};
    counters.verified_dropped = {17, 18};
    model::GatewayReport report;
    report.name = "guard-1";
    report.diversion_next_hop = *net::Address::parse("10.9.0.2");
    report.diversion_next_hop6 = *net::Address::parse("fd00::2");
    report.started_at = sample_time(0);
    report.at = sample_time(3);
    report.generation = generation;
    report.bindings_generation = 21;
    report.bindings = 22;
    report.targets = {counters};
    report.refused = {{model::TenantId(13), 7, 5, "two tenants want the same prefix"}};
    report.firewalls = {{model::TenantId(12),
                         13,
                         14,
                         15,
                         {{"web-in", 16, sample_time(1), sample_time(2)}, {"rest", 0, sample_time(1), {}}}}};
    report.attackers = {{model::TenantId(12), *net::Address::parse("10.1.0.7"),
                         model::OutboundConduct::udp_flood, model::OutboundAction::limit, sample_time(1),
                         sample_time(2), sample_time(3), 17, 98, 19, 20, 21, 22, 23}};
    report.tables = {sample_time(4), sample_time(5)};
    report.trouble = "the disk is full";
    report.unattributed[static_cast<std::size_t>(model::DropReason::truncated)] = {11, 12};
    return report;
}

}  // namespace sluice::rpc
