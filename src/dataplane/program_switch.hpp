// The program in force, and its change while workers run: the control thread swaps a pointer and waits until
// every worker has come by between two bursts; only then is the old program freed. Workers take no lock and
// write nothing that another one writes; a packet sees one program from its first stage to its last.
// (Quiescent-state reclamation: McKenney and Slingwine, 1998.)
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/program.hpp"

namespace sluice::dataplane {

class ProgramSwitch {
  public:
    // Begins with an empty program.
    explicit ProgramSwitch(std::size_t workers);

    // A worker, between two bursts; what it was given before must not be used any more. The reference is good
    // until the worker's next call of pass() or leave().
    [[nodiscard]] const Program& pass(std::size_t worker) {
        // In this order: who has seen the token sees the program that was published before it.
        const std::uint64_t token = token_.load(std::memory_order_acquire);
        std::atomic<std::uint64_t>& seen = seen_[worker].value;
        if (seen.load(std::memory_order_relaxed) == away) [[unlikely]] {
            // Coming back: all know it before the program is looked at. Else publish() may take the worker
            // for absent, and free what it has just found.
            seen.store(token, std::memory_order_seq_cst);
        } else {
            seen.store(token, std::memory_order_release);
        }
        return *program_.load(std::memory_order_seq_cst);
    }
    // A worker that stops, for a while or for ever.
    void leave(std::size_t worker) { seen_[worker].value.store(away, std::memory_order_release); }

    // The control thread. Waits for all workers that have not left; some microseconds while they run.
    void publish(std::unique_ptr<const Program> program);
    // The control thread: what any worker has looked at before, none looks at any more.
    void wait_for_workers();
    // The control thread only.
    [[nodiscard]] const Program& current() const { return *owned_; }

  private:
    static constexpr std::uint64_t away = ~0ULL;
    struct alignas(64) Seen {
        std::atomic<std::uint64_t> value{away};
    };

    std::atomic<const Program*> program_;
    std::atomic<std::uint64_t> token_{0};
    std::vector<Seen> seen_;
    std::unique_ptr<const Program> owned_;
};

}  // namespace sluice::dataplane
