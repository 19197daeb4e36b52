#include "tenancy/password_hasher.hpp"

#include <sodium.h>

#include <array>

namespace sluice::tenancy {

using base::ErrorCode;

// Holds one of the concurrent places.
class PasswordHasher::Turn {
  public:
    explicit Turn(PasswordHasher& hasher) : hasher_(hasher) {}
    ~Turn() {
        {
            const std::lock_guard lock(hasher_.mutex_);
            --hasher_.running_;
        }
        hasher_.free_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    PasswordHasher& hasher_;
};

base::Status PasswordHasher::validate(const Config& config) {
    const auto refuse = [](const char* what, const char* hint) {
        return base::fail(ErrorCode::invalid_argument, what, "password hashing", hint);
    };
    if (config.operations < crypto_pwhash_OPSLIMIT_MIN || config.operations > 64)
        return refuse("the number of passes is out of range", "write 1 to 64");
    if (config.memory_bytes < crypto_pwhash_MEMLIMIT_MIN || config.memory_bytes > (4ULL << 30U))
        return refuse("the memory is out of range", "write 8 KiB to 4 GiB");
    if (config.max_concurrent == 0 || config.max_concurrent > 64)
        return refuse("the number of concurrent hashes is out of range", "write 1 to 64");
    return {};
}

PasswordHasher::PasswordHasher(Config config) : config_(config) {}

base::Status PasswordHasher::wait_for_turn() {
    std::unique_lock lock(mutex_);
    if (running_ >= config_.max_concurrent) {
        if (waiting_ >= config_.max_waiting)
            return base::fail(ErrorCode::exhausted, "too many passwords are being checked", {},
                              "try again in a few seconds");
        ++waiting_;
        free_.wait(lock, [&] { return running_ < config_.max_concurrent; });
        --waiting_;
    }
    ++running_;
    return {};
}

base::Result<std::string> PasswordHasher::hash(const std::string& password) {
    if (sodium_init() < 0) return base::fail(ErrorCode::internal, "libsodium cannot start");
    if (const auto status = wait_for_turn(); !status) return std::unexpected(status.error());
    const Turn turn(*this);
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), config_.operations,
                              config_.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return base::fail(ErrorCode::exhausted, "there is not enough memory to hash a password", {},
                          "try again");
    return std::string(text.data());
}

base::Result<bool> PasswordHasher::verify(const std::string& hash, const std::string& password) {
    std::string wanted = hash;
    if (hash.empty()) {
        {
            const std::lock_guard lock(mutex_);
            wanted = nobody_;
        }
        if (wanted.empty()) {
            auto made = this->hash("nobody has this password");
            if (!made) return std::unexpected(made.error());
            const std::lock_guard lock(mutex_);
            wanted = nobody_ = *made;
        }
    }
    if (sodium_init() < 0) return base::fail(ErrorCode::internal, "libsodium cannot start");
    if (const auto status = wait_for_turn(); !status) return std::unexpected(status.error());
    const Turn turn(*this);
    // crypto_pwhash_str_verify takes the text as an array of this length.
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (wanted.size() >= text.size()) return false;
    wanted.copy(text.data(), wanted.size());
    const bool fits = crypto_pwhash_str_verify(text.data(), password.data(), password.size()) == 0;
    return fits && !hash.empty();
}

}  // namespace sluice::tenancy
