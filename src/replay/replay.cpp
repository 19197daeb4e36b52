#include "replay/replay.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "dataplane/engine.hpp"
#include "packet/capture_writer.hpp"
#include "replay/control_loop.hpp"
#include "replay/frame_source.hpp"
#include "replay/tenant_directory.hpp"
#include "telemetry/packet_meter.hpp"

namespace sluice::replay {
namespace {

constexpr base::Duration time_to_judge = std::chrono::seconds{2};

class IntoDetector final : public telemetry::RecordSink {
  public:
    explicit IntoDetector(detection::Ingest& ingest) : ingest_(ingest) {}
    void on_records(std::span<const model::FlowRecord> records) override { ingest_.add(records); }

  private:
    detection::Ingest& ingest_;
};

class NoReports final : public detection::ReportSink {
  public:
    void take(const model::CollectorReport& /*report*/) override {}
};

// Effects by mitigation, filled packet by packet.
class EffectBook {
  public:
    void count(const dataplane::Outcome& outcome, std::size_t frame_bytes) {
        Entry& entry = entries_[outcome.mitigation];
        entry.effect.in.add(frame_bytes);
        switch (outcome.verdict) {
            case model::Verdict::pass:
                entry.effect.passed.add(frame_bytes);
                break;
            case model::Verdict::answer:
                entry.effect.answered.add(frame_bytes);
                break;
            case model::Verdict::drop:
                entry.effect.dropped.add(frame_bytes);
                break;
        }
        if (outcome.verdict == model::Verdict::pass) return;
        entry.rules[{outcome.verdict, outcome.reason, std::string(outcome.rule)}].add(frame_bytes);
    }

    [[nodiscard]] Effect of(const std::vector<model::Mitigation>& mitigations) const {
        Effect sum;
        std::map<Rule, PacketTally> rules;
        for (const auto& mitigation : mitigations) {
            const auto found = entries_.find(mitigation.id);
            if (found == entries_.end()) continue;
            const Effect& effect = found->second.effect;
            add(sum.in, effect.in);
            add(sum.passed, effect.passed);
            add(sum.dropped, effect.dropped);
            add(sum.answered, effect.answered);
            for (const auto& [rule, tally] : found->second.rules) add(rules[rule], tally);
        }
        for (const auto& [rule, tally] : rules) {
            sum.rules.push_back({std::get<0>(rule), std::get<1>(rule), std::get<2>(rule), tally});
        }
        std::stable_sort(sum.rules.begin(), sum.rules.end(),
                         [](const auto& a, const auto& b) { return a.count.packets > b.count.packets; });
        return sum;
    }

  private:
    using Rule = std::tuple<model::Verdict, model::DropReason, std::string>;
    struct Entry {
        Effect effect;
        std::map<Rule, PacketTally> rules;
    };
    static void add(PacketTally& sum, const PacketTally& part) {
        sum.packets += part.packets;
        sum.bytes += part.bytes;
    }
    std::map<model::MitigationId, Entry> entries_;
};

// Reports each whole percent once.
class Percent {
  public:
    Percent(const Progress& progress, double from, double share, std::string_view what)
        : progress_(progress), from_(from), share_(share), what_(what) {}
    void at(std::uint64_t done, std::uint64_t total) {
        const auto percent = static_cast<int>(total == 0 ? 100 : done * 100 / total);
        if (percent == last_ || !progress_) return;
        last_ = percent;
        progress_(from_ + share_ * percent / 100.0, what_);
    }

  private:
    const Progress& progress_;
    double from_;
    double share_;
    std::string_view what_;
    int last_ = -1;
};

// The pass in which everything happens as it would have: detection, response, and scrubbing of what is
// diverted.
class LivePass {
  public:
    LivePass(const ReplayConfig& config, TenantDirectory& tenants, const base::Logger& log,
             base::Timestamp start)
        : config_(config),
          clock_(start),
          random_(config.seed),
          engine_({}, random_),
          control_(config, tenants, engine_, clock_, log),
          detector_(config.detector,
                    {.clock = clock_, .random = random_, .findings = control_, .reports = reports_}),
          sink_(detector_.ingest(0)),
          meter_({.exporter = net::Address::parse("::1").value(), .sampling = 1}, sink_),
          next_tick_(start) {
        detector_.set_policies(tenants.detection_policies(), 1);
    }

    [[nodiscard]] base::Status start() { return control_.start(); }

    base::Status take(const TimedFrame& frame, packet::CaptureWriter* clean, ReplayResult& result) {
        run_until(frame.at);
        meter_.meter({.bytes = frame.bytes, .wire_length = frame.bytes.size(), .at = frame.at});
        const auto destination = destination_of(frame);
        const model::Route* route = destination ? control_.network().route_to(*destination) : nullptr;
        if (route == nullptr) {
            if (destination)
                ++untouched_[*destination].packets, untouched_[*destination].bytes += frame.bytes.size();
            deliver(frame, frame.bytes, clean, result);
        } else if (route->kind == model::MitigationKind::divert) {
            const std::array<std::span<const std::uint8_t>, 1> one{frame.bytes};
            const dataplane::Outcome& outcome = engine_.process(frame.at, one)[0];
            diverted_at_.try_emplace(outcome.mitigation, frame.at);
            effects_.count(outcome, frame.bytes.size());
            if (outcome.verdict == model::Verdict::pass) deliver(frame, outcome.frame, clean, result);
        }
        return control_.status();
    }

    // Lets time pass after the last packet, until everything has ended by itself. A capture may be shorter
    // than a tick: the detector gets its time to judge in any case.
    base::Status settle() {
        const base::Timestamp last = clock_.wall();
        const base::Timestamp end = last + std::chrono::seconds{config_.settle_s};
        const auto judged = [&] { return clock_.wall() >= last + time_to_judge; };
        while (clock_.wall() < end &&
               !(judged() && control_.at_rest() && detector_.open_findings().empty())) {
            run_until(clock_.wall() + std::chrono::milliseconds{config_.tick_ms});
        }
        return control_.status();
    }

    [[nodiscard]] ControlLoop& control() { return control_; }
    [[nodiscard]] Effect effect_of(const std::vector<model::Mitigation>& mitigations) const {
        return effects_.of(mitigations);
    }
    [[nodiscard]] std::optional<base::Timestamp> diverted_at(
        const std::vector<model::Mitigation>& mitigations) const {
        std::optional<base::Timestamp> first;
        for (const auto& mitigation : mitigations) {
            const auto found = diverted_at_.find(mitigation.id);
            if (found != diverted_at_.end() && (!first || found->second < *first)) first = found->second;
        }
        return first;
    }
    [[nodiscard]] PacketTally untouched(const net::Prefix& target) const {
        PacketTally sum;
        for (const auto& [address, tally] : untouched_) {
            if (!target.contains(address)) continue;
            sum.packets += tally.packets;
            sum.bytes += tally.bytes;
        }
        return sum;
    }
    [[nodiscard]] std::uint64_t not_ip() const {
        return meter_.statistics().lost_for(telemetry::LossReason::packet_not_ip) +
               meter_.statistics().lost_for(telemetry::LossReason::packet_cut) +
               meter_.statistics().lost_for(telemetry::LossReason::packet_malformed);
    }

  private:
    void run_until(base::Timestamp at) {
        while (next_tick_ <= at) {
            meter_.flush();
            clock_.advance_to(next_tick_);
            detector_.tick();
            control_.tick();
            next_tick_ += std::chrono::milliseconds{config_.tick_ms};
        }
        clock_.advance_to(at);
    }

    static std::optional<net::Address> destination_of(const TimedFrame& frame) {
        model::FlowRecord record;
        switch (telemetry::read_packet_header(telemetry::LinkLayer::ethernet, frame.bytes, record)) {
            case telemetry::HeaderOutcome::complete:
            case telemetry::HeaderOutcome::partial:
                return record.destination;
            default:
                return std::nullopt;
        }
    }

    static void deliver(const TimedFrame& frame, std::span<const std::uint8_t> bytes,
                        packet::CaptureWriter* clean, ReplayResult& result) {
        result.delivered.add(bytes.size());
        if (clean != nullptr) clean->write(frame.at, bytes);
    }

    const ReplayConfig& config_;
    base::ManualClock clock_;
    base::SeededRandom random_;
    dataplane::Engine engine_;
    ControlLoop control_;
    NoReports reports_;
    detection::Detector detector_;
    IntoDetector sink_;
    telemetry::PacketMeter meter_;
    base::Timestamp next_tick_;
    EffectBook effects_;
    std::map<model::MitigationId, base::Timestamp> diverted_at_;
    std::map<net::Address, PacketTally> untouched_;
};

base::Result<base::Timestamp> first_time(const std::filesystem::path& capture) {
    auto source = FrameSource::open(capture);
    if (!source) return std::unexpected(source.error());
    auto first = source->next();
    if (!first) return std::unexpected(first.error());
    if (!*first) {
        return base::fail(base::ErrorCode::invalid_argument, "the capture holds no packet", capture.string(),
                          "give one with traffic to the customer");
    }
    return (*first)->at;
}

base::Status run_live(const ReplayInput& input, LivePass& live, ReplayResult& result,
                      const Progress& progress) {
    auto source = FrameSource::open(input.capture);
    if (!source) return std::unexpected(source.error());
    std::optional<packet::CaptureWriter> clean;
    if (input.clean_capture) {
        auto writer = packet::CaptureWriter::create(*input.clean_capture);
        if (!writer) return std::unexpected(writer.error());
        clean.emplace(std::move(*writer));
    }
    Percent percent(progress, 0.0, 0.6, "playing the capture");
    for (;;) {
        auto frame = source->next();
        if (!frame) return std::unexpected(frame.error());
        if (!*frame) break;
        ++result.packets;
        result.bytes += (*frame)->bytes.size();
        result.last_at = (*frame)->at;
        if (auto taken = live.take(**frame, clean ? &*clean : nullptr, result); !taken) return taken;
        percent.at(source->bytes_read(), source->bytes_total());
    }
    result.filled_up = source->filled_up();
    result.oversized = source->oversized();
    result.out_of_order = source->out_of_order();
    if (auto settled = live.settle(); !settled) return settled;
    return clean ? clean->finish() : base::Status{};
}

// The same traffic against the mitigations as they stood, from the first packet on.
base::Result<EffectBook> run_in_force(const ReplayConfig& config, const ReplayInput& input,
                                      const std::vector<model::TenantProgram>& programs,
                                      base::Timestamp start, const Progress& progress) {
    EffectBook effects;
    base::SeededRandom random(config.seed);
    dataplane::Engine engine({}, random);
    if (auto loaded = engine.load(programs, start); !loaded) return std::unexpected(loaded.error());
    auto source = FrameSource::open(input.capture);
    if (!source) return std::unexpected(source.error());
    Percent percent(progress, 0.6, 0.4, "measuring the mitigation");
    for (;;) {
        auto frame = source->next();
        if (!frame) return std::unexpected(frame.error());
        if (!*frame) return effects;
        const std::array<std::span<const std::uint8_t>, 1> one{(*frame)->bytes};
        effects.count(engine.process((*frame)->at, one)[0], (*frame)->bytes.size());
        percent.at(source->bytes_read(), source->bytes_total());
    }
}

}  // namespace

double Effect::stopped_share() const {
    return in.packets == 0
               ? 0.0
               : static_cast<double>(in.packets - passed.packets) / static_cast<double>(in.packets);
}

base::Result<ReplayResult> replay(const ReplayConfig& config, const ReplayInput& input,
                                  const base::Logger& log, const Progress& progress) {
    ReplayResult result;
    const auto start = first_time(input.capture);
    if (!start) return std::unexpected(start.error());
    result.first_at = *start;
    TenantDirectory tenants(input.tenants, *start);
    LivePass live(config, tenants, log, *start);
    if (auto started = live.start(); !started) return std::unexpected(started.error());
    if (auto played = run_live(input, live, result, progress); !played)
        return std::unexpected(played.error());
    result.not_ip = live.not_ip();
    result.timeline = live.control().timeline();

    const auto incidents = live.control().incidents();
    const auto mitigations = live.control().mitigations();
    if (!incidents) return std::unexpected(incidents.error());
    if (!mitigations) return std::unexpected(mitigations.error());
    const auto in_force =
        run_in_force(config, input, live.control().programs_at_their_fullest(), *start, progress);
    if (!in_force) return std::unexpected(in_force.error());
    for (const auto& incident : *incidents) {
        AttackResult attack;
        attack.incident = incident;
        for (const auto& mitigation : *mitigations) {
            if (mitigation.incident == incident.id) attack.mitigations.push_back(mitigation);
        }
        attack.diverted_at = live.diverted_at(attack.mitigations);
        attack.before_diversion = live.untouched(incident.target);
        attack.live = live.effect_of(attack.mitigations);
        attack.in_force = in_force->of(attack.mitigations);
        result.attacks.push_back(std::move(attack));
    }
    std::stable_sort(result.attacks.begin(), result.attacks.end(), [](const auto& a, const auto& b) {
        return a.incident.started_at < b.incident.started_at;
    });
    if (progress) progress(1.0, "done");
    return result;
}

}  // namespace sluice::replay
