// What would let a packet through that does not pass: each suggestion is a changed program, or more packets
// before this one, and is made only after it has been run and the packet has passed.
//
// Compiles the program some ten times for a packet that the rules forbid; of programs with more than
// `most_rules` rules only what needs a single compilation is tried.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dataplane/explain/tracer.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane::explain {

inline constexpr std::size_t most_rules = 2'000;
inline constexpr std::size_t most_changes = 3;

// `earlier`: what was sent before, which built up the state that the packet met. `budget`: rules that may
// still be compiled and packets that may still be sent for suggestions; what is tried is taken off, and
// nothing is tried beyond.
[[nodiscard]] std::vector<std::string> what_would_help(const model::TenantProgram& program,
                                                       std::span<const model::UserBinding> users,
                                                       const attributes::Tables& tables,
                                                       std::span<const Sent> earlier, const Sent& packet,
                                                       const Trace& trace, std::size_t& budget);

}  // namespace sluice::dataplane::explain
