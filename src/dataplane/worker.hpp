// One worker: frames from the dirty leg through the pipeline, passed ones out of the clean leg, answers back
// out of the dirty one. Run to completion; no lock, no allocation, nothing shared but the program and the
// counters.
#pragma once

#include <cstddef>

#include "base/clock.hpp"
#include "dataplane/batch.hpp"
#include "dataplane/forward.hpp"
#include "dataplane/local_responder.hpp"
#include "dataplane/program_switch.hpp"
#include "dataplane/scrub/bogons.hpp"
#include "dataplane/worker_state.hpp"
#include "packet/port.hpp"

namespace sluice::dataplane {

class Worker {
  public:
    struct Dependencies {
        packet::Port& dirty;
        packet::Port& clean;  // may be the same port: one leg for both ways
        ProgramSwitch& programs;
        const scrub::Bogons& bogons;
        const base::Clock& clock;
        const LocalResponder* dirty_local = nullptr;  // may be nullptr: the gateway answers for no address
        const LocalResponder* clean_local = nullptr;
    };

    // `index` among the workers of the switch.
    Worker(std::size_t index, const WorkerLimits& limits, const Secrets& secrets, const WayOut& way,
           Dependencies dependencies);

    // One burst from each leg; how many frames came in. The worker's thread.
    std::size_t run_once();
    // The worker takes part in no change of program until run_once() is called again.
    void rest() { deps_.programs.leave(index_); }

    // Any thread.
    [[nodiscard]] const WorkerCounts& counts() const { return state_.counts; }

  private:
    // Frames of the batch that leave by one port.
    struct Outgoing {
        PerPacket<packet::Frame> frames;
        PerPacket<std::uint8_t> index;
        std::size_t count;
    };

    void send(packet::Port& port, const Outgoing& out);
    void send_all();
    std::size_t serve_clean_leg();

    std::size_t index_;
    Dependencies deps_;
    WayOut way_;
    WorkerState state_;
    Batch batch_;
};

}  // namespace sluice::dataplane
