// A store in a folder of its own that goes with the test.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "store/embedded_store.hpp"

namespace sluice::store::testdata {

class ScratchFolder {
  public:
    ScratchFolder() {
        static std::atomic<int> next{0};
        path_ = std::filesystem::temp_directory_path() /
                ("sluice-store-test-" + std::to_string(getpid()) + "-" + std::to_string(next++));
        std::filesystem::create_directories(path_);
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

class ScratchStore {
  public:
    ScratchStore() { reopen(); }
    void reopen() {
        store_.reset();
        store_ = EmbeddedStore::open({.folder = folder_.path(), .survives_power_loss = false}).value();
    }
    EmbeddedStore& operator*() { return *store_; }
    EmbeddedStore* operator->() { return store_.get(); }

  private:
    ScratchFolder folder_;
    std::unique_ptr<EmbeddedStore> store_;
};

}  // namespace sluice::store::testdata
