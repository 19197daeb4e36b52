#include "dataplane/firewall_stage.hpp"

#include "dataplane/attach/attach_stage.hpp"
#include "dataplane/flow/icmp_quote.hpp"
#include "dataplane/passage/passage.hpp"
#include "dataplane/passage/plain_passage.hpp"

namespace sluice::dataplane {
namespace {

using flow::Found;
using flow::TupleKind;
using model::DropReason;

// An ICMP error belongs to the flow of the packet that it quotes.
Found find_quoted(const Context& context, std::size_t i, flow::TenantIndex tenant) {
    Batch& batch = context.batch;
    const auto quote = flow::read_quote(tenant, batch.keys[i], batch.frames[i]);
    if (!quote) return {};
    const Found found = context.state.flows.find(quote->answers);
    if (found.flow == nullptr || !flow::is_plausible(*quote, *found.flow, found.direction)) return {};
    return found;
}

// What can not open a flow, and has none: why.
void find_indirect(const Context& context, std::size_t i) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    const flow::TenantIndex tenant = firewall.paths[i]->index;
    if (firewall.kinds[i] == TupleKind::icmp_error) {
        firewall.found[i] = find_quoted(context, i, tenant);
        if (firewall.found[i].flow == nullptr) {
            (void)context.discard(i, DropReason::icmp_unrelated);
            return;
        }
    } else if (firewall.kinds[i] == TupleKind::piece) {
        const auto piece =
            context.state.fragments.find(firewall.lookups.tuples[i], batch.keys[i], context.state.flows);
        if (piece.found.flow == nullptr) {
            (void)context.discard(i, piece.reason);
            return;
        }
        firewall.found[i] = piece.found;
        flow::track_piece(*piece.found.flow, piece.found.direction, batch.keys[i], piece.data_begins,
                          context.program.paths.times(*firewall.paths[i]), context.state.flows.now());
    } else {
        (void)context.discard(i, DropReason::bad_transport_header);
        return;
    }
    firewall.known.add(i);
}

// The lines that the packet's last steps want: its way out, and its counters.
void fetch_way(const Context& context, std::size_t i, const Found& found) {
    const TenantPath& path = *context.batch.firewall.paths[i];
    __builtin_prefetch(&context.program.paths.way(path, found.flow->egress[flow::index(found.direction)]));
    __builtin_prefetch(&context.program.paths.times(path));
    __builtin_prefetch(&context.state.counts.states[context.batch.targets[i]->slot], 1);
}

}  // namespace

void fetch_flows(const Context& context) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    firewall.lookups.clear();
    for (const std::uint8_t i : firewall.stateful) {
        const TenantPath& path = *firewall.paths[i];
        flow::Tuple& tuple = firewall.lookups.tuples[i];
        firewall.kinds[i] = flow::tuple_of(path.index, batch.keys[i], batch.frames[i], tuple);
        if (firewall.kinds[i] == TupleKind::own)
            firewall.lookups.want(i, batch.keys[i].has(packet::key_ipv6));
        if (path.limits_inbound | path.limits_outbound | path.checks_inbound) {
            if (firewall.networks[i] == attach::internet && batch.profiles[i]->checks_protocol)
                firewall.checked.add(i);
            __builtin_prefetch(&path.inbound);
            __builtin_prefetch(&context.state.tenant_meters[path.index], 1);
        }
    }
    context.state.flows.fetch(firewall.lookups);
}

void sort_flows(const Context& context) {
    Batch& batch = context.batch;
    FirewallBatch& firewall = batch.firewall;
    for (const std::uint8_t i : firewall.stateful) {
        if (firewall.networks[i] != attach::internet) {
            const TenantPath& path = *firewall.paths[i];
            attach::learn_router(path, firewall.networks[i],
                                 context.program.paths.way(path, firewall.networks[i]), batch.frames[i]);
        }
        if (firewall.kinds[i] != TupleKind::own) {
            find_indirect(context, i);
            continue;
        }
        const Found found = context.state.flows.find(firewall.lookups, i);
        firewall.found[i] = found;
        if (found.flow != nullptr) {
            firewall.known.add(i);
            fetch_way(context, i, found);
        } else if (firewall.networks[i] == attach::internet) {
            batch.live.add(i);
        } else {
            batch.sources[i] = nullptr;
            firewall.fresh.add(i);
        }
    }
}

void follow_flows(const Context& context, LegIndex ingress) {
    // A copy whose address nobody else has (run_stages).
    const Context own = context;
    const FirewallBatch& firewall = context.batch.firewall;
    for (const std::uint8_t i : firewall.known) {
        if (!firewall.flows_ended && passage::pass_plain(own, i)) continue;
        passage::Passage(context, i, ingress).follow();
    }
}

void open_flows(const Context& context, LegIndex ingress) {
    for (const std::uint8_t i : context.batch.firewall.fresh) passage::Passage(context, i, ingress).open();
}

}  // namespace sluice::dataplane
