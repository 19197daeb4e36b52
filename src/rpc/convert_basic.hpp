// Model → message for what all messages share, and the names by which enumerations travel.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "model/detection_policy.hpp"
#include "model/finding.hpp"
#include "model/flow_record.hpp"
#include "model/tenant_program.hpp"
#include "net/prefix.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

template <class Enum, std::size_t Count>
using NameTable = std::array<std::pair<Enum, std::string_view>, Count>;

inline constexpr NameTable<model::FindingState, 3> finding_states{{{model::FindingState::opened, "opened"},
                                                                   {model::FindingState::updated, "updated"},
                                                                   {model::FindingState::closed, "closed"}}};
inline constexpr NameTable<model::CountScope, 3> count_scopes{{{model::CountScope::host, "host"},
                                                               {model::CountScope::prefix, "prefix"},
                                                               {model::CountScope::tenant, "tenant"}}};
inline constexpr NameTable<model::TrafficDirection, 2> directions{
    {{model::TrafficDirection::inbound, "inbound"}, {model::TrafficDirection::outbound, "outbound"}}};
inline constexpr NameTable<model::FlowSource, 5> flow_sources{{{model::FlowSource::netflow_v5, "netflow_v5"},
                                                               {model::FlowSource::netflow_v9, "netflow_v9"},
                                                               {model::FlowSource::ipfix, "ipfix"},
                                                               {model::FlowSource::sflow, "sflow"},
                                                               {model::FlowSource::packet, "packet"}}};
inline constexpr NameTable<model::FilterAction, 2> filter_actions{
    {{model::FilterAction::drop, "drop"}, {model::FilterAction::pass, "pass"}}};
inline constexpr NameTable<model::TcpVerification, 3> tcp_verifications{
    {{model::TcpVerification::off, "off"},
     {model::TcpVerification::syn, "syn"},
     {model::TcpVerification::all, "all"}}};
inline constexpr NameTable<model::TcpMethod, 3> tcp_methods{{{model::TcpMethod::safe_reset, "safe_reset"},
                                                             {model::TcpMethod::first_drop, "first_drop"},
                                                             {model::TcpMethod::splice, "splice"}}};
inline constexpr NameTable<model::DnsVerification, 3> dns_verifications{
    {{model::DnsVerification::off, "off"},
     {model::DnsVerification::truncate, "truncate"},
     {model::DnsVerification::first_drop, "first_drop"}}};
inline constexpr NameTable<model::UdpVerification, 2> udp_verifications{
    {{model::UdpVerification::off, "off"}, {model::UdpVerification::first_drop, "first_drop"}}};
inline constexpr NameTable<model::GuardLevel, 3> guard_levels{{{model::GuardLevel::analysis, "analysis"},
                                                               {model::GuardLevel::basic, "basic"},
                                                               {model::GuardLevel::strong, "strong"}}};

template <class Enum, std::size_t Count>
[[nodiscard]] std::string name_of(Enum value, const NameTable<Enum, Count>& table) {
    for (const auto& [entry, name] : table) {
        if (entry == value) return std::string(name);
    }
    return {};
}

[[nodiscard]] inline std::string to_bytes(const net::Address& address) {
    const auto wire = address.wire();
    return {reinterpret_cast<const char*>(wire.data()), wire.size()};
}
[[nodiscard]] inline std::string to_bytes_or_empty(const net::Address& address) {
    return address.is_none() ? std::string{} : to_bytes(address);
}
inline void to_message(const net::Prefix& prefix, link::v1::Prefix& out) {
    out.set_address(to_bytes(prefix.address()));
    out.set_length(prefix.length());
}
inline void to_message(const model::TrafficRate& rate, link::v1::Rate& out) {
    out.set_packets_per_s(rate.packets_per_s);
    out.set_bits_per_s(rate.bits_per_s);
}
inline void to_message(const model::UsualTraffic& usual, link::v1::UsualTraffic& out) {
    out.set_packets_per_s(usual.packets_per_s);
    out.set_tcp_packets_per_s(usual.tcp_packets_per_s);
    out.set_udp_packets_per_s(usual.udp_packets_per_s);
}
[[nodiscard]] inline model::UsualTraffic to_usual(const link::v1::UsualTraffic& in) {
    return {in.packets_per_s(), in.tcp_packets_per_s(), in.udp_packets_per_s()};
}
inline void to_message(const model::RateLimit& limit, link::v1::Rate& out) {
    out.set_packets_per_s(limit.packets_per_s);
    out.set_bits_per_s(limit.bits_per_s);
}
[[nodiscard]] inline model::RateLimit to_limit(const link::v1::Rate& in) {
    return {in.packets_per_s(), in.bits_per_s()};
}
[[nodiscard]] inline model::TrafficRate to_rate(const link::v1::Rate& rate) {
    return {rate.packets_per_s(), rate.bits_per_s()};
}
[[nodiscard]] inline std::int64_t to_ns(base::Timestamp time) {
    return time.time_since_epoch().count();
}

}  // namespace sluice::rpc
