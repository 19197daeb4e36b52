// What happens to a packet and why: stages, verdicts, and drop reasons with a sentence each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::model {

enum class Verdict : std::uint8_t {
    pass,
    drop,
    answer,  // the packet was turned into an answer to its sender (source verification)
};

// In the order in which a packet meets them.
enum class Stage : std::uint8_t {
    parse,
    tenant,
    invalid,
    filter,
    reflection,
    verify,
    anomaly,
    protocol,
    rate,
    flow,      // the packet's flow, found or made
    firewall,  // the tenant's rules, once a flow
    nat,
    count_
};

enum class DropReason : std::uint8_t {
    none,
    // parse
    truncated,
    unsupported_link,
    bad_ip_version,
    bad_ip_header,
    bad_ip_checksum,
    bad_length,
    // tenant
    unknown_destination,
    unknown_network,  // tags, tunnel or source of no customer's network
    spoofed_source,   // the source is none of the network that it comes from (BCP 38)
    no_route,         // the destination is the customer's, and none of his networks has it
    no_next_hop,      // the Ethernet address of the host, or of the network's router, is not known (yet)
    for_gateway,      // a message to the gateway itself, which it has understood: no loss
    ttl_expired,
    // invalid
    land,
    bogon_source,
    bad_tcp_flags,
    bad_fragment,
    bad_transport_header,
    zero_port,
    // filter
    static_filter,
    dynamic_filter,
    // reflection
    reflection_template,
    // verify
    syn_unverified,  // a SYN whose cookie answer could not be made
    not_verified,    // a segment of a source that never proved itself
    bad_cookie,
    proof_consumed,  // the sender's proof of address, meant for the gateway itself: a success, no loss
    syn_first_drop,  // the source's first SYN; its repetition passes
    dns_first_drop,  // the source's first DNS query; its repetition passes
    udp_first_drop,  // the source's first datagram
    // anomaly
    heavy_source,
    odd_length,
    repeated_payload,
    zombie_source,  // one of many that send alike, and none of which behaves like a client
    // protocol
    bad_dns,
    bad_http,
    bad_tls,
    bad_ntp,
    bad_sip,
    slow_connection,
    piece_ahead,  // of a request, before the piece in front of it: it comes again
    dns_query_rate,
    http_request_rate,
    connection_limit,
    shut_out,  // of a source that broke a protocol a moment ago
    // rate
    source_rate,
    pair_rate,  // of one source, to one address
    target_rate,
    service_rate,  // of all sources, to one port of one address
    fragment_rate,
    icmp_rate,
    udp_rate,
    // flow
    flow_table_full,
    flow_limit,         // of the tenant
    flow_rate,          // of the tenant
    source_flow_limit,  // of one source of the tenant
    source_flow_rate,
    tcp_state,   // a segment that cannot come at this point of its connection
    tcp_window,  // a segment outside its connection's windows
    fragment_without_first,
    icmp_unrelated,  // an ICMP error about a packet that no flow has sent
    // firewall
    rule_drop,
    rule_reject,
    no_rule,         // no rule allows it
    policy_changed,  // the flow was open, and the new policy forbids it
    inbound_rate,    // over the customer's committed rate
    outbound_rate,
    outbound_attack,  // of a customer's host that attacks others, and is contained
    // nat
    nat_exhausted,  // no port of the pool is free
    // output
    hand_off_full,  // the worker that owns the packet's flow has too much to do
    tx_full,
    count_,
};

struct DropReasonInfo {
    DropReason reason;
    Stage stage;
    std::string_view name;      // stable: metrics, APIs
    std::string_view sentence;  // for a customer: why his packet was dropped
};

[[nodiscard]] const std::array<DropReasonInfo, static_cast<std::size_t>(DropReason::count_)>& drop_reasons();
[[nodiscard]] inline const DropReasonInfo& info(DropReason reason) {
    return drop_reasons()[static_cast<std::size_t>(reason)];
}
[[nodiscard]] std::string_view to_string(Stage stage);
[[nodiscard]] std::string_view to_string(Verdict verdict);

}  // namespace sluice::model
