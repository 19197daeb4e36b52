#include "replay/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/rate.hpp"
#include "base/time_text.hpp"

namespace sluice::replay {
namespace {

using base::RateUnit;
using nlohmann::json;

double seconds_between(base::Timestamp from, base::Timestamp to) {
    return std::chrono::duration<double>(to - from).count();
}

// The vectors of an attack, strongest first, each once.
std::vector<model::AttackVector> vectors_of(const model::Incident& incident) {
    std::vector<model::AttackVector> vectors;
    for (const auto& finding : incident.findings) {
        for (const auto& share : finding.vectors) {
            if (std::find(vectors.begin(), vectors.end(), share.vector) == vectors.end())
                vectors.push_back(share.vector);
        }
    }
    return vectors;
}

model::Stage stage_of(const RuleTally& tally) {
    return tally.verdict == model::Verdict::answer ? model::Stage::verify : model::info(tally.reason).stage;
}

std::string rule_name(const RuleTally& tally) {
    if (tally.verdict == model::Verdict::answer)
        return "source-verification (the sender was asked to prove its address)";
    const auto& reason = model::info(tally.reason);
    return tally.rule.empty() ? std::string(reason.name) : fmt::format("{} ({})", reason.name, tally.rule);
}

void write_effect(std::string& text, std::string_view title, const Effect& effect) {
    if (effect.in.packets == 0) {
        text += fmt::format("  {:<22}nothing came through the gateway\n", title);
        return;
    }
    text += fmt::format("  {:<22}{:.2f} % of {} packets stopped ({} dropped, {} answered, {} passed)\n",
                        title, effect.stopped_share() * 100, effect.in.packets, effect.dropped.packets,
                        effect.answered.packets, effect.passed.packets);
    for (const auto& tally : effect.rules) {
        text += fmt::format("    {:>9}  {:<12} {}\n", tally.count.packets, model::to_string(stage_of(tally)),
                            rule_name(tally));
    }
}

void write_attack(std::string& text, const AttackResult& attack, base::Timestamp start) {
    const auto& incident = attack.incident;
    text += fmt::format("\n{}\n", incident.title);
    std::string vectors;
    for (const auto vector : vectors_of(incident)) {
        vectors += (vectors.empty() ? "" : ", ") + std::string(model::info(vector).title);
    }
    text += fmt::format("  {:<22}{}\n", "vectors", vectors);
    text += fmt::format("  {:<22}{}, {}\n", "peak",
                        base::format_rate(incident.peak.packets_per_s, RateUnit::packets_per_s),
                        base::format_rate(incident.peak.bits_per_s, RateUnit::bits_per_s));
    text += fmt::format("  {:<22}{:.3f} s into the capture\n", "first evidence",
                        seconds_between(start, incident.started_at));
    text += fmt::format("  {:<22}{:.3f} s after it\n", "detected",
                        seconds_between(incident.started_at, incident.detected_at));
    for (const auto& mitigation : attack.mitigations) {
        text += fmt::format("  {:<22}{} {}: {}\n", "mitigation", model::to_string(mitigation.kind),
                            mitigation.target.to_string(), mitigation.reason);
    }
    if (attack.diverted_at) {
        text += fmt::format("  {:<22}{:.3f} s after the first evidence\n", "first diverted packet",
                            seconds_between(incident.started_at, *attack.diverted_at));
    }
    text +=
        fmt::format("  {:<22}{} packets to the target\n", "met undiverted", attack.before_diversion.packets);
    write_effect(text, "while diverted", attack.live);
    write_effect(text, "in force from start", attack.in_force);
}

json count_of(const Effect& effect) {
    json rules = json::array();
    for (const auto& tally : effect.rules) {
        rules.push_back({{"stage", model::to_string(stage_of(tally))},
                         {"verdict", model::to_string(tally.verdict)},
                         {"reason", model::info(tally.reason).name},
                         {"rule", tally.rule},
                         {"packets", tally.count.packets},
                         {"bytes", tally.count.bytes}});
    }
    return {{"in", effect.in.packets},           {"passed", effect.passed.packets},
            {"dropped", effect.dropped.packets}, {"answered", effect.answered.packets},
            {"stopped", effect.stopped_share()}, {"rules", std::move(rules)}};
}

json attack_of(const AttackResult& attack) {
    json vectors = json::array();
    for (const auto vector : vectors_of(attack.incident)) vectors.push_back(model::to_string(vector));
    json mitigations = json::array();
    for (const auto& mitigation : attack.mitigations) {
        mitigations.push_back({{"kind", model::to_string(mitigation.kind)},
                               {"target", mitigation.target.to_string()},
                               {"state", model::to_string(mitigation.state)},
                               {"reason", mitigation.reason}});
    }
    json out{{"title", attack.incident.title},
             {"target", attack.incident.target.to_string()},
             {"vectors", std::move(vectors)},
             {"peak_packets_per_s", attack.incident.peak.packets_per_s},
             {"peak_bits_per_s", attack.incident.peak.bits_per_s},
             {"first_evidence_at", base::to_rfc3339(attack.incident.started_at)},
             {"detected_at", base::to_rfc3339(attack.incident.detected_at)},
             {"mitigations", std::move(mitigations)},
             {"met_undiverted", attack.before_diversion.packets},
             {"live", count_of(attack.live)},
             {"in_force", count_of(attack.in_force)}};
    out["diverted_at"] = attack.diverted_at ? json(base::to_rfc3339(*attack.diverted_at)) : json(nullptr);
    return out;
}

}  // namespace

std::string to_text(const ReplayResult& result) {
    std::string text = fmt::format("{} packets, {} bytes in {:.3f} s of capture\n", result.packets,
                                   result.bytes, seconds_between(result.first_at, result.last_at));
    const auto note = [&text](std::uint64_t count, std::string_view what) {
        if (count != 0) text += fmt::format("  {} {}\n", count, what);
    };
    note(result.not_ip, "packets without a readable IP header: not counted by the detector");
    note(result.filled_up, "packets were captured in part; what is missing counts as zeros");
    note(result.oversized, "packets were longer than any frame and left out");
    note(result.out_of_order, "time stamps ran backwards and were held");
    if (result.attacks.empty()) {
        text += "no attack was found: nothing crossed a threshold of the policy\n";
        return text;
    }
    for (const auto& attack : result.attacks) write_attack(text, attack, result.first_at);
    text += "\ntimeline\n";
    for (const auto& event : result.timeline) {
        text += fmt::format("  {:>9.3f} s  {:<22} {}\n", seconds_between(result.first_at, event.at),
                            event.kind, event.text);
    }
    return text;
}

std::string to_json(const ReplayResult& result) {
    json attacks = json::array();
    for (const auto& attack : result.attacks) attacks.push_back(attack_of(attack));
    json timeline = json::array();
    for (const auto& event : result.timeline) {
        timeline.push_back({{"at", base::to_rfc3339(event.at)},
                            {"at_s", seconds_between(result.first_at, event.at)},
                            {"kind", event.kind},
                            {"text", event.text}});
    }
    const json out{{"capture",
                    {{"packets", result.packets},
                     {"bytes", result.bytes},
                     {"seconds", seconds_between(result.first_at, result.last_at)},
                     {"delivered", result.delivered.packets},
                     {"not_ip", result.not_ip},
                     {"filled_up", result.filled_up},
                     {"oversized", result.oversized},
                     {"out_of_order", result.out_of_order}}},
                   {"attacks", std::move(attacks)},
                   {"timeline", std::move(timeline)}};
    return out.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace sluice::replay
