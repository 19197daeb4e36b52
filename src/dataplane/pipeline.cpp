#include "dataplane/pipeline.hpp"

#include "dataplane/meter/rate_stage.hpp"
#include "dataplane/scrub/filter_stage.hpp"
#include "dataplane/scrub/invalid_stage.hpp"
#include "dataplane/scrub/reflection_stage.hpp"
#include "dataplane/scrub/verify_stage.hpp"
#include "dataplane/tenant_stage.hpp"

namespace sluice::dataplane {
namespace {

void answer_local(const LocalResponder& local, Batch& batch) {
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        if (batch.reasons[i] != model::DropReason::unsupported_link &&
            batch.reasons[i] != model::DropReason::unknown_destination) {
            continue;
        }
        if (!local.answer(batch.keys[i], batch.frames[i])) continue;
        batch.verdicts[i] = model::Verdict::answer;
        batch.reasons[i] = model::DropReason::none;
    }
}

}  // namespace

void run_pipeline(const Program& program, const scrub::Bogons& bogons, const WayOut& way,
                  const LocalResponder* local, WorkerState& state, Batch& batch) {
    run_parse_stage(program, batch);
    run_tenant_stage(program, batch);
    if (local != nullptr && batch.live_count != batch.size) answer_local(*local, batch);
    scrub::run_invalid_stage(program, bogons, batch);
    scrub::run_filter_stage(program, state.now_ns, batch);
    scrub::run_reflection_stage(program, batch);
    scrub::run_verify_stage(program, state, batch);
    meter::run_rate_stage(program, state, batch);
    run_forward_stage(way, batch);
}

void count_batch(WorkerState& state, const Batch& batch) {
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        const std::uint32_t bytes = batch.received[i];
        const auto reason = static_cast<std::size_t>(batch.reasons[i]);
        if (batch.targets[i] == nullptr) {
            if (batch.verdicts[i] == model::Verdict::answer) {
                state.counts.local.add(1, bytes);
            } else {
                state.counts.unattributed[reason].add(1, bytes);
            }
            continue;
        }
        TargetCounts& counts = state.counts.targets[batch.targets[i]->slot];
        switch (batch.verdicts[i]) {
            case model::Verdict::pass:
                counts.passed.add(1, bytes);
                if (batch.excused[i]) counts.excused.add(1, bytes);
                break;
            case model::Verdict::answer:
                counts.answered.add(1, bytes);
                break;
            case model::Verdict::drop:
                counts.reasons[reason].add(1, bytes);
                break;
        }
    }
}

}  // namespace sluice::dataplane
