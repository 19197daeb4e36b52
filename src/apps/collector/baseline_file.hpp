// Learned baselines in a file. It is replaced whole: written beside, synced, renamed.
#pragma once

#include <filesystem>

#include "detection/baseline_store.hpp"

namespace sluice::apps::collector {

class BaselineFile final : public detection::BaselineStore {
  public:
    explicit BaselineFile(std::filesystem::path path) : path_(std::move(path)) {}

    [[nodiscard]] base::Result<std::optional<std::string>> load() override;
    [[nodiscard]] base::Status save(const std::string& text) override;

  private:
    std::filesystem::path path_;
};

}  // namespace sluice::apps::collector
