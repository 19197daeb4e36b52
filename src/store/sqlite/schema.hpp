// The tables of the state file, as migrations that only ever grow.
#pragma once

#include <span>

#include "store/sqlite/database.hpp"

namespace sluice::store::sqlite {

[[nodiscard]] std::span<const Migration> state_migrations();

}  // namespace sluice::store::sqlite
