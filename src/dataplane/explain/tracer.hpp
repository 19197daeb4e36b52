// One tenant's program in a gateway of its own, and the packets that are sent through it one by one: the
// compiled program and the pipeline of a real gateway, with what they leave behind of each packet. It begins
// empty: no flow is open, no source has shown itself; the packets that are sent build that up, as in a
// gateway.
//
// Not thread-safe. Time is the caller's, and held when it runs backwards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "dataplane/attach/routes.hpp"
#include "dataplane/attributes/attribute_table.hpp"
#include "dataplane/flow/tuple.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"
#include "model/verdict.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::explain {

// A packet that somebody sends.
struct Sent {
    attach::NetworkIndex from = attach::internet;  // of the tenant's, in the order of his attachments; from 1
    base::Timestamp at{};
    std::vector<std::uint8_t> frame;  // Ethernet, without tags or tunnel
};

// What became of it.
struct Trace {
    model::Verdict verdict = model::Verdict::pass;
    model::DropReason reason = model::DropReason::none;
    std::string rule;      // that decided; of a flow that was found: the one that allows it
    packet::Key key;       // as it arrived
    bool is_ours = false;  // a target of the tenant, or one of his networks
    net::Prefix target;    // of packets from the internet
    bool has_firewall = false;
    bool asks_users = false;  // rules of his name some
    std::string user;         // then: who is logged in at the connection's source; empty: nobody
    bool known = false;       // it belongs to a flow that was open
    bool scrubbed = false;    // it met the guard's stages
    bool excused = false;     // a filter let it pass by all later ones
    bool spliced = false;     // its connection was begun by a cookie, now or before
    std::string source_is;    // a sentence: what tables say of its source, where filters ask for that
    std::vector<std::string> ends_are;  // the same of both its ends, where rules of the firewall ask
    // Of packets whose flow is open now:
    bool has_flow = false;
    flow::Tuple before, after;  // as the flow's originator sends, and after translation
    flow::Direction direction = flow::Direction::original;
    attach::NetworkIndex to = attach::internet;
    std::string destination_nat;  // names of the NAT rules that a new flow is translated by
    std::string source_nat;

    std::vector<std::uint8_t> frame;  // as it leaves, or the answer; empty after a drop
};

class Tracer {
  public:
    // Refuses what a gateway refuses; `at` is when the program is compiled: filters expire from then on, and
    // log-ins of the tenant's `users` by the packets' times. `tables`: as the gateways' are supposed to be;
    // filters and rules that ask one that is not there match nothing.
    [[nodiscard]] static base::Result<std::unique_ptr<Tracer>> make(
        const model::TenantProgram& program, base::Timestamp at,
        std::span<const model::UserBinding> users = {}, const attributes::Tables& tables = {});
    ~Tracer();
    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;

    [[nodiscard]] Trace run(const Sent& packet);

    // The network behind which the address lies; the internet when it is in none.
    [[nodiscard]] attach::NetworkIndex network_of(const net::Address& address) const;

  private:
    struct Impl;
    explicit Tracer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::dataplane::explain
