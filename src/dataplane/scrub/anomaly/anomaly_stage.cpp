#include "dataplane/scrub/anomaly/anomaly_stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "net/protocol.hpp"

namespace sluice::dataplane::scrub::anomaly {
namespace {

using model::DropReason;

// A filter's number: of the watch, the kind, the filter's place.
enum class FilterKind : std::uint32_t { source, length, payload };
constexpr std::uint32_t place_bits = 8, kind_bits = 2;

std::uint32_t rule_of(std::size_t watch, FilterKind kind, std::size_t place) {
    return anomaly_rules | static_cast<std::uint32_t>(watch << (place_bits + kind_bits)) |
           static_cast<std::uint32_t>(kind) << place_bits | static_cast<std::uint32_t>(place);
}

std::uint64_t source_key(const WorkerState& state, const packet::Key& key) {
    std::uint64_t words[2];
    std::memcpy(words, key.source.bytes().data(), 16);
    return base::siphash13(state.table_key, words[0], words[1]);
}

std::size_t payload_offset(const packet::Key& key, const packet::Frame& frame) {
    constexpr std::size_t udp_bytes = 8;
    if (key.protocol != static_cast<std::uint8_t>(net::IpProtocol::tcp)) return key.l4_offset + udp_bytes;
    return key.l4_offset + static_cast<std::size_t>(frame.data[key.l4_offset + 12] >> 4U) * 4;
}

bool is_tcp(const packet::Key& key) {
    return key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp);
}

// Requests begin alike for good reasons, and have limits of their own: HTTP's begin with a method in capital
// letters, TLS' with a record's type and version.
bool is_request(const std::uint8_t* data) {
    if (data[0] >= 20 && data[0] <= 23 && data[1] == 3) return true;
    const auto is_capital = [](std::uint8_t byte) { return byte >= 'A' && byte <= 'Z'; };
    return is_capital(data[0]) && is_capital(data[1]) && is_capital(data[2]);
}

// The first 32 bytes of what a datagram carries, and a TCP segment that is no request.
std::uint64_t payload_key(const WorkerState& state, const packet::Key& key, const packet::Frame& frame) {
    constexpr std::size_t looked_at = 32, least = 8, least_of_tcp = 16;
    constexpr unsigned whole = packet::key_transport | packet::key_fragment;
    const bool tcp = is_tcp(key);
    if ((!tcp && key.protocol != static_cast<std::uint8_t>(net::IpProtocol::udp)) ||
        (key.flags & whole) != packet::key_transport)
        return 0;
    const std::size_t from = payload_offset(key, frame);
    const std::size_t end = static_cast<std::size_t>(key.l3_offset) + key.l3_length;
    const std::size_t bytes = end <= from ? 0 : std::min(end - from, looked_at);
    if (bytes < (tcp ? least_of_tcp : least)) return 0;
    if (tcp && is_request(frame.data + from)) return 0;
    std::uint64_t words[looked_at / 8]{};
    std::memcpy(words, frame.data + from, bytes);
    return base::siphash13(state.table_key, words[0], words[1], words[2], words[3],
                           bytes | (tcp ? 0x100U : 0U)) |
           1U;
}

// What a source that only repeats itself repeats. Bare acknowledgements and full packets tell clients that
// load from zombies by nothing: 0.
std::uint32_t kind_of(const packet::Key& key, bool bare) {
    constexpr std::uint16_t least_full = 1280;
    if (bare || key.l3_length >= least_full) return 0;
    const std::uint64_t word = static_cast<std::uint64_t>(key.protocol) << 48U |
                               static_cast<std::uint64_t>(key.l3_length) << 32U |
                               static_cast<std::uint64_t>(key.destination_port) << 8U | key.tcp_flags;
    return static_cast<std::uint32_t>((word + 1) * 0x9e3779b97f4a7c15ULL >> 32U) | 1U;
}

std::uint64_t length_key(const packet::Key& key) {
    const std::uint64_t word = static_cast<std::uint64_t>(key.protocol) << 16U | key.l3_length;
    return (word + 1) * 0x9e3779b97f4a7c15ULL;
}

Sample sample_of(const WorkerState& state, const packet::Key& key, const packet::Frame& frame,
                 const Rules& rules) {
    Sample sample;
    sample.source_key = source_key(state, key);
    if (rules.repeated_payloads) {
        sample.payload_key = payload_key(state, key, frame);
        sample.content = {1U << (sample.source_key & 31U), is_tcp(key)};
    }
    const bool bare = is_tcp(key) && key.has(packet::key_transport) &&
                      payload_offset(key, frame) >= static_cast<std::size_t>(key.l3_offset) + key.l3_length;
    sample.source = {key.source, kind_of(key, bare), false};
    sample.length = {key.protocol, key.l3_length, bare};
    sample.length_key = length_key(key);
    return sample;
}

// What a filter says of the packet; true when it goes on.
bool passes(const Context& context, std::size_t i, const TargetWatch& watch) {
    const WorkerState& state = context.state;
    const Rules& rules = context.batch.profiles[i]->anomaly;
    const packet::Key& key = context.batch.keys[i];
    const std::size_t number = state.watches.number_of(watch);
    const CoarseTime now = state.now_coarse;
    if (rules.heavy_sources || rules.zombies) {
        if (const auto* filter = watch.heavy_sources.find(source_key(state, key), now); filter != nullptr)
            return context.drop(i,
                                filter->extra.zombie ? DropReason::zombie_source : DropReason::heavy_source,
                                rule_of(number, FilterKind::source, watch.heavy_sources.number_of(filter)));
    }
    if (rules.odd_lengths) {
        if (const auto* filter = watch.odd_lengths.find(length_key(key), now); filter != nullptr)
            return context.drop(i, DropReason::odd_length,
                                rule_of(number, FilterKind::length, watch.odd_lengths.number_of(filter)));
    }
    if (rules.repeated_payloads) {
        const std::uint64_t payload = payload_key(state, key, context.batch.frames[i]);
        if (const auto* filter = watch.repeated_payloads.find(payload, now);
            payload != 0 && filter != nullptr)
            return context.drop(
                i, DropReason::repeated_payload,
                rule_of(number, FilterKind::payload, watch.repeated_payloads.number_of(filter)));
    }
    return true;
}

}  // namespace

bool AnomalyStage::judge(Context context, std::size_t i) {
    WorkerState& state = context.state;
    const Batch& batch = context.batch;
    const Target& target = *batch.targets[i];
    const bool sampled = state.watches.takes_sample();
    TargetWatch* watch = sampled ? state.watches.find_or_make(target.slot, target.serial, state.now_coarse)
                                 : state.watches.find(target.slot, target.serial);
    if (watch == nullptr) return true;
    const Rules& rules = batch.profiles[i]->anomaly;
    if (sampled) watch->add(sample_of(state, batch.keys[i], batch.frames[i], rules), state.now_coarse, rules);
    return !watch->has_filters() || passes(context, i, *watch);
}

std::string name_of_filter(const WatchPool& watches, std::uint32_t rule) {
    const std::uint32_t place = rule & ((1U << place_bits) - 1);
    const auto kind = static_cast<FilterKind>(rule >> place_bits & ((1U << kind_bits) - 1));
    const TargetWatch& watch = watches.at((rule & ~anomaly_rules) >> (place_bits + kind_bits));
    switch (kind) {
        case FilterKind::source:
            return (watch.heavy_sources.at(place).extra.zombie ? "zombie-source " : "heavy-source ") +
                   watch.heavy_sources.at(place).extra.address.to_string();
        case FilterKind::length: {
            const Length& length = watch.odd_lengths.at(place).extra;
            return fmt::format("odd-length {} {}", net::protocol_name(length.protocol), length.bytes);
        }
        case FilterKind::payload:
            break;
    }
    return "repeated-payload";
}

}  // namespace sluice::dataplane::scrub::anomaly
