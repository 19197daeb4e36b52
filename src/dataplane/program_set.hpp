// Tenants' programs that compile together: which of some changes can be taken, and which must be refused.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "dataplane/program_compiler.hpp"
#include "model/ids.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane {

// One thread.
class ProgramSet {
  public:
    using Programs = std::map<model::TenantId, model::TenantProgram>;
    struct Refusal {
        model::TenantProgram program;
        base::Error error;
    };

    // `base` compiles.
    ProgramSet(const ProgramCompiler& compiler, Programs base)
        : compiler_(compiler), programs_(std::move(base)) {}

    // Adds the changes, or puts them in the place of their tenants' programs: all at once where they fit
    // together, else as many as a bounded number of trials finds. Returns the others.
    [[nodiscard]] std::vector<Refusal> admit(std::vector<model::TenantProgram> changes);

    [[nodiscard]] const Programs& programs() const { return programs_; }

  private:
    // Of one admit(); each takes as long as a compilation. One wrong program among n needs about 2 log2(n).
    static constexpr std::size_t max_trials = 200;

    void halve(std::span<const model::TenantProgram> changes, std::vector<Refusal>& refused);

    const ProgramCompiler& compiler_;
    Programs programs_;
    std::size_t trials_ = 0;
};

// The programs one behind the other, as the compiler takes them.
[[nodiscard]] std::vector<model::TenantProgram> values_of(const ProgramSet::Programs& programs);

}  // namespace sluice::dataplane
