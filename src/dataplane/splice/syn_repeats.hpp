// Connections whose server has not answered yet, and when its SYN is to be sent again: behind a SYN or a
// SYN-ACK that was lost, and a server whose place on its link had to be asked for, the client would wait for
// ever, for a server that speaks first. At 0.2, 0.6, 1.4 and 2.6 s, within the life of a splicing flow.
//
// A queue for each of these steps, as all that wait in one of them wait for the same time: the first is due
// first, and a look costs one comparison. What finds its queue full is not repeated, and counted: an army of
// real machines, whose servers never answer, then shares the queue with the others; were it the oldest that
// went, nobody's would come to its turn.
//
// Entries are a flow's number and its cookie, nothing that could outlive it: whether the flow is still there,
// still waits and is still allowed is seen when it is due, by the way that the client's own repetition of its
// ACK takes. So the worker writes that ACK, and the pipeline makes of it what it makes of the client's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/huge_memory.hpp"

namespace sluice::dataplane::splice {

// One worker's own. Memory is fixed at construction.
class SynRepeats {
  public:
    static constexpr std::array<std::uint64_t, 4> waits_ns{200'000'000, 400'000'000, 800'000'000,
                                                           1'200'000'000};
    static constexpr std::uint32_t most_waiting = 1024;  // in each step

    struct Entry {
        std::uint32_t flow = 0;  // its number in the table
        std::uint32_t cookie = 0;
    };
    struct Due {
        Entry entry;
        std::size_t step = 0;
    };

    explicit SynRepeats(std::uint32_t waiting = most_waiting);

    // Its SYN has just been sent for the `step`-th time, counted from 0. False: it will not be sent again.
    bool wait(const Entry& entry, std::size_t step, std::uint64_t now_ns);
    // When the next is due; all ones: nobody waits.
    [[nodiscard]] std::uint64_t next_ns() const { return next_ns_; }
    [[nodiscard]] bool empty() const { return next_ns_ == ~0ULL; }
    // Takes those that are due, at most so many; gives their number.
    std::size_t take(std::uint64_t now_ns, std::span<Due> into);

    [[nodiscard]] std::size_t bytes() const { return places_.size() * sizeof(Place); }

  private:
    struct Place {
        Entry entry;
        std::uint64_t due_ns = 0;
    };
    // Within places_, from step × waiting_ on.
    struct Queue {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    [[nodiscard]] Place& at(std::size_t step, std::uint32_t n) {
        const std::uint32_t place = queues_[step].first + n;
        return places_[step * waiting_ + (place < waiting_ ? place : place - waiting_)];
    }
    void find_next();

    std::uint32_t waiting_;
    std::uint64_t next_ns_ = ~0ULL;
    std::array<Queue, waits_ns.size()> queues_;
    HugeVector<Place> places_;
};

}  // namespace sluice::dataplane::splice
