// The words of the guard: how senders show that they are real, what is looked at in payloads and against
// quiet times, and how far all of it goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/verdict.hpp"

namespace sluice::model {

// Bit s stands for Stage s.
using StageSet = std::uint16_t;
static_assert(static_cast<unsigned>(Stage::count_) <= 16);
[[nodiscard]] constexpr StageSet stage_bit(Stage stage) {
    return static_cast<StageSet>(1U << static_cast<unsigned>(stage));
}
[[nodiscard]] constexpr bool contains(StageSet set, Stage stage) {
    return (set & stage_bit(stage)) != 0;
}
// In the order of the stages.
[[nodiscard]] std::vector<std::string> names_of(StageSet set);
[[nodiscard]] std::optional<Stage> parse_stage(std::string_view name);

// The stages that can be told only to watch: the guard's own, from reflection to rates. What is invalid is
// dropped or not by a setting of its own, and a filter means what it says.
inline constexpr StageSet watchable_stages = stage_bit(Stage::reflection) | stage_bit(Stage::verify) |
                                             stage_bit(Stage::anomaly) | stage_bit(Stage::protocol) |
                                             stage_bit(Stage::rate);

// Which TCP senders must show that their address is real before they reach the target.
enum class TcpVerification : std::uint8_t {
    off,
    syn,  // those of SYNs: what belongs to connections that were open before the diversion goes on
    all,  // everybody: against floods of segments that look like those of open connections
};

// How a TCP sender shows it.
enum class TcpMethod : std::uint8_t {
    // SYN cookie, then a reset: the client's second attempt goes through. For one-way traffic: the gateway
    // never sees an answer.
    safe_reset,
    // The first SYN of a source is dropped, its retransmission (RFC 6298: after a second) passes.
    first_drop,
    // SYN cookie in a SYN-ACK; who gives it back is connected to the server at once, and the gateway shifts
    // the connection's numbers from then on. It must see the answers: only where the tenant has a firewall.
    splice,
};

// How a DNS client shows it on UDP port 53.
enum class DnsVerification : std::uint8_t {
    off,
    truncate,  // the query is answered with TC: the client asks again over TCP (RFC 7766), and shows it there
    first_drop,  // the first query is dropped, the client's repetition passes
};

// How other UDP senders show that they are no spoofed source of a single packet.
enum class UdpVerification : std::uint8_t {
    off,
    first_drop,  // the first datagram of a source is dropped; one that comes soon after it passes
};

// Payloads that must be what their port says. A source that sends others is shut out for a while.
struct ProtocolChecks {
    bool dns = false;   // UDP port 53: one well-formed query (RFC 1035, section 4.1)
    bool http = false;  // TCP port 80: a request begins with a method (RFC 9112, section 3)
    bool tls = false;   // TCP port 443: a connection begins with a ClientHello (RFC 8446, section 4.1.2)
    bool ntp = false;   // UDP port 123: a client's or server's packet of 48 bytes (RFC 5905); no mode 6 or 7
    bool sip = false;   // UDP port 5060: a request or response line (RFC 3261, section 7)
    bool slow = false;  // TCP: a connection whose request does not come is ended, and its source shut out
    std::uint32_t dns_queries_per_s = 0;    // each source; 0: no limit
    std::uint32_t http_requests_per_s = 0;  // each source
    std::uint32_t connections = 0;          // open ones of each source

    bool operator==(const ProtocolChecks&) const = default;
};

// A target's traffic in quiet times, as the detector knows it. 0: not known.
struct UsualTraffic {
    std::uint64_t packets_per_s = 0;
    std::uint64_t tcp_packets_per_s = 0;
    std::uint64_t udp_packets_per_s = 0;

    bool operator==(const UsualTraffic&) const = default;
};

// What is unlike the target's traffic of quiet times becomes a dynamic filter for a while.
struct AnomalyChecks {
    bool heavy_sources = false;      // sources far above what its sources send in quiet times
    bool odd_lengths = false;        // packet lengths that were rare and now are many
    bool repeated_payloads = false;  // the same first bytes again and again
    std::uint32_t filter_for_s = 60;
    bool zombies = false;  // many sources that all send alike, and never behave like a client
    UsualTraffic usual;

    bool operator==(const AnomalyChecks&) const = default;
};

// How far the guard goes; it rises while attack traffic comes through and falls when it is over.
enum class GuardLevel : std::uint8_t {
    analysis,  // everything is measured, only what is invalid or filtered is dropped
    basic,     // and sources show themselves
    strong,    // and whatever is unlike quiet times, or over tight rates, is dropped
};

[[nodiscard]] std::string_view to_string(GuardLevel level);
[[nodiscard]] std::optional<GuardLevel> parse_guard_level(std::string_view text);

}  // namespace sluice::model
