#include "dataplane/flow_payloads.hpp"

#include "dataplane/fetch_stage.hpp"
#include "dataplane/scrub/protocol/protocol_stage.hpp"

namespace sluice::dataplane {

void check_payloads(const Context& context) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    const auto is_open = [&](std::size_t i) {
        return firewall.kinds[i] == flow::TupleKind::own && firewall.found[i].flow != nullptr;
    };
    for (const std::uint8_t i : firewall.checked) {
        if (!is_open(i)) continue;
        (void)scrub::protocol::ProtocolFetchStage::keep(context, i);
        // The others have been noted there.
        if (scrub::is_verified(*batch.profiles[i], batch.keys[i]) || batch.profiles[i]->meter_source)
            batch.wanted_sources[batch.keys[i].has(packet::key_ipv6) ? 1 : 0].add(i);
    }
    fetch_addresses(context);
    scrub::protocol::fetch_conducts(context);
    std::uint32_t dropped = 0;
    for (const std::uint8_t i : firewall.checked) {
        if (!is_open(i)) continue;
        batch.sources[i] = context.state.sources.find(batch.source_hashes[i]);
        if (!scrub::protocol::ProtocolStage::keep(context, i)) dropped |= 1U << i;
    }
    batch.watched.count = 0;
    if (dropped == 0) return;
    std::uint32_t kept = 0;
    for (const std::uint8_t i : firewall.known) {
        if ((dropped >> i & 1U) == 0) firewall.known.at[kept++] = i;
    }
    firewall.known.count = kept;
}

}  // namespace sluice::dataplane
