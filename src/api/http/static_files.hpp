// The portal's files, kept in memory: nothing that a request says becomes a path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "api/http/message.hpp"
#include "base/result.hpp"

namespace sluice::api::http {

// Thread-safe. Files are read by load() and again when index.html has changed. `x.br` and `x.gz` are other
// encodings of `x`. Names with a hash of their content (assets/main-B4f9a1c2.js) never change and are cached
// for a year. A path that is no file gives index.html, as the portal routes by itself, unless it looks like a
// file.
class StaticFiles {
  public:
    struct Limits {
        std::size_t max_files = 4096;
        std::size_t max_bytes = 64U << 20U;
    };

    explicit StaticFiles(std::filesystem::path root) : StaticFiles(std::move(root), Limits{}) {}
    StaticFiles(std::filesystem::path root, Limits limits) : root_(std::move(root)), limits_(limits) {}

    // io: the directory can not be read; exhausted: it is too large.
    [[nodiscard]] base::Status load();
    // Only for GET and HEAD.
    [[nodiscard]] Response answer(const Request& request);

  private:
    struct File {
        std::shared_ptr<const std::string> plain;
        std::shared_ptr<const std::string> gzip;
        std::shared_ptr<const std::string> brotli;
        std::string content_type;
        std::string etag;
        bool immutable = false;
    };
    using Files = std::map<std::string, File, std::less<>>;

    [[nodiscard]] base::Result<Files> read_all() const;
    [[nodiscard]] std::shared_ptr<const Files> current();
    void load_if_changed();

    const std::filesystem::path root_;
    const Limits limits_;
    std::mutex mutex_;
    std::shared_ptr<const Files> files_;
    std::filesystem::file_time_type index_time_;
};

}  // namespace sluice::api::http
