// What the records of one suspect host, prefix or tenant show besides rates: who sends, from where it comes
// in, to which port, a few records as they came. Collected only while something is suspect, from a sample of
// the records, and forgotten with a half-life of a second, so that it shows the attack as it is now.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "base/siphash.hpp"
#include "detection/hyperloglog.hpp"
#include "detection/meter.hpp"
#include "detection/space_saving.hpp"
#include "model/finding.hpp"
#include "net/prefix.hpp"

namespace sluice::detection {

class Evidence {
  public:
    explicit Evidence(const base::SipKey& key) : key_(key) {}

    // `weight`: the record stands for so many.
    void add(const model::FlowRecord& record, std::uint32_t weight);
    // A few times a second.
    void age(base::Duration elapsed);

    [[nodiscard]] bool empty() const { return !(sources_.total() > 0); }
    // A few sources that ask many ports of the target for a connection.
    [[nodiscard]] bool looks_like_scan() const;
    // Share of the weight that the four strongest sources surely have, 0 … 1.
    [[nodiscard]] float concentration() const;
    // Fills sources, distinct_sources, ingress, samples and destination_port; rates are shares of `attack`.
    // Names a scan among the vectors that are there.
    void describe(model::Finding& finding, Rate attack) const;

  private:
    struct Ingress {
        net::Address exporter;
        std::uint32_t interface = 0;
        bool operator==(const Ingress&) const = default;
    };
    struct PortOf {
        net::Address source;
        std::uint16_t port = 0;
        bool many = false;
    };
    void add_source(const model::FlowRecord& record, Weight weight);
    void keep_sample(const model::FlowRecord& record);
    void name_scan(std::vector<model::VectorShare>& vectors) const;
    void describe_sources(model::Finding& finding, Rate attack) const;

    base::SipKey key_;
    static constexpr std::size_t max_sources = 64;
    SpaceSaving<net::Address, max_sources> sources_;
    std::array<PortOf, max_sources> ports_{};  // of the entries of sources_, by position
    SpaceSaving<net::Prefix, 32> networks_;
    SpaceSaving<Ingress, 16> ingress_;
    SpaceSaving<std::uint16_t, 16> destination_ports_;
    HyperLogLog distinct_;
    HyperLogLog ports_asked_;  // destination ports of TCP SYNs
    std::vector<model::FlowRecord> samples_;
    std::uint32_t seen_ = 0;
};

}  // namespace sluice::detection
