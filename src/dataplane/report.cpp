#include "dataplane/report.hpp"

namespace sluice::dataplane {
namespace {

void add(model::PacketCount& sum, const model::PacketCount& more) {
    sum.packets += more.packets;
    sum.bytes += more.bytes;
}
void subtract(model::PacketCount& sum, const model::PacketCount& less) {
    sum.packets -= less.packets;
    sum.bytes -= less.bytes;
}

void derive_stages(model::TargetCounters& target, const model::PacketCount& excused) {
    model::PacketCount running = target.in;
    for (std::size_t index = 0; index < target.stages.size(); ++index) {
        const auto stage = static_cast<model::Stage>(index);
        model::StageCount& counts = target.stages[index];
        for (const auto& row : model::drop_reasons()) {
            if (row.stage == stage) add(counts.dropped, target.reasons[static_cast<std::size_t>(row.reason)]);
        }
        counts.in = running;
        subtract(running, counts.dropped);
        if (stage == model::Stage::verify) subtract(running, target.answered);
        counts.passed = running;
        if (stage == model::Stage::filter) subtract(running, excused);  // they skip what follows
    }
}

}  // namespace

void add_counts(const Program& program, std::span<const WorkerCounts* const> workers,
                model::GatewayReport& report) {
    for (const SlotOwner& owner : program.owners) {
        model::TargetCounters target;
        target.tenant = owner.tenant;
        target.mitigation = owner.mitigation;
        target.target = owner.prefix;
        model::PacketCount excused;
        for (const WorkerCounts* worker : workers) {
            const TargetCounts& counts = worker->targets[owner.slot];
            worker->states[owner.slot].passed.add_to(target.passed);
            target.verified_in.packets += worker->states[owner.slot].verified.value();
            counts.verified_dropped.add_to(target.verified_dropped);
            counts.answered.add_to(target.answered);
            counts.excused.add_to(excused);
            target.verified_sources += counts.verified_sources.value();
            target.spliced += counts.spliced.value();
            target.syns_repeated += counts.syns_repeated.value();
            for (std::size_t i = 0; i < reason_count; ++i) counts.reasons[i].add_to(target.reasons[i]);
            for (std::size_t i = 0; i < guard_stages; ++i)
                counts.monitored[i].add_to(target.monitored[first_guard_stage + i]);
            for (std::size_t i = 0; i < guard_stages; ++i)
                target.stages[first_guard_stage + i].spent_ns += counts.spent[i].value();
        }
        target.verified_in.packets += target.verified_dropped.packets;
        for (const auto& reason : target.reasons) add(target.dropped, reason);
        add(target.in, target.passed);
        add(target.in, target.dropped);
        add(target.in, target.answered);
        derive_stages(target, excused);
        report.targets.push_back(target);
    }
    for (const WorkerCounts* worker : workers) {
        for (std::size_t i = 0; i < reason_count; ++i) worker->unattributed[i].add_to(report.unattributed[i]);
    }
    report.generation = program.generation;
}

}  // namespace sluice::dataplane
