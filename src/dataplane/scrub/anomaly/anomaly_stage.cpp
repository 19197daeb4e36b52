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

// Of datagrams: the first 32 bytes. Requests over TCP begin alike for good reasons; they have limits of their
// own.
std::uint64_t payload_key(const WorkerState& state, const packet::Key& key, const packet::Frame& frame) {
    constexpr std::size_t looked_at = 32, least = 8;
    constexpr unsigned whole = packet::key_transport | packet::key_fragment;
    if (key.protocol != static_cast<std::uint8_t>(net::IpProtocol::udp) ||
        (key.flags & whole) != packet::key_transport)
        return 0;
    const std::size_t from = payload_offset(key, frame);
    const std::size_t bytes = std::min<std::size_t>(key.l3_offset + key.l3_length - from, looked_at);
    if (bytes < least) return 0;
    std::uint64_t words[looked_at / 8]{};
    std::memcpy(words, frame.data + from, bytes);
    return base::siphash13(state.table_key, words[0], words[1], words[2], words[3], bytes) | 1U;
}

std::uint64_t length_key(const packet::Key& key) {
    const std::uint64_t word = static_cast<std::uint64_t>(key.protocol) << 16U | key.l3_length;
    return (word + 1) * 0x9e3779b97f4a7c15ULL;
}

Sample sample_of(const WorkerState& state, const packet::Key& key, const packet::Frame& frame,
                 const Rules& rules) {
    Sample sample;
    if (rules.heavy_sources) {
        sample.source = key.source;
        sample.source_key = source_key(state, key);
    }
    if (rules.repeated_payloads) sample.payload_key = payload_key(state, key, frame);
    const bool bare = is_tcp(key) && key.has(packet::key_transport) &&
                      payload_offset(key, frame) >= static_cast<std::size_t>(key.l3_offset) + key.l3_length;
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
    if (rules.heavy_sources) {
        if (const auto* filter = watch.heavy_sources.find(source_key(state, key), now); filter != nullptr)
            return context.drop(i, DropReason::heavy_source,
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
            return "heavy-source " + watch.heavy_sources.at(place).extra.to_string();
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
