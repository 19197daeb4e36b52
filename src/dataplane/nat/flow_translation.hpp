// What the packets of a translated flow become, from what the flow knows: its own tuple and the translated
// one.
//
//   original  own tuple        → translated tuple
//   reply     its reverse      ← its reverse
//
// and an ICMP error about one of them, from either end or from a router on the way: the packet that it quotes
// is put back into the form in which its sender knows it, and so are the error's own addresses (RFC 5508
// section 4.2). A router behind the translation speaks with the flow's public address: nobody outside could
// answer his own.
#pragma once

#include "dataplane/flow/flow_table.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::nat {

// A packet of a flow that is translated. False: it is a first fragment that cuts its transport header, and
// nothing was changed.
[[nodiscard]] bool translate(const flow::FlowTable& flows, const flow::Found& found, const packet::Key& key,
                             packet::Frame& frame);

// `outside`: it comes from the internet. False: it quotes too little.
[[nodiscard]] bool translate_error(const flow::FlowTable& flows, const flow::Found& found, bool outside,
                                   const packet::Key& key, packet::Frame& frame);

}  // namespace sluice::dataplane::nat
