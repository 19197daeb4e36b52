// The queues between a gateway's workers: a packet of a tenant with a firewall is judged by the worker that
// owns its flow, whichever worker received it. A queue for each pair of workers and leg, so that the receiver
// knows where a frame came from, and a flow's packets stay in order.
//
// Each queue has one writer and one reader; nobody waits. Frames lie in the ports' buffers and are released
// by whichever worker ends with them: ports of one kind share buffers (packet/port.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/topology.hpp"
#include "dataplane/workers/frame_ring.hpp"
#include "packet/port.hpp"

namespace sluice::dataplane::workers {

class HandOff {
  public:
    HandOff(std::size_t workers, std::size_t legs, std::size_t frames_a_queue)
        : workers_(workers), legs_(legs) {
        rings_.reserve(workers * workers * legs);
        for (std::size_t i = 0; i < workers * workers * legs; ++i) {
            const bool to_itself = i / legs / workers == i / legs % workers;
            rings_.push_back(std::make_unique<FrameRing>(to_itself ? 1 : frames_a_queue));
        }
    }

    [[nodiscard]] std::size_t workers() const { return workers_; }

    // Worker `from`. False: the queue is full. After the last one of a burst: publish().
    [[nodiscard]] bool push(std::size_t from, std::size_t to, LegIndex leg, const packet::Frame& frame) {
        return ring(from, to, leg).push(frame);
    }
    void publish(std::size_t from, LegIndex leg) {
        for (std::size_t to = 0; to < workers_; ++to) ring(from, to, leg).publish();
    }
    // Worker `to`.
    [[nodiscard]] std::size_t pop(std::size_t from, std::size_t to, LegIndex leg,
                                  std::span<packet::Frame> into) {
        return ring(from, to, leg).pop(into);
    }

    // When no worker runs any more: what is on its way goes back to the buffers.
    void release_all(std::span<packet::Port* const> ports_of_leg) {
        std::array<packet::Frame, packet::max_burst> frames;
        for (std::size_t i = 0; i < rings_.size(); ++i) {
            for (std::size_t n = 0; (n = rings_[i]->pop(frames)) != 0;)
                ports_of_leg[i % legs_]->release(std::span(frames).first(n));
        }
    }

  private:
    [[nodiscard]] FrameRing& ring(std::size_t from, std::size_t to, std::size_t leg) {
        return *rings_[(from * workers_ + to) * legs_ + leg];
    }
    std::size_t workers_;
    std::size_t legs_;
    std::vector<std::unique_ptr<FrameRing>> rings_;
};

}  // namespace sluice::dataplane::workers
