// Looks after the platform and raises alarms: silent collectors, a disk that fills up, a store that fails.
// (Gateways and the speaker are watched by mitigation, which acts on them.)
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "api/system/alarm_board.hpp"
#include "api/system/platform_health.hpp"
#include "base/result.hpp"

namespace sluice::apps::controller {

// Called from one thread.
class HealthWatch {
  public:
    struct Config {
        std::filesystem::path data_directory;
        std::uint64_t disk_reserve_bytes = 256ULL << 20U;
    };
    // `free_bytes`: of the file system that holds a path.
    using FreeBytes = std::function<base::Result<std::uint64_t>(const std::filesystem::path&)>;

    HealthWatch(Config config, const api::system::PlatformHealth& health, api::system::AlarmBoard& alarms,
                FreeBytes free_bytes);

    void step();
    // The result of a regular write to the store.
    void on_store(const std::string& what, const base::Status& status);

  private:
    void watch_collectors();
    void watch_gateways();
    void watch_disk();

    const Config config_;
    const api::system::PlatformHealth& health_;
    api::system::AlarmBoard& alarms_;
    const FreeBytes free_bytes_;
};

[[nodiscard]] base::Result<std::uint64_t> free_bytes_of(const std::filesystem::path& path);

}  // namespace sluice::apps::controller
