// Where learned baselines live while the collector does not run: a file in the collector, nothing in a test.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace sluice::detection {

class BaselineStore {
  public:
    virtual ~BaselineStore() = default;
    // Nothing when none was saved yet. The text is what save() was given (JSON).
    [[nodiscard]] virtual base::Result<std::optional<std::string>> load() = 0;
    // Replaces what was saved, all or nothing. May block: never called within a tick.
    [[nodiscard]] virtual base::Status save(const std::string& text) = 0;
};

}  // namespace sluice::detection
