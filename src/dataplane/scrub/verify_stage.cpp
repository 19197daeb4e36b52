// The answer's headers (RFC 791, RFC 8200, RFC 9293; drawn in packet/parser.cpp), without options.
#include "dataplane/scrub/verify_stage.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {
namespace {

using model::DropReason;
namespace flag = net::tcp_flag;

constexpr auto tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);
constexpr std::uint8_t answer_hop_limit = 64;
constexpr std::uint32_t tcp_bytes = 20;

void put16(std::uint8_t* at, std::uint32_t value) {
    const std::uint16_t wire = __builtin_bswap16(static_cast<std::uint16_t>(value));
    std::memcpy(at, &wire, 2);
}
void put32(std::uint8_t* at, std::uint32_t value) {
    const std::uint32_t wire = __builtin_bswap32(value);
    std::memcpy(at, &wire, 4);
}
// Sum of the 32-bit words as they lie in memory; folded it is the one's-complement sum in memory order.
std::uint64_t sum_words(const std::uint8_t* at, std::uint32_t bytes) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < bytes; i += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, at + i, 4);
        sum += word;
    }
    return sum;
}
// The checksum field in memory order.
std::uint16_t fold(std::uint64_t sum) {
    sum = (sum & 0xffffffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

// Both give the bytes of the IP header that they write, with source and destination exchanged.
std::uint32_t write_ipv4(const packet::Key& key, std::uint8_t* ip) {
    constexpr std::uint32_t bytes = 20;
    std::array<std::uint8_t, bytes> header{0x45, 0,    0, bytes + tcp_bytes, 0,
                                           0,    0x40, 0, answer_hop_limit,  tcp};
    std::memcpy(&header[12], key.destination.bytes().data() + 12, 4);
    std::memcpy(&header[16], key.source.bytes().data() + 12, 4);
    const std::uint16_t check = fold(sum_words(header.data(), bytes));
    std::memcpy(&header[10], &check, 2);
    std::memcpy(ip, header.data(), bytes);
    return bytes;
}
std::uint32_t write_ipv6(const packet::Key& key, std::uint8_t* ip) {
    constexpr std::uint32_t bytes = 40;
    std::array<std::uint8_t, bytes> header{0x60, 0, 0, 0, 0, tcp_bytes, tcp, answer_hop_limit};
    std::memcpy(&header[8], key.destination.bytes().data(), 16);
    std::memcpy(&header[24], key.source.bytes().data(), 16);
    std::memcpy(ip, header.data(), bytes);
    return bytes;
}

std::uint32_t sequence_of(const packet::Frame& frame, const packet::Key& key) {
    std::uint32_t wire = 0;
    std::memcpy(&wire, frame.data + key.l4_offset + 4, 4);
    return __builtin_bswap32(wire);
}

// What the segment of a source without a proof deserves. True: the source has just proved itself.
bool judge_unverified(WorkerState& state, Batch& batch, std::size_t i) {
    const packet::Key& key = batch.keys[i];
    if (!key.has(packet::key_transport) || key.has(packet::key_fragment)) {
        batch.drop(i, DropReason::not_verified);
        return false;
    }
    const unsigned flags = key.tcp_flags & (flag::syn | flag::ack | flag::rst | flag::fin);
    if (flags == flag::syn) {
        if (batch.frames[i].room < packet::min_room) {
            batch.drop(i, DropReason::syn_unverified);
            return false;
        }
        answer_syn(key, state.cookies.make(key, state.now_ns), batch.frames[i]);
        batch.verdicts[i] = model::Verdict::answer;
        return false;
    }
    if ((flags & flag::rst) == 0) {
        batch.drop(i, DropReason::not_verified);
        return false;
    }
    const bool right = state.cookies.check(key, sequence_of(batch.frames[i], key), state.now_ns);
    batch.drop(i, right ? DropReason::proof_consumed : DropReason::bad_cookie);
    return right;
}

// Which packets' sources are looked up here or by the rate stage; their lines are on the way afterwards.
void fetch_sources(const Program& program, WorkerState& state, Batch& batch) {
    for (std::uint32_t n = 0; n < batch.live_count; ++n) {
        const std::size_t i = batch.live[n];
        const Target& target = *batch.targets[i];
        const Profile& profile = program.profiles[target.profile];
        const packet::Key& key = batch.keys[i];
        batch.sources[i] = nullptr;
        if (!profile.meter_source && !(profile.verify_tcp && key.protocol == tcp)) {
            batch.source_hashes[i] = 0;
            continue;
        }
        batch.source_hashes[i] = state.address_hash(target.serial, key.source) | 1U;
        state.sources.prefetch(batch.source_hashes[i]);
    }
}

}  // namespace

void answer_syn(const packet::Key& key, std::uint32_t cookie, packet::Frame& frame) {
    std::array<std::uint8_t, 6> mac{};
    std::memcpy(mac.data(), frame.data, 6);
    std::memcpy(frame.data, frame.data + 6, 6);
    std::memcpy(frame.data + 6, mac.data(), 6);

    std::uint8_t* ip = frame.data + key.l3_offset;
    const std::uint32_t ip_bytes = key.has(packet::key_ipv6) ? write_ipv6(key, ip) : write_ipv4(key, ip);
    std::array<std::uint8_t, tcp_bytes> header{};
    put16(&header[0], key.destination_port);
    put16(&header[2], key.source_port);
    put32(&header[8], cookie);
    header[12] = (tcp_bytes / 4) << 4U;
    header[13] = flag::ack;
    std::uint64_t sum = sum_words(header.data(), tcp_bytes) + sum_words(key.source.bytes().data(), 16) +
                        sum_words(key.destination.bytes().data(), 16);
    // An IPv4 address brings ff ff along in its twelve fixed bytes, which is zero in one's complement.
    sum += __builtin_bswap16(tcp) + __builtin_bswap16(tcp_bytes);
    const std::uint16_t check = fold(sum);
    std::memcpy(&header[16], &check, 2);
    std::memcpy(ip + ip_bytes, header.data(), tcp_bytes);
    frame.length = key.l3_offset + ip_bytes + tcp_bytes;
}

void run_verify_stage(const Program& program, WorkerState& state, Batch& batch) {
    fetch_sources(program, state, batch);
    batch.filter_live([&](std::size_t i) {
        const Target& target = *batch.targets[i];
        const Profile& profile = program.profiles[target.profile];
        if (!profile.verify_tcp || batch.keys[i].protocol != tcp) return true;
        const std::uint64_t hash = batch.source_hashes[i];
        Source* source = state.sources.find(hash, state.now_coarse);
        if (source != nullptr && source->precious(state.now_coarse)) {
            // The proof lives on as long as it is used: a connection may outlast any fixed time.
            source->verified_until = state.now_coarse + profile.verified_for;
            batch.sources[i] = source;
            return true;
        }
        if (judge_unverified(state, batch, i)) {
            source = state.sources.find_or_make(hash, state.now_coarse, true);
            source->verified_until = state.now_coarse + profile.verified_for;
            state.counts.targets[target.slot].verified_sources.add(1);
        }
        return false;
    });
}

}  // namespace sluice::dataplane::scrub
