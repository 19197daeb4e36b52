#include "dataplane/fetch_stage.hpp"

namespace sluice::dataplane {
namespace {

// Calls done(i, hash) for each packet of the selection. The last group repeats its last packet.
template <class Done>
void hash_all(const Context& context, Selection& wanted, bool ipv6, PerPacket<packet::Key>& keys,
              const net::Address packet::Key::*address, Done&& done) {
    for (std::uint32_t n = 0; n < wanted.count; n += base::sip_lanes) {
        WorkerState::AddressBlock words;
        std::array<std::uint8_t, base::sip_lanes> at;
        for (std::uint32_t k = 0; k < at.size(); ++k) {
            at[k] = wanted.at[std::min(n + k, wanted.count - 1)];
            words[k] =
                WorkerState::address_words(context.batch.targets[at[k]]->serial, keys[at[k]].*address, ipv6);
        }
        std::array<std::uint64_t, base::sip_lanes> hashes;
        context.state.address_hashes(words, ipv6, hashes);
        for (std::uint32_t k = 0; k < at.size(); ++k) done(at[k], hashes[k]);
    }
    wanted.count = 0;
}

}  // namespace

void fetch_addresses(const Context& context) {
    Batch& batch = context.batch;
    WorkerState& state = context.state;
    for (std::size_t family = 0; family < 2; ++family) {
        const bool ipv6 = family == 1;
        hash_all(context, batch.wanted_sources[family], ipv6, batch.keys, &packet::Key::source,
                 [&](std::size_t i, std::uint64_t hash) {
                     batch.source_hashes[i] = hash;
                     state.sources.prefetch(hash);
                 });
        hash_all(context, batch.wanted_destinations[family], ipv6, batch.keys, &packet::Key::destination,
                 [&](std::size_t i, std::uint64_t hash) {
                     batch.target_hashes[i] = hash;
                     state.wide_destinations.prefetch(hash);
                 });
    }
}

}  // namespace sluice::dataplane
