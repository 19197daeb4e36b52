// For tests: a detector in virtual time, fed by streams of traffic with given rates. Benign traffic here is
// generated, nobody's recording.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "detection/detector.hpp"

namespace sluice::detection {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline net::Address address(std::string_view text) {
    return net::Address::parse(text).value_or(net::Address{});
}
inline net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value_or(net::Prefix{});
}

// One kind of traffic. Each tick it sends what is due, spread over `records` records.
struct Stream {
    model::FlowRecord like;  // addresses, ports, protocol, flags
    double packets_per_s = 0;
    std::uint32_t packet_bytes = 500;
    std::uint32_t records = 20;      // a tick
    std::uint32_t sources = 1;       // the source address varies over so many
    std::uint32_t destinations = 1;  // the destination, too
    bool random_source_port = false;
    base::Duration flush_interval{};  // 0: each tick; else the exporter sends in bursts

    double due = 0;
    base::Instant flushed{};
};

inline Stream udp_flood(std::string_view destination, double packets_per_s) {
    Stream stream;
    stream.like.source = address("198.51.100.1");
    stream.like.destination = address(destination);
    stream.like.protocol = 17;
    stream.like.source_port = 40000;
    stream.like.destination_port = 9999;
    stream.packets_per_s = packets_per_s;
    stream.sources = 1000;
    return stream;
}

inline Stream tcp_stream(std::string_view destination, double packets_per_s, std::uint8_t flags) {
    Stream stream = udp_flood(destination, packets_per_s);
    stream.like.protocol = 6;
    stream.like.tcp_flags = flags;
    stream.like.destination_port = 443;
    stream.packet_bytes = flags == 0x02 ? 40 : 1000;
    return stream;
}

class Recorder final : public FindingSink, public ReportSink {
  public:
    void take(const model::Finding& finding) override { findings.push_back(finding); }
    void take(const model::CollectorReport& report) override { reports.push_back(report); }

    [[nodiscard]] std::vector<model::Finding> in_state(model::FindingState state) const {
        std::vector<model::Finding> found;
        std::copy_if(findings.begin(), findings.end(), std::back_inserter(found),
                     [state](const model::Finding& finding) { return finding.state == state; });
        return found;
    }
    [[nodiscard]] std::vector<model::Finding> opened() const { return in_state(model::FindingState::opened); }
    [[nodiscard]] std::vector<model::Finding> closed() const { return in_state(model::FindingState::closed); }

    std::vector<model::Finding> findings;
    std::vector<model::CollectorReport> reports;
};

class Simulation {
  public:
    explicit Simulation(DetectorConfig config = {}, std::uint64_t seed = 1)
        : random(seed),
          tick_length(milliseconds(config.tick_ms)),
          detector(std::move(config), {clock, random, recorder, recorder}) {
        clock.advance(milliseconds(50));
    }

    void set_policies(std::vector<model::DetectionPolicy> policies) {
        detector.set_policies(std::move(policies), ++version);
        detector.tick();
    }

    // Runs for so long; stops early when `until` says so. Returns the time that passed.
    base::Duration run(base::Duration length, std::vector<Stream> streams) {
        return run(length, std::move(streams), [] { return false; });
    }
    template <class Until>
    base::Duration run(base::Duration length, std::vector<Stream> streams, Until until) {
        const base::Instant began = clock.now();
        for (auto& stream : streams) stream.flushed = began;
        while (clock.now() - began < length) {
            clock.advance(tick_length);
            for (auto& stream : streams) send(stream);
            detector.tick();
            if (until()) break;
        }
        return clock.now() - began;
    }

    void send(Stream& stream) {
        stream.due += stream.packets_per_s * 1e-9 * static_cast<double>(tick_length.count());
        if (clock.now() - stream.flushed < stream.flush_interval) return;
        const base::Duration covered = clock.now() - stream.flushed;
        stream.flushed = clock.now();
        const double each = stream.due / stream.records;
        batch.clear();
        double carried = 0;
        for (std::uint32_t i = 0; i < stream.records; ++i) {
            carried += each;
            const auto packets = static_cast<std::uint64_t>(carried);
            if (packets == 0) continue;
            carried -= static_cast<double>(packets);
            batch.push_back(record(stream, packets, covered));
        }
        stream.due = carried;
        for (std::size_t i = 0; i < batch.size(); i += 50) {
            const std::size_t size = std::min<std::size_t>(50, batch.size() - i);
            detector.ingest(next_shard++ % shards).add(std::span(batch).subspan(i, size));
        }
    }

    // The wall clock, which starts with the steady one.
    [[nodiscard]] base::Timestamp tick_end() const { return wall_start + (clock.now() - steady_start); }

    [[nodiscard]] std::uint64_t loss(std::string_view reason) const {
        const auto stats = detector.stats();
        const auto found = std::find_if(stats.losses.begin(), stats.losses.end(),
                                        [&](const auto& entry) { return entry.first == reason; });
        return found == stats.losses.end() ? 0 : found->second;
    }

    const base::Timestamp wall_start{std::chrono::hours{24 * 365 * 50}};
    base::ManualClock clock{wall_start};
    const base::Instant steady_start = clock.now();
    base::SeededRandom random;
    Recorder recorder;
    base::Duration tick_length;
    Detector detector;
    std::size_t shards = 1;

  private:
    static net::Address shifted(const net::Address& address, std::uint64_t by) {
        auto bytes = address.bytes();
        for (std::size_t i = 16; i-- > 12 && by != 0;) {
            by += bytes[i];
            bytes[i] = static_cast<std::uint8_t>(by);
            by >>= 8U;
        }
        return net::Address::v6_from(bytes.data());
    }

    model::FlowRecord record(const Stream& stream, std::uint64_t packets, base::Duration covered) {
        model::FlowRecord record = stream.like;
        record.packets = packets;
        record.bytes = packets * stream.packet_bytes;
        record.exporter = address("203.0.113.1");
        record.input_interface = 7;
        record.reported_by = model::FlowSource::sflow;
        if (stream.sources > 1) record.source = shifted(record.source, random.next() % stream.sources);
        if (stream.destinations > 1) {
            record.destination = shifted(record.destination, random.next() % stream.destinations);
        }
        if (stream.random_source_port) record.source_port = static_cast<std::uint16_t>(random.next() | 1024U);
        record.last_at = tick_end() - base::Duration(random.next() % std::uint64_t(covered.count() + 1));
        record.first_at = record.last_at;
        return record;
    }

    std::uint64_t version = 0;
    std::size_t next_shard = 0;
    std::vector<model::FlowRecord> batch;
};

inline model::Threshold packets_threshold(std::string name, std::uint64_t packets_per_s,
                                          model::AttackVector vector = model::AttackVector::total,
                                          model::CountScope scope = model::CountScope::host) {
    model::Threshold threshold;
    threshold.name = std::move(name);
    threshold.scope = scope;
    threshold.vector = vector;
    threshold.packets_per_s = packets_per_s;
    return threshold;
}

inline model::DetectionPolicy policy(std::uint64_t tenant, std::string_view target,
                                     std::vector<model::Threshold> thresholds) {
    model::DetectionPolicy policy;
    policy.tenant = model::TenantId(tenant);
    policy.tenant_slug = "tenant-" + std::to_string(tenant);
    policy.targets = {{prefix(target), 0}};
    policy.thresholds = std::move(thresholds);
    return policy;
}

}  // namespace sluice::detection
