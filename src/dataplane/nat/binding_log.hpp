// What workers bound, as records with wall time: a line of JSON each, for files and log collectors.
//
//   {"time":"2026-11-21T14:00:00.250Z","event":"block-taken","tenant":"tenant-12","inside":"10.0.0.5","outside":"192.0.2.1",
//    "first_port":2048,"last_port":2111}
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/nat/binding_queue.hpp"
#include "dataplane/program_compiler.hpp"
#include "model/nat_binding.hpp"

namespace sluice::dataplane::nat {

[[nodiscard]] std::string_view to_string(model::NatBindingKind kind);

// Without the line's end.
[[nodiscard]] std::string to_json(const model::NatBinding& binding);

// `now` pairs the worker's clock with wall time: events lie at or before it.
[[nodiscard]] model::NatBinding binding_of(const BlockEvent& event, const TimePair& now);

// Takes at most `limit` events out of a worker's queue.
void drain(BindingQueue& queue, const TimePair& now, std::size_t limit, std::vector<model::NatBinding>& out);

// What is in `after` but not in `before` is added at `at`, the rest of `before` removed: the static bindings
// of a program that replaces another.
void static_changes(std::span<const model::NatBinding> before, std::span<const model::NatBinding> after,
                    base::Timestamp at, std::vector<model::NatBinding>& out);

}  // namespace sluice::dataplane::nat
