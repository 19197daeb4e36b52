// The answer's headers (RFC 791, RFC 8200, RFC 9293; drawn in packet/parser.cpp), without options.
#include "dataplane/scrub/verify_stage.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/scrub/truncated_answer.hpp"
#include "dataplane/splice/splicer.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {
namespace {

using model::DropReason;
namespace flag = net::tcp_flag;

constexpr auto tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);
constexpr std::uint8_t answer_hop_limit = 64;
constexpr std::uint32_t tcp_bytes = 20;

// The headers are put together in registers, in words as they lie in memory, and stored once: reading back
// what was just stored in smaller pieces costs more than all the rest.
constexpr std::uint64_t be16(std::uint32_t value) {
    return __builtin_bswap16(static_cast<std::uint16_t>(value));
}

std::uint64_t load64(const std::uint8_t* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    return word;
}
void store64(std::uint8_t* at, std::uint64_t word) {
    std::memcpy(at, &word, 8);
}
void store32(std::uint8_t* at, std::uint64_t word) {
    const auto low = static_cast<std::uint32_t>(word);
    std::memcpy(at, &low, 4);
}

// One's-complement sum, in memory order: the halves of a word add up to the same modulo 2^16 − 1.
constexpr std::uint64_t halves(std::uint64_t word) {
    return (word & 0xffffffffU) + (word >> 32U);
}
// The checksum field in memory order.
constexpr std::uint64_t fold(std::uint64_t sum) {
    sum = (sum & 0xffffffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return ~sum & 0xffffU;
}

// Source and destination are exchanged. Both give the sum of the addresses, for the transport's checksum.
constexpr std::uint32_t ipv4_bytes = 20;
constexpr std::uint32_t ipv6_bytes = 40;
std::uint64_t write_ipv4(const packet::Key& key, std::uint8_t* ip) {
    // version and length, class, total length | identification, don't fragment
    constexpr std::uint64_t first = 0x45U | be16(ipv4_bytes + tcp_bytes) << 16U | be16(0x4000) << 48U;
    constexpr std::uint64_t second = answer_hop_limit | static_cast<std::uint64_t>(tcp) << 8U;
    const std::uint64_t from = load64(key.destination.bytes().data() + 8) >> 32U;
    const std::uint64_t to = load64(key.source.bytes().data() + 8) >> 32U;
    const std::uint64_t check = fold(halves(first) + second + from + to);
    store64(ip, first);
    store64(ip + 8, second | check << 16U | from << 32U);
    store32(ip + 16, to);
    return from + to;
}
std::uint64_t write_ipv6(const packet::Key& key, std::uint8_t* ip) {
    constexpr std::uint64_t first = 0x60U | be16(tcp_bytes) << 32U | static_cast<std::uint64_t>(tcp) << 48U |
                                    static_cast<std::uint64_t>(answer_hop_limit) << 56U;
    store64(ip, first);
    std::memcpy(ip + 8, key.destination.bytes().data(), 16);
    std::memcpy(ip + 24, key.source.bytes().data(), 16);
    const std::uint8_t* source = key.source.bytes().data();
    const std::uint8_t* destination = key.destination.bytes().data();
    return halves(load64(source)) + halves(load64(source + 8)) + halves(load64(destination)) +
           halves(load64(destination + 8));
}
void write_ack(const packet::Key& key, std::uint32_t number, std::uint64_t addresses, std::uint8_t* at) {
    const std::uint64_t ports = be16(key.destination_port) | be16(key.source_port)
                                                                 << 16U;  // then sequence number 0
    // acknowledgement number | header words, flags, window 0
    const std::uint64_t rest = __builtin_bswap32(number) |
                               static_cast<std::uint64_t>((tcp_bytes / 4) << 4U) << 32U |
                               static_cast<std::uint64_t>(flag::ack) << 40U;
    const std::uint64_t sum = addresses + be16(tcp) + be16(tcp_bytes) + halves(ports) + halves(rest);
    store64(at, ports);
    store64(at + 8, rest);
    store32(at + 16, fold(sum));  // checksum, urgent pointer 0
}

std::uint32_t sequence_of(const packet::Frame& frame, const packet::Key& key) {
    std::uint32_t wire = 0;
    std::memcpy(&wire, frame.data + key.l4_offset + 4, 4);
    return __builtin_bswap32(wire);
}

// Turns a TCP packet into the bare ACK of the picture in verify_stage.hpp, in place: Ethernet addresses
// exchanged (VLAN tags stay), IP and TCP headers without options. The frame has room for `packet::min_room`
// bytes.
[[gnu::always_inline]] inline void answer_syn(const packet::Key& key, std::uint32_t cookie,
                                              packet::Frame& frame) {
    // The first twelve bytes are the two Ethernet addresses.
    const std::uint64_t to_and_from = load64(frame.data);
    std::uint32_t from_rest = 0;
    std::memcpy(&from_rest, frame.data + 8, 4);
    const std::uint64_t from = to_and_from >> 48U | static_cast<std::uint64_t>(from_rest) << 16U;
    store64(frame.data, from | to_and_from << 48U);
    store32(frame.data + 8, to_and_from >> 16U);

    std::uint8_t* ip = frame.data + key.l3_offset;
    const bool ipv6 = key.has(packet::key_ipv6);
    const std::uint32_t ip_bytes = ipv6 ? ipv6_bytes : ipv4_bytes;
    const std::uint64_t addresses = ipv6 ? write_ipv6(key, ip) : write_ipv4(key, ip);
    write_ack(key, cookie, addresses, ip + ip_bytes);
    frame.length = key.l3_offset + ip_bytes + tcp_bytes;
}

}  // namespace

void make_cookies(const Context& context) {
    Batch& batch = context.batch;
    const WorkerState& state = context.state;
    for (std::size_t family = 0; family < 2; ++family) {
        const Selection& syns = batch.syns[family];
        if (syns.count == 0) continue;
        SynCookie::Block block(family == 1, state.now_ns);
        // The last group repeats its last packet.
        const std::uint32_t whole = (syns.count + base::sip_lanes - 1) / base::sip_lanes * base::sip_lanes;
        for (std::uint32_t n = 0; n < whole; ++n)
            block.set(n, batch.keys[syns.at[std::min(n, syns.count - 1)]]);
        for (std::uint32_t n = 0; n < syns.count; n += base::sip_lanes) {
            const auto cookies = state.cookies.make(block, n);
            const std::uint32_t count = std::min<std::uint32_t>(base::sip_lanes, syns.count - n);
            for (std::uint32_t k = 0; k < count; ++k)
                batch.cookies[syns.at[n + k]] = static_cast<std::uint32_t>(cookies[k]);
        }
    }
}

void answer_syns(const Context& context) {
    Batch& batch = context.batch;
    for (const Selection& syns : batch.syns) {
        for (const std::uint8_t i : syns) {
            if (batch.verdicts[i] != model::Verdict::answer) continue;
            if (batch.frames[i].room < packet::min_room) {
                context.discard(i, DropReason::syn_unverified);
                continue;
            }
            if (batch.profiles[i]->splices) {
                splice::answer_syn(context, i);
            } else {
                answer_syn(batch.keys[i], batch.cookies[i], batch.frames[i]);
            }
        }
    }
}

namespace {

// The source has shown `shown`, and what it sends passes from now on.
void accept(const Context& context, std::size_t i, Source& source, Proof shown) {
    Batch& batch = context.batch;
    WorkerState& state = context.state;
    source.prove(shown, state.now_coarse + batch.profiles[i]->verified_for);
    batch.unknown = 0;  // of those behind it in the burst one may be its
    state.counts.targets[batch.targets[i]->slot].verified_sources.add(1);
}

// By a cookie that goes on as a connection.
void show_address(const Context& context, std::size_t i) {
    Batch& batch = context.batch;
    WorkerState& state = context.state;
    Source* source = state.sources.find_or_make(batch.source_hashes[i], state.now_coarse, true);
    touch(*source, state.now_coarse);
    accept(context, i, *source, Proof::address);
    batch.sources[i] = source;
    batch.verified |= 1U << i;
}

struct Repetition {
    std::uint32_t earliest_ms;
    std::uint32_t latest_ms;
    Proof shows;
    DropReason first;  // the reason by which the first packet is dropped
};
constexpr Repetition of_syn{syn_repetition_ms, last_syn_repetition_ms, Proof::connection,
                            DropReason::syn_first_drop};
constexpr Repetition of_dns{dns_repetition_ms, last_repetition_ms, Proof::datagram,
                            DropReason::dns_first_drop};
constexpr Repetition of_datagram{udp_repetition_ms, last_repetition_ms, Proof::datagram,
                                 DropReason::udp_first_drop};

bool pass_repetition(const Context& context, std::size_t i, Source* source, const Repetition& rule) {
    WorkerState& state = context.state;
    if (source == nullptr) {
        source = state.sources.find_or_make_awaited(context.batch.source_hashes[i], state.now_coarse);
        if (source == nullptr) {
            state.counts.sources_turned_away.add(1);
            return context.drop(i, rule.first);
        }
    }
    touch(*source, state.now_coarse);
    const WaitTime waited = source->waited(rule.shows, state.now_wait);
    if (waited > wait_steps(rule.latest_ms)) {
        source->begin_wait(rule.shows, state.now_wait);
    } else if (waited >= wait_steps(rule.earliest_ms)) {
        accept(context, i, *source, rule.shows);
        context.batch.sources[i] = source;
        context.batch.verified |= 1U << i;
        return true;
    }
    return context.drop(i, rule.first);
}

const meter::RateLimit most_truncated = meter::RateLimit::from({.packets_per_s = truncated_answers_per_s});

// By the table of its own: a flood of forged sources takes nobody else's place.
bool may_answer_truncated(const Context& context, std::size_t i) {
    WorkerState& state = context.state;
    Answered* one = state.answered.find_or_make(context.batch.source_hashes[i], state.now_coarse, false);
    if (one == nullptr) return false;  // none is precious, so there is always room
    touch(*one, state.now_coarse);
    return most_truncated.take(one->meters, state.now_ticks, 0, 0);
}

bool judge_datagram(const Context& context, std::size_t i, Source* source) {
    Batch& batch = context.batch;
    const Profile& profile = *batch.profiles[i];
    if (is_dns(batch.keys[i])) {
        if (profile.verify_dns == model::DnsVerification::first_drop)
            return pass_repetition(context, i, source, of_dns);
        if (profile.verify_dns == model::DnsVerification::truncate) {
            if (context.is_watched(i, model::Stage::verify) || !may_answer_truncated(context, i) ||
                !answer_truncated(batch.keys[i], batch.frames[i])) {
                return context.drop(i, DropReason::not_verified);
            }
            batch.verdicts[i] = model::Verdict::answer;
            __builtin_prefetch(&context.state.counts.targets[batch.targets[i]->slot], 1);
            return false;
        }
    }
    return profile.verify_udp == model::UdpVerification::off ||
           pass_repetition(context, i, source, of_datagram);
}

}  // namespace

bool judge_unverified(Context context, std::size_t i, Source* source) {
    Batch& batch = context.batch;
    WorkerState& state = context.state;
    const packet::Key& key = batch.keys[i];
    const Profile& profile = *batch.profiles[i];
    if (key.protocol != tcp) return judge_datagram(context, i, source);
    const bool resets = profile.tcp_method != model::TcpMethod::first_drop;
    if (is_syn(key)) {
        // Where SYNs are answered, this one is only watched.
        return resets ? context.drop(i, DropReason::syn_unverified)
                      : pass_repetition(context, i, source, of_syn);
    }
    if (profile.splices && splice::find_proof(context, i)) {
        show_address(context, i);
        return true;
    }
    // A SYN that is no plain one (in pieces, with other flags) can not be answered, and opens a connection.
    const bool passes = profile.verify_tcp == model::TcpVerification::syn &&
                        (key.tcp_flags & (flag::syn | flag::ack)) != flag::syn;
    const bool whole = key.has(packet::key_transport) && !key.has(packet::key_fragment);
    if (!resets || !whole || (key.tcp_flags & flag::rst) == 0)
        return passes || context.drop(i, DropReason::not_verified);
    if (!state.cookies.check(key, sequence_of(batch.frames[i], key), state.now_ns)) {
        return passes || context.drop(i, DropReason::bad_cookie);
    }
    source = state.sources.find_or_make(batch.source_hashes[i], state.now_coarse, true);
    touch(*source, state.now_coarse);
    accept(context, i, *source, Proof::address);
    return context.drop(i, DropReason::proof_consumed);
}

}  // namespace sluice::dataplane::scrub
