#include "dataplane/fetch_stage.hpp"

#include <algorithm>

namespace sluice::dataplane {
namespace {

// Calls done(i, hash) for each packet of the selection.
template <class Done>
void hash_all(const Context& context, Selection& wanted, bool ipv6, PerPacket<packet::Key>& keys,
              const net::Address packet::Key::*address, Done done) {
    if (wanted.count == 0) return;
    // All are written before the first are hashed: eight words cannot be read at once while each is on its
    // way.
    WorkerState::AddressBlock block;
    const std::uint32_t whole = (wanted.count + base::sip_lanes - 1) / base::sip_lanes * base::sip_lanes;
    for (std::uint32_t n = 0; n < whole; ++n) {
        const std::uint8_t i = wanted.at[std::min(n, wanted.count - 1)];
        block.set(n, context.batch.targets[i]->serial, keys[i].*address, ipv6);
    }
    for (std::uint32_t n = 0; n < wanted.count; n += base::sip_lanes) {
        std::array<std::uint64_t, base::sip_lanes> hashes;
        context.state.address_hashes(block, n, ipv6, hashes);
        const std::uint32_t count = std::min<std::uint32_t>(base::sip_lanes, wanted.count - n);
        for (std::uint32_t k = 0; k < count; ++k) done(wanted.at[n + k], hashes[k]);
    }
    wanted.count = 0;
}

}  // namespace

void fetch_parts(Context context, std::size_t i) {
    Batch& batch = context.batch;
    WorkerState& state = context.state;
    const Profile& profile = *batch.profiles[i];
    const std::uint32_t serial = batch.targets[i]->serial;
    if (profile.pair.any()) {
        batch.pair_hashes[i] = state.pair_hash(serial, batch.keys[i]);
        state.parts.prefetch(batch.pair_hashes[i]);
    }
    if (profile.service.any()) {
        batch.service_hashes[i] = state.service_hash(serial, batch.keys[i]);
        state.parts.prefetch(batch.service_hashes[i]);
    }
}

void fetch_addresses(const Context& context) {
    Batch& batch = context.batch;
    WorkerState& state = context.state;
    const auto sources = state.sources.places();
    const auto destinations = state.wide_destinations.places();
    const std::uint32_t fleeting = batch.fleeting;
    std::uint32_t unknown = batch.unknown;
    for (std::size_t family = 0; family < 2; ++family) {
        const bool ipv6 = family == 1;
        hash_all(context, batch.wanted_sources[family], ipv6, batch.keys, &packet::Key::source,
                 [&, fleeting, sources](std::size_t i, std::uint64_t hash) {
                     batch.source_hashes[i] = hash;
                     // In a flood of made-up senders nearly all are known to be unknown without a line of
                     // their own.
                     if ((fleeting >> i & 1U) != 0 && !sources.may_hold(hash)) {
                         unknown |= 1U << i;
                     } else {
                         sources.prefetch(hash);
                     }
                 });
        hash_all(context, batch.wanted_destinations[family], ipv6, batch.keys, &packet::Key::destination,
                 [&, destinations](std::size_t i, std::uint64_t hash) {
                     batch.target_hashes[i] = hash;
                     destinations.prefetch(hash);
                 });
    }
    batch.unknown = unknown;
}

}  // namespace sluice::dataplane
