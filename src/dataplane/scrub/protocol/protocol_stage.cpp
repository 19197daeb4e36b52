#include "dataplane/scrub/protocol/protocol_stage.hpp"

#include "dataplane/fetch_stage.hpp"
#include "dataplane/scrub/protocol/dns_query.hpp"
#include "dataplane/scrub/protocol/limited.hpp"
#include "dataplane/scrub/protocol/ntp_packet.hpp"
#include "dataplane/scrub/protocol/segment_judge.hpp"
#include "dataplane/scrub/protocol/sip_message.hpp"

namespace sluice::dataplane::scrub::protocol {
namespace {

using model::DropReason;

constexpr std::uint32_t udp_bytes = 8;

std::span<const std::uint8_t> datagram(const Batch& batch, std::size_t i) {
    const packet::Key& key = batch.keys[i];
    return {batch.frames[i].data + key.l4_offset + udp_bytes, key.l4_length() - udp_bytes};
}

bool judge_dns(const Context& context, std::size_t i, const Rules& rules) {
    if (rules.dns && !is_dns_query(datagram(context.batch, i))) return context.drop(i, DropReason::bad_dns);
    if (!rules.dns_queries.any()) return true;
    WorkerState& state = context.state;
    Conduct* conduct = state.conducts.find_or_make(context.batch.source_hashes[i], state.now_coarse, false);
    if (conduct == nullptr) return true;  // no room among those that matter more
    conduct->touch(state.now_coarse);
    return is_within(context, i, rules.dns_queries, conduct->queries) ||
           context.drop(i, DropReason::dns_query_rate);
}

}  // namespace

void ProtocolFetchStage::note(Context context, std::size_t i) {
    Batch& batch = context.batch;
    const packet::Key& key = batch.keys[i];
    const Profile& profile = *batch.profiles[i];
    const Kind kind = profile.protocol.kind_of(key);
    if (kind == Kind::none || !profile.protocol.asks_for_source(kind)) return;
    batch.watched.add(i);
    if (kind >= Kind::http) {
        batch.connection_hashes[i] = connection_hash(context.state, batch.targets[i]->serial, key);
        context.state.connections.prefetch(batch.connection_hashes[i]);
    }
    // The first pass has asked for those of verified protocols, LimitFetchStage for those of limited sources.
    if (is_verified(profile, key) || profile.meter_source) return;
    batch.wanted_sources[key.has(packet::key_ipv6) ? 1 : 0].add(i);
}

void fetch_conducts(const Context& context) {
    const Batch& batch = context.batch;
    if (context.state.connections.used() != 0) sweep_connections(context.state);
    for (const std::uint8_t i : batch.watched) context.state.conducts.prefetch(batch.source_hashes[i]);
}

bool ProtocolStage::judge(Context context, std::size_t i) {
    const Rules& rules = context.batch.profiles[i]->protocol;
    switch (rules.kind_of(context.batch.keys[i])) {
        case Kind::dns:
            return judge_dns(context, i, rules);
        case Kind::ntp:
            return is_ntp_packet(datagram(context.batch, i)) || context.drop(i, DropReason::bad_ntp);
        case Kind::sip:
            return is_sip_message(datagram(context.batch, i)) || context.drop(i, DropReason::bad_sip);
        case Kind::http:
        case Kind::tls:
        case Kind::tcp:
            return judge_segment(context, i, rules, rules.kind_of(context.batch.keys[i]));
        case Kind::none:
            break;
    }
    return true;
}

}  // namespace sluice::dataplane::scrub::protocol
