// Names of enumerations as policy files write them. Internal to policy/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/detection_policy.hpp"
#include "model/tenant_policy.hpp"
#include "model/tenant_program.hpp"
#include "net/protocol.hpp"

namespace sluice::policy::detail {

template <class T>
struct Name {
    T value;
    std::string_view text;
};

inline constexpr Name<model::CountScope> scope_names[] = {{model::CountScope::host, "host"},
                                                          {model::CountScope::prefix, "prefix"},
                                                          {model::CountScope::tenant, "tenant"}};
inline constexpr Name<model::TrafficDirection> direction_names[] = {
    {model::TrafficDirection::inbound, "inbound"}, {model::TrafficDirection::outbound, "outbound"}};
inline constexpr Name<model::Countermeasure> countermeasure_names[] = {
    {model::Countermeasure::never, "never"},
    {model::Countermeasure::on_attack, "on-attack"},
    {model::Countermeasure::always, "always"}};
inline constexpr Name<std::optional<model::GuardLevel>> level_names[] = {
    {std::nullopt, "auto"},
    {model::GuardLevel::analysis, "analysis"},
    {model::GuardLevel::basic, "basic"},
    {model::GuardLevel::strong, "strong"}};
inline constexpr Name<model::TcpMethod> tcp_method_names[] = {{model::TcpMethod::safe_reset, "safe-reset"},
                                                              {model::TcpMethod::first_drop, "first-drop"},
                                                              {model::TcpMethod::splice, "splice"}};
inline constexpr Name<model::DnsVerification> dns_verification_names[] = {
    {model::DnsVerification::off, "off"},
    {model::DnsVerification::truncate, "truncate"},
    {model::DnsVerification::first_drop, "first-drop"}};
inline constexpr Name<model::UdpVerification> udp_verification_names[] = {
    {model::UdpVerification::off, "off"}, {model::UdpVerification::first_drop, "first-drop"}};
inline constexpr Name<std::optional<bool> model::ProtocolOverrides::*> protocol_check_names[] = {
    {&model::ProtocolOverrides::dns, "dns"}, {&model::ProtocolOverrides::http, "http"},
    {&model::ProtocolOverrides::tls, "tls"}, {&model::ProtocolOverrides::ntp, "ntp"},
    {&model::ProtocolOverrides::sip, "sip"}, {&model::ProtocolOverrides::slow, "slow"}};
inline constexpr Name<std::optional<std::uint32_t> model::ProtocolOverrides::*> protocol_limit_names[] = {
    {&model::ProtocolOverrides::dns_queries_per_s, "dns_queries_per_second"},
    {&model::ProtocolOverrides::http_requests_per_s, "http_requests_per_second"},
    {&model::ProtocolOverrides::connections, "connections"}};
inline constexpr Name<std::optional<bool> model::AnomalyOverrides::*> anomaly_check_names[] = {
    {&model::AnomalyOverrides::heavy_sources, "heavy_sources"},
    {&model::AnomalyOverrides::odd_lengths, "odd_lengths"},
    {&model::AnomalyOverrides::repeated_payloads, "repeated_payloads"},
    {&model::AnomalyOverrides::zombies, "zombies"}};
inline constexpr Name<model::FilterAction> action_names[] = {{model::FilterAction::drop, "drop"},
                                                             {model::FilterAction::pass, "pass"}};
inline constexpr Name<model::AttachmentKind> attachment_names[] = {{model::AttachmentKind::prefix, "prefix"},
                                                                   {model::AttachmentKind::port, "port"},
                                                                   {model::AttachmentKind::vlan, "vlan"},
                                                                   {model::AttachmentKind::qinq, "qinq"},
                                                                   {model::AttachmentKind::vxlan, "vxlan"}};
inline constexpr Name<model::RuleAction> rule_action_names[] = {{model::RuleAction::allow, "allow"},
                                                                {model::RuleAction::drop, "drop"},
                                                                {model::RuleAction::reject, "reject"}};
inline constexpr Name<model::NatKind> nat_names[] = {{model::NatKind::source, "source"},
                                                     {model::NatKind::destination, "port-forward"},
                                                     {model::NatKind::one_to_one, "one-to-one"},
                                                     {model::NatKind::exempt, "exempt"}};
inline constexpr Name<std::uint32_t model::FlowTimeouts::*> timeout_names[] = {
    {&model::FlowTimeouts::tcp_half_open_s, "tcp_half_open"},
    {&model::FlowTimeouts::tcp_established_s, "tcp_established"},
    {&model::FlowTimeouts::tcp_closing_s, "tcp_closing"},
    {&model::FlowTimeouts::udp_s, "udp"},
    {&model::FlowTimeouts::udp_single_s, "udp_single"},
    {&model::FlowTimeouts::icmp_s, "icmp"},
    {&model::FlowTimeouts::other_s, "other"}};
inline constexpr Name<std::uint32_t model::FlowLimits::*> flow_limit_names[] = {
    {&model::FlowLimits::flows, "flows"},
    {&model::FlowLimits::new_flows_per_s, "new_flows_per_second"},
    {&model::FlowLimits::flows_a_source, "flows_per_source"},
    {&model::FlowLimits::new_flows_a_source_per_s, "new_flows_per_source_per_second"}};
inline constexpr Name<model::OutboundAction> outbound_action_names[] = {
    {model::OutboundAction::off, "off"},
    {model::OutboundAction::watch, "watch"},
    {model::OutboundAction::limit, "limit"},
    {model::OutboundAction::block, "block"}};
inline constexpr Name<std::uint32_t model::OutboundPolicy::*> outbound_limit_names[] = {
    {&model::OutboundPolicy::new_flows_per_s, "new_flows_per_second"},
    {&model::OutboundPolicy::targets_per_s, "targets_per_second"},
    {&model::OutboundPolicy::packets_per_s, "packets_per_second"},
    {&model::OutboundPolicy::contained_per_s, "contained_new_flows_per_second"}};
inline constexpr Name<std::uint8_t> tcp_flag_names[] = {
    {net::tcp_flag::fin, "fin"}, {net::tcp_flag::syn, "syn"}, {net::tcp_flag::rst, "rst"},
    {net::tcp_flag::psh, "psh"}, {net::tcp_flag::ack, "ack"}, {net::tcp_flag::urg, "urg"},
    {net::tcp_flag::ece, "ece"}, {net::tcp_flag::cwr, "cwr"}};

template <class T, std::size_t n>
[[nodiscard]] std::string name_of(const Name<T> (&table)[n], T value) {
    for (const auto& row : table) {
        if (row.value == value) return std::string(row.text);
    }
    return {};
}

// The schema has let only known names through.
template <class T, std::size_t n>
[[nodiscard]] T value_of(const Name<T> (&table)[n], std::string_view text, T fallback) {
    for (const auto& row : table) {
        if (row.text == text) return row.value;
    }
    return fallback;
}

}  // namespace sluice::policy::detail
