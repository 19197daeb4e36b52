#include "dataplane/program_switch.hpp"

#include <chrono>
#include <thread>

namespace sluice::dataplane {

ProgramSwitch::ProgramSwitch(std::size_t workers)
    : seen_(workers), owned_(std::make_unique<const Program>()) {
    program_.store(owned_.get(), std::memory_order_release);
}

void ProgramSwitch::publish(std::unique_ptr<const Program> program) {
    program_.store(program.get(), std::memory_order_seq_cst);
    wait_for_workers();
    owned_ = std::move(program);
}

void ProgramSwitch::wait_for_workers() {
    const std::uint64_t token = token_.fetch_add(1, std::memory_order_seq_cst) + 1;
    for (const Seen& seen : seen_) {
        while (seen.value.load(std::memory_order_seq_cst) < token) {
            std::this_thread::sleep_for(std::chrono::microseconds(10));
        }
    }
}

}  // namespace sluice::dataplane
