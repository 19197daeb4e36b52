// One packet on its way through its tenant's firewall, step by step: what pass_plain() leaves. Made for the
// packet, and gone after it.
//
//   follow.cpp   policy → committed rate → state
//   open.cpp     source and route → rules → NAT → limits
//   leave.cpp    translation → the way out
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "dataplane/flow/tcp_tracker.hpp"
#include "dataplane/flow_plan.hpp"
#include "dataplane/outbound/outbound_sample.hpp"
#include "dataplane/passage/edition.hpp"
#include "dataplane/splice/splicer.hpp"
#include "dataplane/stage.hpp"
#include "dataplane/tenant_firewall.hpp"

namespace sluice::dataplane::passage {

class Passage {
    using Flow = flow::Flow;
    using Found = flow::Found;
    using DropReason = model::DropReason;

  public:
    Passage(const Context& context, std::size_t i, LegIndex ingress)
        : context_(context),
          batch_(context.batch),
          state_(context.state),
          i_(i),
          ingress_(ingress),
          path_(*context.batch.firewall.paths[i]),
          firewall_(*path_.firewall),
          key_(context.batch.keys[i]),
          frame_(context.batch.frames[i]) {}

    // The packet's flow was found when the burst was sorted.
    void follow();
    // It has none: it opens one, or is dropped.
    void open();

  private:
    // follow.cpp
    [[nodiscard]] bool came_the_right_way(const Found& found) const;
    void flow_is_gone();
    [[nodiscard]] bool is_current(const Flow& flow) const;
    [[gnu::cold, gnu::noinline]] bool may_go_on(const Found& found);
    [[nodiscard]] bool still_allowed(Flow& flow) const;
    [[nodiscard]] bool within_rate(const Found& found) const;
    void follow_own(const Found& found);
    __attribute__((cold, noinline)) bool go_on(flow::Step step, const Found& found);
    [[nodiscard]] const packet::VxlanWay* tunnel_back() const;

    // open.cpp
    [[nodiscard]] bool translate_source(flow::Tuple& towards, const nat::SourceChange& change,
                                        std::optional<std::uint32_t>& block);
    [[nodiscard]] static bool has_ports(const flow::Tuple& tuple);
    [[nodiscard]] flow::Opened open_translated(flow::NewFlow& wanted, const FlowPlan& plan);
    void refuse(const firewall::Match& match, const flow::Tuple& tuple, attach::NetworkIndex from);
    void reject(std::uint32_t rule, attach::NetworkIndex from);
    void open_allowed(const flow::Tuple& tuple, const FlowPlan& plan, const Edition& edition,
                      const outbound::Attempt& attempt);
    void wait_for_server(Flow& flow) const;
    [[nodiscard]] bool verified() const;

    // leave.cpp
    void leave(const Found& found);
    [[nodiscard]] bool change(const Found& found, unsigned changes);
    void leave_error(const Found& found);
    void refuse_client(const Found& found);
    void leave_by(attach::NetworkIndex to);
    [[nodiscard]] net::Address destination_now() const;
    [[nodiscard]] DropReason find_next_hop(attach::NetworkIndex to, Mac& mac) const;
    [[nodiscard]] bool find_neighbour(const Network& network, const net::Address& host, Mac& mac) const;
    void know_sender(attach::NetworkIndex from) const;

    void end(Flow& flow) {
        state_.flows.end(flow);
        batch_.firewall.flows_ended = true;
    }
    [[nodiscard]] std::uint32_t carry() const { return state_.dither + static_cast<std::uint32_t>(i_); }
    void drop(DropReason reason, std::uint32_t rule = no_rule) const {
        (void)context_.discard(i_, reason, rule == no_rule ? no_rule : firewall_rules + rule);
        if (splice_) [[unlikely]]
            splice::reset_client(context_, i_, *splice_, ingress_);
    }

    const Context& context_;
    Batch& batch_;
    WorkerState& state_;
    std::size_t i_;
    LegIndex ingress_;
    const TenantPath& path_;
    const TenantFirewall& firewall_;  // cold: not read for packets of known flows
    const packet::Key& key_;
    packet::Frame& frame_;
    std::optional<splice::Proof> splice_;  // the packet is about to begin a connection by its cookie
};

}  // namespace sluice::dataplane::passage
