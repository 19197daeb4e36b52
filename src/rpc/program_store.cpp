#include "rpc/program_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "rpc/convert_gateway.hpp"

namespace sluice::rpc {

void ProgramStore::set_locked(const model::TenantProgram& program) {
    auto message = std::make_shared<link::v1::TenantProgram>();
    to_message(program, *message);
    programs_[program.tenant] = std::move(message);
    removed_.erase(program.tenant);
    generation_ = std::max(generation_, program.generation);
}

void ProgramStore::set_all(const std::vector<model::TenantProgram>& programs) {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    std::set<model::TenantId> named;
    for (const auto& program : programs) {
        named.insert(program.tenant);
        set_locked(program);
    }
    for (auto it = programs_.begin(); it != programs_.end();) {
        if (named.contains(it->first)) {
            ++it;
        } else {
            it = programs_.erase(it);
        }
    }
}

void ProgramStore::set(const model::TenantProgram& program) {
    const std::lock_guard lock(mutex_);
    if (epoch_ == 0) epoch_ = 1;
    set_locked(program);
}

void ProgramStore::remove(model::TenantId tenant, std::uint64_t generation) {
    const std::lock_guard lock(mutex_);
    if (programs_.erase(tenant) == 0) return;
    removed_[tenant] = generation;
    generation_ = std::max(generation_, generation);
}

std::vector<std::shared_ptr<const link::v1::GatewayDown>> ProgramStore::missing(Sent& sent) const {
    const std::lock_guard lock(mutex_);
    if (epoch_ == 0 || (sent.epoch == epoch_ && sent.generation >= generation_)) return {};
    const bool full = sent.epoch != epoch_;
    std::vector<std::shared_ptr<link::v1::GatewayDown>> messages;
    std::size_t bytes = 0;
    const auto update = [&]() -> link::v1::ProgramUpdate& { return *messages.back()->mutable_programs(); };
    const auto next_message = [&] {
        if (!messages.empty()) update().set_more(true);
        messages.push_back(std::make_shared<link::v1::GatewayDown>());
        update().set_full(full);
        update().set_generation(generation_);
        bytes = 0;
    };
    next_message();
    for (const auto& [tenant, program] : programs_) {
        if (!full && program->generation() <= sent.generation) continue;
        const std::size_t size = program->ByteSizeLong();
        if (bytes > 0 && bytes + size > split_bytes_) next_message();
        *update().add_programs() = *program;
        bytes += size;
    }
    if (!full) {
        for (const auto& [tenant, generation] : removed_) {
            if (generation > sent.generation) update().add_removed(tenant.value());
        }
    }
    sent = {epoch_, generation_};
    return {messages.begin(), messages.end()};
}

}  // namespace sluice::rpc
