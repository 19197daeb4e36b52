#include "dataplane/attach/attach_stage.hpp"

#include <cstring>

#include "dataplane/attach/neighbour_message.hpp"

namespace sluice::dataplane::attach {
namespace {

using model::DropReason;

bool is_multicast(const net::Address& address) {
    const auto& bytes = address.bytes();
    return address.is_v4() ? bytes[12] >> 4U == 0xe : bytes[0] == 0xff;
}

// True when the frame came through a tunnel of the gateway and has been taken out of it. `sender` is then the
// tunnel's other end.
bool open_tunnel(const Context& context, LegIndex ingress, std::size_t i, net::Address& sender) {
    Batch& batch = context.batch;
    packet::Key& key = batch.keys[i];
    if (!packet::may_be_vxlan(key)) return false;
    if (!context.topology.legs[ingress].local.is_own(key.destination)) return false;
    sender = key.source;
    return packet::open_vxlan(key, batch.frames[i]);
}

// The router's Ethernet address, from what it sends. Where hosts are on the link, too, it is known apart from
// them only by the flows that it brings (firewall_stage.cpp).
void learn(const TenantFirewall& firewall, NetworkIndex network, const packet::Frame& frame) {
    if (!firewall.networks[network].learns || firewall.networks[network].neighbours != nullptr) return;
    std::uint64_t mac = 0;
    std::memcpy(&mac, frame.data + 6, 6);
    std::atomic<std::uint64_t>& known = firewall.next_hops[network];
    if (known.load(std::memory_order_relaxed) != mac) known.store(mac, std::memory_order_relaxed);
}

// ARP, neighbour discovery and echo for the gateway's own address on the network, back the way they came.
bool answer_question(const TenantFirewall& firewall, NetworkIndex number, const packet::Key& key,
                     packet::Frame& frame) {
    const Network& network = firewall.networks[number];
    if (!network.local.answer(key, frame)) return false;
    if (network.egress.way.tunnel != nullptr) packet::wrap_vxlan(*network.egress.way.tunnel, 0, frame);
    return true;
}

// True for a message that says where a neighbour is, and was understood.
bool hear(const Context& context, const Network& network, std::size_t i) {
    if (network.neighbours == nullptr) return false;
    const auto hint = read_hint(context.batch.keys[i], context.batch.frames[i], network.own4, network.own6);
    if (!hint || network.on_link.find(hint->address) != Network::host) return false;
    network.neighbours->hear(hint->address, hint->mac, hint->kind, context.state.now_coarse);
    return hint->kind != NeighbourTable::Hint::question;
}

void answered(Batch& batch, std::size_t i) {
    if (batch.verdicts[i] == model::Verdict::drop) --batch.dropped;
    batch.verdicts[i] = model::Verdict::answer;
    batch.reasons[i] = DropReason::none;
}

// A frame of an attached network for the gateway itself, or for everybody there.
void take_own(const Context& context, std::size_t i, const TenantFirewall& firewall, NetworkIndex network) {
    Batch& batch = context.batch;
    const bool heard = hear(context, firewall.networks[network], i);
    if (answer_question(firewall, network, batch.keys[i], batch.frames[i])) {
        answered(batch, i);
    } else if (batch.verdicts[i] == model::Verdict::pass) {
        context.drop(i, heard ? DropReason::for_gateway : DropReason::no_route);
    } else if (heard) {
        batch.reasons[i] = DropReason::for_gateway;
    }
}

// A frame of a network that the tenant is attached by.
void take(const Context& context, std::size_t i, const Ingress& ingress, const net::Address* sender) {
    Batch& batch = context.batch;
    const TenantPath& path = context.program.paths[ingress.firewall];
    const TenantFirewall& firewall = *path.firewall;
    const Network& network = firewall.networks[ingress.network];
    batch.targets[i] = &path.outbound;
    if (sender != nullptr &&
        (network.egress.way.tunnel == nullptr || network.egress.way.tunnel->remote != *sender)) {
        context.drop(i, DropReason::unknown_network);
        return;
    }
    learn(firewall, ingress.network, batch.frames[i]);
    const packet::Key& key = batch.keys[i];
    const bool for_us = key.error == packet::ParseError::not_ip ||
                        (key.error == packet::ParseError::none && network.local.is_own(key.destination)) ||
                        is_multicast(key.destination);
    if (for_us) {
        return take_own(context, i, firewall, ingress.network);
    }
    if (batch.verdicts[i] == model::Verdict::drop) return;
    batch.firewall.paths[i] = &path;
    batch.firewall.networks[i] = ingress.network;
    batch.firewall.stateful.add(i);
}

// An untagged frame of a routed customer: his own addresses say who it is.
bool take_routed(const Context& context, std::size_t i) {
    Batch& batch = context.batch;
    const Target* target = context.program.table.find(batch.keys[i].source);
    if (target == nullptr || target->firewall == 0) return false;
    const TenantPath& path = context.program.paths[target->firewall];
    const TenantFirewall& firewall = *path.firewall;
    const NetworkIndex network = firewall.routes.find(batch.keys[i].source);
    if (network == internet || firewall.networks[network].kind != model::AttachmentKind::prefix) return false;
    batch.targets[i] = &path.outbound;
    batch.firewall.paths[i] = &path;
    batch.firewall.networks[i] = network;
    batch.firewall.stateful.add(i);
    return true;
}

}  // namespace

void find_networks(const Context& context, LegIndex ingress) {
    Batch& batch = context.batch;
    const Leg& leg = context.topology.legs[ingress];
    batch.live.count = 0;
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        net::Address sender;
        const std::uint8_t* before = batch.frames[i].data;
        const bool tunnelled = open_tunnel(context, ingress, i, sender);
        batch.firewall.opened[i] = static_cast<std::uint16_t>(batch.frames[i].data - before);
        const packet::Key& key = batch.keys[i];
        if (tunnelled || key.vlan != 0 || !leg.internet) {
            const Ingress found = context.program.networks.find(IngressTag::of(ingress, key));
            if (found.firewall != 0) {
                take(context, i, found, tunnelled ? &sender : nullptr);
                continue;
            }
        }
        if (batch.verdicts[i] == model::Verdict::drop) continue;
        if (tunnelled) {
            context.drop(i, DropReason::unknown_network);
        } else if (leg.internet) {
            batch.live.add(i);
        } else if (!leg.customers || !take_routed(context, i)) {
            context.drop(i, DropReason::unknown_network);
        }
    }
}

}  // namespace sluice::dataplane::attach
