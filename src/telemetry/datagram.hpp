// One received export datagram, as a receiver hands it to a decoder. Borrowed bytes: valid during the call.
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "net/address.hpp"

namespace sluice::telemetry {

struct Datagram {
    std::span<const std::uint8_t> payload;  // behind the UDP header
    net::Address exporter;                  // source address; IPv4 as ::ffff:a.b.c.d
    std::uint16_t exporter_port = 0;        // host byte order
    base::Timestamp received_at{};          // wall clock: for records without a time of their own
    base::Instant now{};                    // monotonic: for the age of templates and exporters
};

}  // namespace sluice::telemetry
