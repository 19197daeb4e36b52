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

// Frames of the batch, by index. What the port does not take is dropped as `tx_full`.
void Worker::send(packet::Port& port, const std::array<std::uint8_t, packet::max_burst>& which,
                  std::size_t count) {
    if (count == 0) return;
    std::array<packet::Frame, packet::max_burst> frames;
    for (std::size_t n = 0; n < count; ++n) frames[n] = batch_.frames[which[n]];
    const std::size_t sent = port.transmit(std::span(frames).first(count));
    if (sent == count) return;
    port.release(std::span(frames).subspan(sent, count - sent));
    for (std::size_t n = sent; n < count; ++n) batch_.drop(which[n], model::DropReason::tx_full);
}

void Worker::send_all() {
    std::array<std::uint8_t, packet::max_burst> passed;
    std::array<std::uint8_t, packet::max_burst> answers;
    std::array<packet::Frame, packet::max_burst> dropped;
    std::size_t passed_count = 0;
    std::size_t answer_count = 0;
    std::size_t dropped_count = 0;
    for (std::uint32_t i = 0; i < batch_.size; ++i) {
        switch (batch_.verdicts[i]) {
            case model::Verdict::pass:
                passed[passed_count++] = static_cast<std::uint8_t>(i);
                break;
            case model::Verdict::answer:
                answers[answer_count++] = static_cast<std::uint8_t>(i);
                break;
            case model::Verdict::drop:
                dropped[dropped_count++] = batch_.frames[i];
                break;
        }
    }
    if (dropped_count != 0) deps_.dirty.release(std::span(dropped).first(dropped_count));
    send(deps_.clean, passed, passed_count);
    send(deps_.dirty, answers, answer_count);
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
