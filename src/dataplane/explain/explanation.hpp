// What became of one packet, told for people: its path stage by stage, and what would change the verdict.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/verdict.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::explain {

// One stage that the packet met. The last one of a dropped or answered packet is the one that decided.
struct Step {
    std::string_view stage;  // to_string(model::Stage), or "output"
    model::Verdict verdict = model::Verdict::pass;
    std::string rule;  // of the firewall or of NAT, the filter or the template that decided; may be empty
    std::string text;  // a sentence
};

struct Explanation {
    std::string packet;  // in the language of packet/packet_text.hpp
    net::Address source;
    std::string from;  // "internet", or one of the customer's networks
    model::Verdict verdict = model::Verdict::pass;
    model::DropReason reason = model::DropReason::none;
    std::string rule;  // that decided, or that the packet's flow is allowed by
    std::string user;  // who is logged in at the connection's source, where rules ask for that; else empty
    std::string sentence;  // the verdict in one sentence
    std::vector<Step> path;
    std::string to;    // of a packet that passed: the network where it leaves
    std::string sent;  // as it leaves, or the answer to its sender; empty after a drop
    // What would let a packet through that does not pass, each tried out on the changed program.
    std::vector<std::string> changes;
};

}  // namespace sluice::dataplane::explain
