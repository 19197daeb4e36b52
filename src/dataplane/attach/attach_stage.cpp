#include "dataplane/attach/attach_stage.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/attach/neighbour_message.hpp"
#include "dataplane/parse_reason.hpp"

namespace sluice::dataplane::attach {
namespace {

using model::DropReason;

// Of a packet without parse error.
bool is_multicast(const packet::Key& key) {
    const auto& bytes = key.destination.bytes();
    return key.has(packet::key_ipv6) ? bytes[0] == 0xff : bytes[12] >> 4U == 0xe;
}

// True when the frame came through a tunnel of the gateway and has been taken out of it. `sender` is then the
// tunnel's other end.
bool open_tunnel(const Context& context, LegIndex ingress, std::size_t i, net::Address& sender) {
    Batch& batch = context.batch;
    packet::Key& key = batch.keys[i];
    if (!context.topology.legs[ingress].local.is_own(key.destination)) return false;
    sender = key.source;
    return packet::open_vxlan(key, batch.frames[i]);
}

// Of what was in a tunnel. What is not IP may be a question for the gateway, as without a tunnel.
void drop_unreadable(const Context& context, std::size_t i) {
    const packet::ParseError error = context.batch.keys[i].error;
    if (error != packet::ParseError::none && error != packet::ParseError::not_ip)
        (void)context.discard(i, reason_of(error));
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

// The frame is for the gateway itself, or for everybody on its network.
bool is_for_gateway(const TenantFirewall& firewall, const NetworkWay& way, NetworkIndex network,
                    const packet::Key& key) {
    if (key.error != packet::ParseError::none) [[unlikely]]
        return key.error == packet::ParseError::not_ip;
    return is_multicast(key) ||
           (way.may_be_own(key.destination) && firewall.networks[network].local.is_own(key.destination));
}

// A frame of a network that the tenant is attached by.
void take(const Context& context, std::size_t i, const Ingress& ingress, const net::Address* sender) {
    Batch& batch = context.batch;
    const TenantPath& path = context.program.paths[ingress.firewall];
    const NetworkWay& way = context.program.paths.way(ingress.way);
    batch.targets[i] = &path.outbound;
    if (sender != nullptr && (way.egress.way.tunnel == nullptr || way.egress.way.tunnel->remote != *sender)) {
        if (batch.verdicts[i] != model::Verdict::drop) context.drop(i, DropReason::unknown_network);
        return;
    }
    if (is_for_gateway(*path.firewall, way, ingress.network, batch.keys[i])) {
        learn_router(path, ingress.network, way, batch.frames[i]);
        return take_own(context, i, *path.firewall, ingress.network);
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

// Plain frames of the internet: they are live already, as far as they could be read.
bool are_plain(const Batch& batch) {
    std::uint32_t tags = 0;
    bool tunnels = false;
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        tags |= batch.keys[i].vlan;
        tunnels |= packet::may_be_vxlan(batch.keys[i]);
    }
    return tags == 0 && !tunnels;
}

// Frames that come from a network of a customer, as far as their tags can tell, and by which.
struct Tagged {
    Selection packets;
    PerPacket<std::uint64_t> words;
    PerPacket<net::Address> senders;  // of tunnelled ones: the tunnel's other end
    std::uint32_t tunnelled = 0;      // bit i
    PerPacket<Ingress> ingresses;
};

// The first look: what needs no table. The tables' lines are asked for.
void sort_frames(const Context& context, LegIndex ingress, Tagged& tagged) {
    Batch& batch = context.batch;
    const bool all = !context.topology.legs[ingress].internet;
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        if (packet::may_be_vxlan(batch.keys[i])) [[unlikely]] {
            const std::uint8_t* const before = batch.frames[i].data;
            if (open_tunnel(context, ingress, i, tagged.senders[i])) {
                tagged.tunnelled |= 1U << i;
                drop_unreadable(context, i);
            }
            batch.firewall.opened[i] = static_cast<std::uint16_t>(batch.frames[i].data - before);
        }
        if (!all && (batch.keys[i].vlan | (tagged.tunnelled >> i & 1U)) == 0) continue;
        tagged.packets.add(i);
        tagged.words[i] = IngressTag::of(ingress, batch.keys[i]).word();
        context.program.networks.prefetch(tagged.words[i]);
    }
    for (const std::uint8_t i : tagged.packets) {
        const Ingress& found = tagged.ingresses[i] = context.program.networks.find(tagged.words[i]);
        __builtin_prefetch(&context.program.paths[found.firewall]);
        if (found.firewall != 0) __builtin_prefetch(&context.program.paths.way(found.way));
    }
}

}  // namespace

void find_networks(const Context& context, LegIndex ingress) {
    Batch& batch = context.batch;
    const Leg& leg = context.topology.legs[ingress];
    std::fill_n(batch.firewall.opened.begin(), batch.size, 0);
    if (leg.internet && are_plain(batch)) return;
    Tagged tagged;
    sort_frames(context, ingress, tagged);
    std::uint32_t nobodys = batch.size == packet::max_burst ? ~0U : (1U << batch.size) - 1;
    for (const std::uint8_t i : tagged.packets) {
        if (tagged.ingresses[i].firewall == 0) continue;
        nobodys &= ~(1U << i);
        const bool tunnelled = (tagged.tunnelled >> i & 1U) != 0;
        take(context, i, tagged.ingresses[i], tunnelled ? &tagged.senders[i] : nullptr);
    }
    batch.live.count = 0;
    for (std::uint32_t i = 0; nobodys != 0 && i < batch.size; ++i) {
        if ((nobodys >> i & 1U) == 0 || batch.verdicts[i] == model::Verdict::drop) continue;
        if ((tagged.tunnelled >> i & 1U) != 0) {
            context.drop(i, DropReason::unknown_network);
        } else if (leg.internet) {
            batch.live.add(i);
        } else if (!leg.customers || !take_routed(context, i)) {
            context.drop(i, DropReason::unknown_network);
        }
    }
}

}  // namespace sluice::dataplane::attach
