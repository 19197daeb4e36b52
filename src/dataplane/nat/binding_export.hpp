// NAT bindings as IPFIX messages (RFC 7011, elements of RFC 8158), for the collectors that providers keep
// them with.
//
// Message (RFC 7011 section 3.1): version 2 = 10 | length 2 | export time 4 | sequence 4 | domain 4 | sets …
// Set (3.3.2): id 2 | length 2 | templates or records …          Template (3.4.1): id 2 | fields 2 | element
// 2, length 2 … Records of template 256 (IPv4; 29 bytes) and 257 (IPv6; 53 bytes):
//   323 observationTimeMilliseconds 8 | 230 natEvent 1 | 234 ingressVRFID 4: the tenant | 4
//   protocolIdentifier 1: 0 for all | 8 or 27 source address: inside | 9 or 29 its prefix length 1 | 7
//   sourceTransportPort 2: the server's, or 0 | 225 or 281 postNATSource address: outside | 361
//   portRangeStart 2 | 362 portRangeEnd 2
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "model/nat_binding.hpp"

namespace sluice::dataplane::nat {

class BindingExport {
  public:
    struct Config {
        std::uint32_t observation_domain = 1;
        std::uint32_t message_bytes = 1'400;  // at most: a UDP datagram that no path has to cut
        base::Duration template_interval =
            std::chrono::minutes(5);  // RFC 7011 section 8.1: over UDP they are repeated
    };

    explicit BindingExport(const Config& config) : config_(config) {}

    // Datagrams for all of them, in order. Templates go before the first record, and again after the
    // interval.
    [[nodiscard]] std::vector<std::vector<std::uint8_t>> encode(std::span<const model::NatBinding> bindings,
                                                                base::Timestamp now);

  private:
    Config config_;
    std::uint32_t sequence_ = 0;  // data records sent before a message
    bool templates_sent_ = false;
    base::Timestamp templates_at_{};
};

}  // namespace sluice::dataplane::nat
