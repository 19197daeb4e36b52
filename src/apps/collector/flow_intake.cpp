#include "apps/collector/flow_intake.hpp"

#include <pthread.h>
#include <sched.h>

namespace sluice::apps::collector {

// On the thread itself: who starts it does not show it.
void FlowIntake::pin() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(*core_), &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
    core_.reset();
}

void FlowIntake::on_datagrams(std::span<const telemetry::Datagram> datagrams) {
    for (const auto& datagram : datagrams) decoder_.decode(datagram, *this);
}

void FlowIntake::on_tick(base::Instant now) {
    if (core_) pin();
    if (now - ticked_last_ < std::chrono::seconds(1)) return;
    ticked_last_ = now;
    decoder_.tick(now);
}

}  // namespace sluice::apps::collector
