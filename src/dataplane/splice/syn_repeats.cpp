#include "dataplane/splice/syn_repeats.hpp"

#include <algorithm>

namespace sluice::dataplane::splice {

SynRepeats::SynRepeats(std::uint32_t waiting)
    : waiting_(std::max(waiting, 1U)), places_(waits_ns.size() * waiting_) {}

bool SynRepeats::wait(const Entry& entry, std::size_t step, std::uint64_t now_ns) {
    if (step >= waits_ns.size() || queues_[step].count == waiting_) return false;
    const std::uint64_t due_ns = now_ns + waits_ns[step];
    at(step, queues_[step].count++) = {entry, due_ns};
    next_ns_ = std::min(next_ns_, due_ns);
    return true;
}

std::size_t SynRepeats::take(std::uint64_t now_ns, std::span<Due> into) {
    std::size_t taken = 0;
    for (std::size_t step = 0; step < queues_.size(); ++step) {
        Queue& queue = queues_[step];
        while (queue.count != 0 && taken < into.size() && at(step, 0).due_ns <= now_ns) {
            into[taken++] = {at(step, 0).entry, step};
            queue.first = queue.first + 1 < waiting_ ? queue.first + 1 : 0;
            --queue.count;
        }
    }
    find_next();
    return taken;
}

void SynRepeats::find_next() {
    next_ns_ = ~0ULL;
    for (std::size_t step = 0; step < queues_.size(); ++step) {
        if (queues_[step].count != 0) next_ns_ = std::min(next_ns_, at(step, 0).due_ns);
    }
}

}  // namespace sluice::dataplane::splice
