// A file of lines that are to be kept: appended to, begun anew by size and age, so many old ones kept beside
// it
// ("nat.jsonl.1" is the newest of them), the oldest removed.
//
// What is written is on the disk within `sync_every`: a crash of the process loses nothing that append()
// took, one of the machine at most that much. A disk that is full or fails makes append() fail: what it was
// given is not written, no line is cut in two, and the next call tries again. One thread; append() and sync()
// wait for the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace sluice::apps::gateway {

class LogFile {
  public:
    struct Config {
        std::filesystem::path path;
        std::uint64_t rotate_bytes = 100U << 20U;
        base::Duration rotate_after = std::chrono::hours(24);
        std::uint32_t keep = 30;  // old files; 0: a full one is begun anew
        base::Duration sync_every = std::chrono::seconds(1);
    };

    LogFile(Config config, const base::Clock& clock);
    ~LogFile();
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    // Whole lines, each with its end. Opens the file where it is not open, and rotates it first where it is
    // time.
    [[nodiscard]] base::Status append(std::string_view lines);
    // Where it is time for it. Call it now and then.
    [[nodiscard]] base::Status sync();

    [[nodiscard]] const std::filesystem::path& path() const { return config_.path; }

  private:
    [[nodiscard]] base::Status open();
    [[nodiscard]] base::Status rotate();
    void close();
    [[nodiscard]] std::unexpected<base::Error> failed(const char* what) const;
    [[nodiscard]] std::filesystem::path old(std::uint32_t number) const;

    Config config_;
    const base::Clock& clock_;
    int file_ = -1;
    std::uint64_t size_ = 0;
    bool unsynced_ = false;
    base::Instant synced_at_{};
    base::Timestamp begun_at_{};
};

}  // namespace sluice::apps::gateway
