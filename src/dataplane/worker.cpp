#include "dataplane/worker.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/attach/neighbour_message.hpp"
#include "dataplane/pipeline.hpp"
#include "dataplane/splice/repeater.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {

Worker::Worker(std::size_t index, const WorkerLimits& limits, const Secrets& secrets,
               Dependencies dependencies)
    : index_(index), deps_(std::move(dependencies)), state_(limits, secrets, index) {}

std::size_t Worker::run_once() {
    const Program& program = deps_.programs.pass(index_);
    if (program.sequence != state_.adopted) state_.adopt(program);
    std::size_t received = 0;
    for (LegIndex leg = 0; leg < deps_.ports.size(); ++leg) {
        received += deps_.topology.legs[leg].internet || program.has_firewalls() ? run_leg(leg, program)
                                                                                 : answer_questions(leg);
        if (deps_.hand_off != nullptr) received += run_handed(leg, program);
    }
    if (received == 0 && program.has_firewalls() &&
        (++idle_ % idle_polls_a_look == 0 || !state_.syn_repeats.empty()))
        pass_time();
    if (state_.now_ns >= state_.syn_repeats.next_ns()) [[unlikely]]
        repeat_syns(program);
    return received;
}

// Time goes on without packets, too: a long silence is no jump of the clock, and flows end in it.
void Worker::pass_time() {
    state_.set_time(static_cast<std::uint64_t>(deps_.clock.now().time_since_epoch().count()));
    state_.ports.set_time(state_.now_ns);
    state_.ports.mapper.expire(state_.now_ns, 4);
    state_.flows.advance(state_.now_ns);
    state_.attackers.pass_time(state_.now_ns);
}

std::size_t Worker::run_leg(LegIndex leg, const Program& program) {
    const std::size_t received = deps_.ports[leg]->receive(batch_.frames);
    if (received != 0) run_burst(leg, received, program);
    return received;
}

std::size_t Worker::run_handed(LegIndex leg, const Program& program) {
    std::size_t sum = 0;
    for (std::size_t from = 0; from < deps_.hand_off->workers(); ++from) {
        if (from == index_) continue;
        const std::size_t received = deps_.hand_off->pop(from, index_, leg, batch_.frames);
        // Without firewalls nothing is forwarded from a leg of customers (answer_questions).
        if (!program.has_firewalls() && !deps_.topology.legs[leg].internet) {
            deps_.ports[leg]->release(std::span(batch_.frames).first(received));
        } else if (received != 0) {
            state_.handed = true;
            run_burst(leg, received, program);
            state_.handed = false;
        }
        sum += received;
    }
    return sum;
}

void Worker::run_burst(LegIndex leg, std::size_t received, const Program& program) {
    batch_.size = static_cast<std::uint32_t>(received);
    state_.set_time(static_cast<std::uint64_t>(deps_.clock.now().time_since_epoch().count()));
    state_.stage_clock = ++bursts_ % timed_bursts == 0 ? &deps_.clock : nullptr;
    run_pipeline(program, deps_.bogons, deps_.topology, leg, state_, batch_);
    if (batch_.handed.count != 0) hand_over(leg);
    send_all(*deps_.ports[leg]);
    count_batch(state_, batch_);
    if (!state_.extra.empty()) send_extra();
    ask_neighbours();
}

// As if their clients had asked for it: the flow, its tenant's policy and the way to the server are what they
// are now.
void Worker::repeat_syns(const Program& program) {
    const LegIndex leg = deps_.topology.to_internet.leg;
    packet::Port& port = *deps_.ports[leg];
    pass_time();
    splice::SilentFlows flows;
    const std::size_t count = splice::take_silent(program, state_, flows);
    batch_.size = 0;
    for (std::size_t n = 0; n < count; ++n) {
        packet::Frame frame = port.make_frame(splice::longest_asking);
        if (frame.data == nullptr) break;
        splice::write_asking(*flows[n], frame);
        batch_.frames[batch_.size++] = frame;
    }
    if (batch_.size == 0) return;
    state_.stage_clock = nullptr;
    run_pipeline(program, deps_.bogons, deps_.topology, leg, state_, batch_);
    send_all(port);
    splice::count_repeats(state_, batch_);
    if (!state_.extra.empty()) send_extra();
    ask_neighbours();
}

void Worker::hand_over(LegIndex leg) {
    for (const std::uint8_t i : batch_.handed) {
        if (deps_.hand_off->push(index_, batch_.owners[i], leg, batch_.frames[i])) {
            state_.counts.handed_over.add(1);
            continue;
        }
        batch_.away &= ~(1U << i);
        ++batch_.dropped;
        batch_.verdicts[i] = model::Verdict::drop;
        batch_.reasons[i] = model::DropReason::hand_off_full;
    }
    deps_.hand_off->publish(index_, leg);
}

void Worker::send_extra() {
    for (const ExtraFrames::Extra& extra : state_.extra.all()) {
        packet::Port& port = *deps_.ports[extra.leg];
        packet::Frame frame = port.make_frame(extra.frame.length);
        if (frame.data == nullptr) break;
        std::memcpy(frame.data, extra.frame.data, extra.frame.length);
        const std::span one(&frame, 1);
        if (port.transmit(one) != 1) port.release(one);
    }
    state_.extra.clear();
}

// Before the program may change: the questions point into it.
void Worker::ask_neighbours() {
    attach::NeighbourQuestions& questions = state_.questions;
    for (std::size_t n = 0; n < questions.count; ++n) {
        const attach::NeighbourQuestion& question = questions.at[n];
        packet::Port& port = *deps_.ports[question.leg];
        packet::Frame frame = port.make_frame(attach::question_bytes);
        if (frame.data == nullptr) break;
        attach::write_question(*question.way, question.own, question.wanted, question.ask_at, frame);
        const std::span one(&frame, 1);
        if (port.transmit(one) == 1) {
            state_.counts.neighbour_questions.add(1);
        } else {
            port.release(one);
        }
    }
    questions.count = 0;
}

// What the port does not take is dropped as `tx_full`.
void Worker::send(packet::Port& port, std::span<const packet::Frame> frames, const std::uint8_t* index) {
    if (frames.empty()) return;
    const std::size_t sent = port.transmit(frames);
    if (sent == frames.size()) return;
    port.release(frames.subspan(sent));
    for (std::size_t n = sent; n < frames.size(); ++n) {
        const std::size_t i = index == nullptr ? n : index[n];
        batch_.verdicts[i] = model::Verdict::drop;
        batch_.reasons[i] = model::DropReason::tx_full;
    }
}

void Worker::send_all(packet::Port& ingress) {
    const std::span all = std::span(batch_.frames).first(batch_.size);
    if (batch_.dropped == batch_.size) return ingress.release(all);
    // Often all of a burst goes the same way: the frames then lie together already.
    const LegIndex first = batch_.legs[0];
    const auto by_first = [first](LegIndex leg) { return leg == first; };
    if (batch_.dropped == 0 && batch_.away == 0 &&
        std::all_of(batch_.legs.begin(), batch_.legs.begin() + batch_.size, by_first)) {
        return send(*deps_.ports[first], all, nullptr);
    }
    // The legs, and behind them what goes nowhere.
    const std::size_t nowhere = deps_.ports.size();
    std::array<Outgoing, max_legs + 1> out;
    for (std::size_t leg = 0; leg <= nowhere; ++leg) out[leg].count = 0;
    std::uint32_t resets = 0;
    for (const std::uint8_t i : batch_.resets) resets |= 1U << i;
    for (std::uint32_t i = 0; i < batch_.size; ++i) {
        if ((batch_.away >> i & 1U) != 0) continue;
        const bool dropped = batch_.verdicts[i] == model::Verdict::drop && (resets >> i & 1U) == 0;
        Outgoing& to = out[dropped ? nowhere : batch_.legs[i]];
        to.frames[to.count] = batch_.frames[i];
        to.index[to.count++] = static_cast<std::uint8_t>(i);
    }
    if (out[nowhere].count != 0) ingress.release(std::span(out[nowhere].frames).first(out[nowhere].count));
    for (std::size_t leg = 0; leg < nowhere; ++leg) {
        send(*deps_.ports[leg], std::span(out[leg].frames).first(out[leg].count), out[leg].index.data());
    }
}

// Nothing is forwarded from such a leg: only questions for the gateway itself are answered.
std::size_t Worker::answer_questions(LegIndex leg) {
    packet::Port& port = *deps_.ports[leg];
    std::array<packet::Frame, packet::max_burst> frames;
    const std::size_t received = port.receive(frames);
    for (std::size_t i = 0; i < received; ++i) {
        const packet::Key key = packet::parse(frames[i].bytes());
        const std::span one(&frames[i], 1);
        const bool answered = deps_.topology.legs[leg].local.answer(key, frames[i]);
        if (!answered || port.transmit(one) == 0) port.release(one);
        if (answered) {
            state_.counts.local.add(1, frames[i].length);
        } else {
            state_.counts.ignored.add(1, frames[i].length);
        }
    }
    return received;
}

}  // namespace sluice::dataplane
