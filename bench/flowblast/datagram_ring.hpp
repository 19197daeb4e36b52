// Export datagrams made before the clock runs: a ring of full-size NetFlow v5, v9, IPFIX or sFlow v5
// datagrams with random flows, of which only the time and the sequence number change from round to round.
//
// Flows: random remote sources, destinations over 2^host_bits addresses of 10.10.0.0/16, seven of eight TCP;
// as an attack: UDP from random sources to one address.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "telemetry/testing/export_builder.hpp"

namespace sluice::bench::flowblast {

enum class Protocol : std::uint8_t { v5, v9, ipfix, sflow };

struct Workload {
    Protocol protocol = Protocol::v9;
    std::uint32_t datagrams = 4096;  // in the ring
    std::uint32_t host_bits = 14;
    bool attack = false;
    std::uint32_t victim = 0x0a0a0005;    // 10.10.0.5
    std::uint32_t packets_a_record = 10;  // random around it, but exactly that in an attack
    std::uint32_t bytes_a_packet = 500;
    std::uint64_t seed = 1;
};

class DatagramRing {
  public:
    explicit DatagramRing(const Workload& workload);

    [[nodiscard]] std::size_t size() const { return ring_.size(); }
    [[nodiscard]] std::uint32_t records_a_datagram() const { return records_; }
    // The datagram at this place, with the present time and the next sequence number.
    [[nodiscard]] std::span<const std::uint8_t> stamped(std::size_t index, std::uint32_t unix_s);
    // Names the fields of the data; empty for protocols without templates.
    [[nodiscard]] telemetry::testing::Bytes templates(std::uint32_t unix_s);

  private:
    struct Flow;
    [[nodiscard]] Flow next_flow();
    void add_record(telemetry::testing::Writer& writer, const Flow& flow, std::uint32_t number);

    Workload workload_;
    base::SeededRandom random_;
    std::uint32_t records_;
    std::uint32_t sequence_ = 0;
    std::vector<telemetry::testing::Bytes> ring_;
};

}  // namespace sluice::bench::flowblast
