// argon2id (RFC 9106, libsodium's crypto_pwhash) with a limit on how many run at a time: each takes the
// configured memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/result.hpp"

namespace sluice::tenancy {

// Thread-safe; a call takes tens of milliseconds.
class PasswordHasher {
  public:
    struct Config {
        std::uint64_t operations = 2;             // passes
        std::uint64_t memory_bytes = 64U << 20U;  // at least 8 KiB
        std::uint32_t max_concurrent = 2;
        std::uint32_t max_waiting = 16;
    };
    [[nodiscard]] static base::Status validate(const Config& config);

    explicit PasswordHasher(Config config);

    // As text with its parameters and salt ("$argon2id$v=19$…"). exhausted: too many are waiting.
    [[nodiscard]] base::Result<std::string> hash(const std::string& password);
    // An empty hash never fits, and takes as long as one that does not.
    [[nodiscard]] base::Result<bool> verify(const std::string& hash, const std::string& password);

  private:
    class Turn;
    [[nodiscard]] base::Status wait_for_turn();

    const Config config_;
    std::mutex mutex_;
    std::condition_variable free_;
    std::uint32_t running_ = 0;
    std::uint32_t waiting_ = 0;
    std::string nobody_;  // hash of a password that nobody has, made on first use
};

}  // namespace sluice::tenancy
