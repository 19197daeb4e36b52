// Everything that a decoder remembers of its exporters, by exporter address and observation domain. Bounded:
// senders can be forged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/flow_record.hpp"
#include "net/address.hpp"
#include "net/prefix_map.hpp"
#include "telemetry/decoder_config.hpp"
#include "telemetry/loss_reason.hpp"
#include "telemetry/record_plan.hpp"
#include "telemetry/sampling_table.hpp"
#include "telemetry/sequence_tracker.hpp"
#include "telemetry/statistics.hpp"

namespace sluice::telemetry {

struct Template {
    std::uint16_t id = 0;
    bool options = false;
    std::vector<TemplateField> fields;
    RecordPlan plan;
    base::Instant last_seen{};
};

// Data that came before its template.
struct WaitingSet {
    std::uint16_t id = 0;
    RecordClock clock;
    base::Timestamp received_at{};
    base::Instant since{};
    std::vector<std::uint8_t> bytes;
};

struct DomainKey {
    net::Address exporter;
    net::Address agent;  // sFlow only
    std::uint32_t domain = 0;
    model::FlowSource protocol = model::FlowSource::netflow_v5;

    bool operator==(const DomainKey&) const = default;
};

struct Exporter {
    const ExporterSetting* setting = nullptr;  // nullptr: not listed
    std::size_t domains = 0;
};

// Sequence numbers run by the exporter's port: two processes of one router may report for one domain.
struct Stream {
    std::uint16_t port = 0;
    std::uint32_t last_uptime = 0;
    base::Instant last_seen{};
    SequenceTracker sequence;
};

struct Domain {
    static constexpr std::size_t max_streams = 8;

    Domain(DomainKey domain_key, Exporter& its_exporter, std::size_t max_samplers)
        : key(domain_key), exporter(&its_exporter), sampling(max_samplers) {}

    [[nodiscard]] Template* find_template(std::uint16_t id);
    // Made when it is new, in place of the one that was silent for longest when there are too many.
    [[nodiscard]] Stream& stream(std::uint16_t port, base::Instant now);
    // By sequence numbers, since the start.
    [[nodiscard]] std::uint64_t missing() const;
    // The rate of records that name no sampler: as set by the operator, as told by the exporter, or the
    // default.
    [[nodiscard]] std::uint32_t rate() const;

    DomainKey key;
    Exporter* exporter;
    std::vector<std::unique_ptr<Template>> templates;  // by id
    SamplingTable sampling;
    std::vector<Stream> streams;
    std::uint64_t missing_of_old_streams = 0;
    std::deque<WaitingSet> waiting;
    std::uint64_t init_time_ms = 0;  // IPFIX: when the uptime began; 0 when unknown
    std::uint64_t datagrams = 0;
    std::uint64_t records = 0;
    std::uint64_t restarts = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> agent_drops;  // sFlow: source id → dropped so far
    base::Instant last_seen{};
};

class ExporterTable {
  public:
    // `config` and `statistics` must outlive the table. `seed` keys the hash.
    ExporterTable(const DecoderConfig& config, DecoderStatistics& statistics, std::uint64_t seed);

    // The domain, made when it is new; nullptr, with the reason counted, when a limit or the list forbids it.
    [[nodiscard]] Domain* enter(const DomainKey& key, base::Instant now);

    // Forgets idle exporters, old templates and data that waited too long.
    void expire(base::Instant now);

    // Keeps data until its template comes; counts it as lost where there is no room.
    void wait(Domain& domain, WaitingSet set);
    // The sets that waited for this template, oldest first; they are no longer kept.
    [[nodiscard]] std::vector<WaitingSet> take_waiting(Domain& domain, std::uint16_t id);
    void drop_template(Domain& domain, std::uint16_t id);
    // All with this flag.
    void drop_templates(Domain& domain, bool options);

    template <class Visitor>
    void visit(Visitor&& visitor) const {
        for (const auto& [key, domain] : domains_) visitor(*domain);
    }

  private:
    struct Hash {
        std::uint64_t seed;
        std::size_t operator()(const DomainKey& key) const noexcept;
        std::size_t operator()(const net::Address& address) const noexcept;
    };
    using Domains = std::unordered_map<DomainKey, std::unique_ptr<Domain>, Hash>;

    [[nodiscard]] Domain* create(const DomainKey& key);
    void expire_domain(Domain& domain, base::Instant now);
    void forget_waiting(const WaitingSet& set);

    const DecoderConfig& config_;
    DecoderStatistics& statistics_;
    net::PrefixMap<const ExporterSetting*> settings_;
    std::unordered_map<net::Address, Exporter, Hash> exporters_;
    Domains domains_;
    Domain* recent_ = nullptr;
    std::size_t waiting_sets_ = 0;
    std::size_t waiting_bytes_ = 0;
};

}  // namespace sluice::telemetry
