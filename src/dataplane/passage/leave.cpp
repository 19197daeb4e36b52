// Translated and shifted as the flow says, by the way out, to the next hop.
#include "dataplane/passage/passage.hpp"

#include <cstring>

#include "dataplane/nat/flow_translation.hpp"

namespace sluice::dataplane::passage {

using flow::Found;
using model::DropReason;

void Passage::leave(const Found& found) {
    const unsigned changes = found.flow->flags & (flow::flow_translated | flow::flow_spliced);
    if (changes != 0 && !change(found, changes)) return drop(DropReason::bad_transport_header);
    leave_by(found.flow->egress[flow::index(found.direction)]);
}

bool Passage::change(const Found& found, unsigned changes) {
    if ((changes & flow::flow_spliced) != 0) [[unlikely]]
        splice::shift(key_, found, frame_);
    return (changes & flow::flow_translated) == 0 || nat::translate(state_.flows, found, key_, frame_);
}

void Passage::leave_error(const Found& found) {
    const bool outside = batch_.firewall.networks[i_] == attach::internet;
    if (found.flow->has(flow::flow_spliced)) {
        if (splice::is_refusal(key_, found)) return refuse_client(found);
        splice::shift_error(key_, found, frame_);
    }
    if (found.flow->has(flow::flow_translated) &&
        !nat::translate_error(state_.flows, found, outside, key_, frame_)) {
        return drop(DropReason::icmp_unrelated);
    }
    leave_by(found.flow->egress[flow::index(found.direction)]);
}

// The server can not be reached: its client, who thinks that he is connected, is told so.
void Passage::refuse_client(const Found& found) {
    if (frame_.room < packet::min_room) return drop(DropReason::icmp_unrelated);
    const attach::NetworkIndex to = found.flow->egress[flow::index(found.direction)];
    splice::become_reset(context_, i_, *found.flow);
    end(*found.flow);
    leave_by(to);
}

void Passage::leave_by(attach::NetworkIndex to) {
    const NetworkWay& network = context_.program.paths.way(path_, to);
    batch_.legs[i_] = network.egress.leg;
    if (!network.learns || !network.egress.way.rewrite) return forward(network.egress.way, key_, frame_);
    Mac next_hop;
    const DropReason missing = find_next_hop(to, next_hop);
    if (missing != DropReason::none) return drop(missing);
    forward(network.egress.way, next_hop, key_, frame_);
}

// As the frame has it now, translated.
net::Address Passage::destination_now() const {
    const std::uint8_t* ip = frame_.data + key_.l3_offset;
    return key_.has(packet::key_ipv6) ? net::Address::v6_from(ip + 24) : net::Address::v4_from(ip + 16);
}

// The host itself where it lies on the network's link, otherwise the router there.
DropReason Passage::find_next_hop(attach::NetworkIndex to, Mac& mac) const {
    const NetworkWay& way = context_.program.paths.way(path_, to);
    if (!way.learns_from_frames) {
        const Network& network = firewall_.networks[to];
        const net::Address destination = destination_now();
        const attach::NetworkIndex place = network.on_link.find(destination);
        if (place == Network::gateway_itself) return DropReason::no_route;
        if (place == Network::host)
            return find_neighbour(network, destination, mac) ? DropReason::none : DropReason::no_next_hop;
    }
    const std::uint64_t known = firewall_.next_hops[to].load(std::memory_order_relaxed);
    std::memcpy(mac.data(), &known, mac.size());
    return known != 0 ? DropReason::none : DropReason::no_next_hop;
}

bool Passage::find_neighbour(const Network& network, const net::Address& host, Mac& mac) const {
    const auto answer = network.neighbours->find(host, state_.now_coarse);
    if (answer.ask) {
        state_.questions.add({&network.egress.way, host.is_v4() ? network.own4 : network.own6, host,
                              answer.ask_at, network.egress.leg});
    }
    mac = answer.mac;
    return answer.known;
}

// Before the answers to a flow's first packet come: its sender is asked for, if he is on the link and not
// known, and a router is remembered.
void Passage::know_sender(attach::NetworkIndex from) const {
    const Network& network = firewall_.networks[from];
    if (network.neighbours == nullptr || !network.egress.way.rewrite) return;
    if (network.on_link.find(key_.source) == Network::host) {
        Mac mac;
        (void)find_neighbour(network, key_.source, mac);
        return;
    }
    std::uint64_t mac = 0;
    std::memcpy(&mac, frame_.data + 6, 6);
    firewall_.next_hops[from].store(mac, std::memory_order_relaxed);
}

}  // namespace sluice::dataplane::passage
