#include "dataplane/worker.hpp"

#include "dataplane/pipeline.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {

Worker::Worker(std::size_t index, const WorkerLimits& limits, const Secrets& secrets, const WayOut& way,
               Dependencies dependencies)
    : index_(index), deps_(dependencies), way_(way), state_(limits, secrets) {}

std::size_t Worker::run_once() {
    const Program& program = deps_.programs.pass(index_);
    if (program.sequence != state_.adopted) state_.adopt(program);
    std::size_t received = deps_.dirty.receive(batch_.frames);
    if (received != 0) {
        batch_.size = static_cast<std::uint32_t>(received);
        state_.set_time(static_cast<std::uint64_t>(deps_.clock.now().time_since_epoch().count()));
        run_pipeline(program, deps_.bogons, way_, deps_.dirty_local, state_, batch_);
        send_all();
        count_batch(state_, batch_);
    }
    if (&deps_.clean != &deps_.dirty) received += serve_clean_leg();
    return received;
}

// What the port does not take is dropped as `tx_full`.
void Worker::send(packet::Port& port, const Outgoing& out) {
    if (out.count == 0) return;
    const std::span frames = std::span(out.frames).first(out.count);
    const std::size_t sent = port.transmit(frames);
    if (sent == out.count) return;
    port.release(frames.subspan(sent));
    for (std::size_t n = sent; n < out.count; ++n) {
        batch_.verdicts[out.index[n]] = model::Verdict::drop;
        batch_.reasons[out.index[n]] = model::DropReason::tx_full;
    }
}

void Worker::send_all() {
    // Often all of a burst goes the same way: the frames then lie together already.
    const std::span all = std::span(batch_.frames).first(batch_.size);
    if (batch_.dropped == batch_.size) return deps_.dirty.release(all);
    std::array<Outgoing, 3> by_verdict;
    for (Outgoing& out : by_verdict) out.count = 0;
    for (std::uint32_t i = 0; i < batch_.size; ++i) {
        Outgoing& out = by_verdict[static_cast<std::size_t>(batch_.verdicts[i])];
        out.frames[out.count] = batch_.frames[i];
        out.index[out.count++] = static_cast<std::uint8_t>(i);
    }
    const Outgoing& dropped = by_verdict[static_cast<std::size_t>(model::Verdict::drop)];
    if (dropped.count != 0) deps_.dirty.release(std::span(dropped.frames).first(dropped.count));
    send(deps_.clean, by_verdict[static_cast<std::size_t>(model::Verdict::pass)]);
    send(deps_.dirty, by_verdict[static_cast<std::size_t>(model::Verdict::answer)]);
}

// Nothing is forwarded from the clean side: only questions for the gateway itself are answered.
std::size_t Worker::serve_clean_leg() {
    std::array<packet::Frame, packet::max_burst> frames;
    const std::size_t received = deps_.clean.receive(frames);
    for (std::size_t i = 0; i < received; ++i) {
        const packet::Key key = packet::parse(frames[i].bytes());
        const std::span one(&frames[i], 1);
        const bool answered = deps_.clean_local != nullptr && deps_.clean_local->answer(key, frames[i]);
        if (!answered || deps_.clean.transmit(one) == 0) deps_.clean.release(one);
        if (answered) {
            state_.counts.local.add(1, frames[i].length);
        } else {
            state_.counts.ignored.add(1, frames[i].length);
        }
    }
    return received;
}

}  // namespace sluice::dataplane
