#include "model/verdict.hpp"

namespace sluice::model {
namespace {

using enum DropReason;

constexpr std::array<DropReasonInfo, static_cast<std::size_t>(count_)> table = {{
    {none, Stage::parse, "none", "The packet was not dropped."},
    {truncated, Stage::parse, "truncated", "The packet ends before its own headers do."},
    {unsupported_link, Stage::parse, "unsupported-link", "The frame carries neither IPv4 nor IPv6."},
    {bad_ip_version, Stage::parse, "bad-ip-version", "The version field does not match the frame's type."},
    {bad_ip_header, Stage::parse, "bad-ip-header", "The IP header contradicts itself."},
    {bad_ip_checksum, Stage::parse, "bad-ip-checksum", "The checksum of the IPv4 header is wrong."},
    {bad_length, Stage::parse, "bad-length", "The length in the IP header is larger than the packet."},
    {unknown_destination, Stage::tenant, "unknown-destination",
     "The destination belongs to no customer of this gateway."},
    {unknown_network, Stage::tenant, "unknown-network",
     "The frame came from no network that this gateway knows a customer of."},
    {spoofed_source, Stage::tenant, "spoofed-source",
     "The source address does not belong to the network that the packet came from."},
    {no_route, Stage::tenant, "no-route", "None of the customer's networks has the destination address."},
    {no_next_hop, Stage::tenant, "no-next-hop",
     "The host, or the router of its network, has not answered yet when it was asked where it is."},
    {for_gateway, Stage::tenant, "for-gateway",
     "The packet told the gateway itself where a neighbour is; it was understood and ends there."},
    {ttl_expired, Stage::tenant, "ttl-expired",
     "The packet has travelled too far; its TTL or hop limit ran out."},
    {land, Stage::invalid, "land", "Source and destination are the same address."},
    {bogon_source, Stage::invalid, "bogon-source", "The source address can not exist on the Internet."},
    {bad_tcp_flags, Stage::invalid, "bad-tcp-flags",
     "No TCP implementation sends this combination of flags."},
    {bad_fragment, Stage::invalid, "bad-fragment", "The fragment is too small or overlaps its own header."},
    {bad_transport_header, Stage::invalid, "bad-transport-header",
     "The TCP or UDP header contradicts the packet's length."},
    {zero_port, Stage::invalid, "zero-port", "Port 0 is not used by any service."},
    {static_filter, Stage::filter, "static-filter", "A filter of this customer's policy forbids the packet."},
    {dynamic_filter, Stage::filter, "dynamic-filter",
     "A temporary filter made for the present attack forbids the packet."},
    {reflection_template, Stage::reflection, "reflection-template",
     "The packet looks like an answer to a question that was never asked (reflection attack)."},
    {syn_unverified, Stage::verify, "syn-unverified",
     "The sender asked for a connection and could not be verified."},
    {not_verified, Stage::verify, "not-verified", "The sender has not shown that its address is real."},
    {bad_cookie, Stage::verify, "bad-cookie", "The sender's proof of address is wrong or too old."},
    {proof_consumed, Stage::verify, "proof-consumed",
     "The packet proved that its sender's address is real; it was meant for the gateway and ends there."},
    {syn_first_drop, Stage::verify, "syn-first-drop",
     "The sender's first request for a connection is dropped; a real client asks again, and is heard."},
    {dns_first_drop, Stage::verify, "dns-first-drop",
     "The sender's first DNS query is dropped; a real client asks again, and is answered."},
    {udp_first_drop, Stage::verify, "udp-first-drop",
     "The sender's first datagram is dropped; a real client sends another, and is heard."},
    {heavy_source, Stage::anomaly, "heavy-source",
     "The sender sends far more than any sender does in quiet times."},
    {odd_length, Stage::anomaly, "odd-length",
     "Packets of this length are rare in quiet times and came in great numbers."},
    {repeated_payload, Stage::anomaly, "repeated-payload",
     "The same content came again and again, from many senders or very often."},
    {zombie_source, Stage::anomaly, "zombie-source",
     "The sender is one of many that all send the same way, and none of which waits for an answer."},
    {bad_dns, Stage::protocol, "bad-dns", "The packet to the DNS port is no well-formed query."},
    {bad_http, Stage::protocol, "bad-http", "The connection to the web port does not begin with a request."},
    {bad_tls, Stage::protocol, "bad-tls",
     "The connection to the encrypted web port does not begin with a TLS greeting."},
    {bad_ntp, Stage::protocol, "bad-ntp", "The packet to the time service is no request for the time."},
    {bad_sip, Stage::protocol, "bad-sip", "The packet to the telephony port is no SIP message."},
    {slow_connection, Stage::protocol, "slow-connection",
     "The connection was held open without its request; it was closed."},
    {piece_ahead, Stage::protocol, "piece-ahead",
     "A piece of a request overtook the one in front of it; it is sent again, and then in order."},
    {dns_query_rate, Stage::protocol, "dns-query-rate",
     "The sender asks more DNS queries a second than one sender may."},
    {http_request_rate, Stage::protocol, "http-request-rate",
     "The sender makes more web requests a second than one sender may."},
    {connection_limit, Stage::protocol, "connection-limit",
     "The sender holds as many connections open as one sender may."},
    {shut_out, Stage::protocol, "shut-out",
     "The sender broke a protocol's rules a moment ago and is not heard for a while."},
    {source_rate, Stage::rate, "source-rate", "The sender sends more than its share."},
    {pair_rate, Stage::rate, "pair-rate", "The sender sends more to this one address than it may."},
    {target_rate, Stage::rate, "target-rate", "The protected address receives more than its limit."},
    {service_rate, Stage::rate, "service-rate",
     "One service of the protected address receives more than its limit."},
    {fragment_rate, Stage::rate, "fragment-rate", "More fragments arrive than the limit allows."},
    {icmp_rate, Stage::rate, "icmp-rate", "More ICMP messages arrive than the limit allows."},
    {udp_rate, Stage::rate, "udp-rate", "More UDP packets arrive than the limit allows."},
    {flow_table_full, Stage::flow, "flow-table-full",
     "The gateway remembers as many connections as it can, and this one would be new."},
    {flow_limit, Stage::flow, "flow-limit", "The customer has as many open connections as its limit allows."},
    {flow_rate, Stage::flow, "flow-rate",
     "The customer opens more new connections a second than its limit allows."},
    {source_flow_limit, Stage::flow, "source-flow-limit",
     "The sender has as many open connections as one sender may have."},
    {source_flow_rate, Stage::flow, "source-flow-rate",
     "The sender opens more new connections a second than one sender may."},
    {tcp_state, Stage::flow, "tcp-state",
     "The TCP segment belongs to no open connection, or cannot come at this point of its connection."},
    {tcp_window, Stage::flow, "tcp-window",
     "The TCP segment's numbers lie outside what its connection's two ends have announced."},
    {fragment_without_first, Stage::flow, "fragment-without-first",
     "A later piece of a packet came without its first piece, which alone tells the connection."},
    {icmp_unrelated, Stage::flow, "icmp-unrelated",
     "The ICMP message is about no connection that is known, or answers no question."},
    {rule_drop, Stage::firewall, "rule-drop", "A rule of the customer's firewall forbids the connection."},
    {rule_reject, Stage::firewall, "rule-reject",
     "A rule of the customer's firewall refuses the connection and tells the sender so."},
    {no_rule, Stage::firewall, "no-rule", "No rule of the customer's firewall allows the connection."},
    {policy_changed, Stage::firewall, "policy-changed",
     "The connection was allowed once; the policy, or who is logged in, has changed since."},
    {inbound_rate, Stage::firewall, "inbound-rate",
     "More traffic arrives than the customer's committed rate."},
    {outbound_rate, Stage::firewall, "outbound-rate", "The customer sends more than his committed rate."},
    {outbound_attack, Stage::firewall, "outbound-attack",
     "This computer of the customer attacks others: what it begins is held back until it stops."},
    {nat_exhausted, Stage::nat, "nat-exhausted", "All ports of the customer's public addresses are in use."},
    {hand_off_full, Stage::flow, "hand-off-full",
     "The part of the gateway that knows the packet's connection had too much to do to take it."},
    {tx_full, Stage::rate, "tx-full", "The gateway could not send the packet in time."},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].reason) != i) return false;
    }
    return true;
}
static_assert(in_order(), "the table is indexed by the enum");

constexpr std::array<std::string_view, static_cast<std::size_t>(Stage::count_)> stage_names{
    "parse",   "tenant",   "invalid", "filter", "reflection", "verify",
    "anomaly", "protocol", "rate",    "flow",   "firewall",   "nat"};

}  // namespace

const std::array<DropReasonInfo, static_cast<std::size_t>(count_)>& drop_reasons() {
    return table;
}
std::string_view to_string(Stage stage) {
    return stage_names[static_cast<std::size_t>(stage)];
}
std::string_view to_string(Verdict verdict) {
    return verdict == Verdict::pass ? "pass" : verdict == Verdict::drop ? "drop" : "answer";
}

}  // namespace sluice::model
