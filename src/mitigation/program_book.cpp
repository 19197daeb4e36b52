#include "mitigation/program_book.hpp"

#include <algorithm>
#include <chrono>

namespace sluice::mitigation {

ProgramBook::ProgramBook(ProgramResolver& resolver, ProgramSink& sink, const base::Clock& clock)
    : resolver_(resolver), sink_(sink), clock_(clock) {}

std::uint64_t ProgramBook::next_generation() {
    // Microseconds of wall time, so that a restarted controller counts on above its earlier life.
    const auto now = clock_.wall().time_since_epoch();
    const auto floor =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    generation_ = std::max(generation_ + 1, floor);
    return generation_;
}

base::Result<std::uint64_t> ProgramBook::resolve_and_send(model::TenantId tenant,
                                                          const std::vector<DivertTarget>& targets) {
    auto program = resolver_.resolve(tenant, targets);
    if (!program) return std::unexpected(program.error());
    program->tenant = tenant;
    // A prefix may have left the tenant while it was diverted: what is not the tenant's is not scrubbed.
    std::erase_if(program->targets, [&](const model::ScrubTarget& target) {
        return std::ranges::none_of(program->prefixes,
                                    [&](const net::Prefix& own) { return own.contains(target.prefix); });
    });
    program->generation = next_generation();
    targets_[tenant] = targets;
    programs_[tenant] = *program;
    sink_.on_program(*program);  // under the lock: programs must leave in the order of their generations
    return program->generation;
}

base::Result<std::uint64_t> ProgramBook::set_targets(model::TenantId tenant,
                                                     const std::vector<DivertTarget>& targets) {
    const std::lock_guard lock(mutex_);
    return resolve_and_send(tenant, targets);
}

base::Result<std::uint64_t> ProgramBook::refresh(model::TenantId tenant) {
    const std::lock_guard lock(mutex_);
    return resolve_and_send(tenant, std::vector<DivertTarget>(targets_[tenant]));
}

void ProgramBook::remove(model::TenantId tenant) {
    const std::lock_guard lock(mutex_);
    targets_.erase(tenant);
    if (programs_.erase(tenant) == 0) return;
    sink_.on_program_removed(tenant, next_generation());
}

std::vector<model::TenantProgram> ProgramBook::programs() const {
    const std::lock_guard lock(mutex_);
    std::vector<model::TenantProgram> result;
    for (const auto& [tenant, program] : programs_) result.push_back(program);
    return result;
}

std::optional<model::TenantProgram> ProgramBook::program_of(model::TenantId tenant) const {
    const std::lock_guard lock(mutex_);
    const auto found = programs_.find(tenant);
    return found == programs_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sluice::mitigation
