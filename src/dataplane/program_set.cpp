#include "dataplane/program_set.hpp"

#include <utility>

namespace sluice::dataplane {

std::vector<model::TenantProgram> values_of(const ProgramSet::Programs& programs) {
    std::vector<model::TenantProgram> all;
    all.reserve(programs.size());
    for (const auto& [tenant, program] : programs) all.push_back(program);
    return all;
}

std::vector<ProgramSet::Refusal> ProgramSet::admit(std::vector<model::TenantProgram> changes) {
    std::vector<Refusal> refused;
    trials_ = 0;
    halve(changes, refused);
    if (refused.empty() || refused.size() == changes.size()) return refused;
    // What was in the way of one may have been given up by another one meanwhile.
    std::vector<model::TenantProgram> again;
    for (Refusal& refusal : refused) again.push_back(std::move(refusal.program));
    refused.clear();
    halve(again, refused);
    return refused;
}

void ProgramSet::halve(std::span<const model::TenantProgram> changes, std::vector<Refusal>& refused) {
    if (changes.empty()) return;
    Programs tried = programs_;
    for (const auto& program : changes) tried.insert_or_assign(program.tenant, program);
    ++trials_;
    const auto status = compiler_.check(values_of(tried));
    if (status) {
        programs_ = std::move(tried);
    } else if (changes.size() > 1 && trials_ < max_trials) {
        halve(changes.first(changes.size() / 2), refused);
        halve(changes.subspan(changes.size() / 2), refused);
    } else {
        for (const auto& program : changes) refused.push_back({program, status.error()});
    }
}

}  // namespace sluice::dataplane
