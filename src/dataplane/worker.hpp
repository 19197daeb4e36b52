// One worker: frames from each leg through the pipeline, passed ones out of the leg that leads to their
// destination, answers back out of the one they came by. Run to completion; no lock, no allocation, nothing
// shared but the program and the counters.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.hpp"
#include "dataplane/batch.hpp"
#include "dataplane/program_switch.hpp"
#include "dataplane/scrub/bogons.hpp"
#include "dataplane/topology.hpp"
#include "dataplane/worker_state.hpp"
#include "dataplane/workers/hand_off.hpp"
#include "packet/port.hpp"

namespace sluice::dataplane {

class Worker {
  public:
    struct Dependencies {
        std::vector<packet::Port*> ports;  // this worker's queue of each leg
        const Topology& topology;
        ProgramSwitch& programs;
        const scrub::Bogons& bogons;
        const base::Clock& clock;
        workers::HandOff* hand_off = nullptr;  // to and from the other workers; nullptr: there are none
    };

    // `index` among the workers of the switch.
    Worker(std::size_t index, const WorkerLimits& limits, const Secrets& secrets, Dependencies dependencies);

    // One burst from each leg; how many frames came in. The worker's thread.
    std::size_t run_once();
    // The worker takes part in no change of program until run_once() is called again.
    void rest() { deps_.programs.leave(index_); }

    // Any thread.
    [[nodiscard]] const WorkerCounts& counts() const { return state_.counts; }
    [[nodiscard]] const flow::FlowCounts& flow_counts() const { return state_.flows.counts(); }
    // Any thread: counts, and the numbers of a tenant.
    [[nodiscard]] const flow::FlowTable& flows() const { return state_.flows; }
    // Any thread: counts. The reader of its queues is one.
    [[nodiscard]] FlowPorts& ports() { return state_.ports; }
    // One reader: its events. Any thread: counts.
    [[nodiscard]] outbound::AttackerTable& attackers() { return state_.attackers; }
    [[nodiscard]] std::size_t flow_bytes() const { return state_.flows.bytes(); }

  private:
    // Frames of the batch that leave by one port, and their indices in it.
    struct Outgoing {
        PerPacket<packet::Frame> frames;
        PerPacket<std::uint8_t> index;
        std::size_t count;
    };

    std::size_t run_leg(LegIndex leg, const Program& program);
    // What the others have for this worker.
    std::size_t run_handed(LegIndex leg, const Program& program);
    void run_burst(LegIndex leg, std::size_t received, const Program& program);
    void hand_over(LegIndex leg);
    void pass_time();
    void repeat_syns(const Program& program);
    std::size_t answer_questions(LegIndex leg);
    // `index` nullptr: the whole batch.
    void send(packet::Port& port, std::span<const packet::Frame> frames, const std::uint8_t* index);
    void send_all(packet::Port& ingress);
    void send_extra();
    void ask_neighbours();

    static constexpr std::uint32_t idle_polls_a_look = 256;

    std::size_t index_;
    std::uint32_t idle_ = 0;
    Dependencies deps_;
    WorkerState state_;
    std::uint32_t bursts_ = 0;  // since the start; which one is timed
    Batch batch_;
};

}  // namespace sluice::dataplane
