// Remembers failed logins, so that passwords cannot be guessed by trying. In memory only: a restart forgets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"

namespace sluice::tenancy {

// Thread-safe.
class LoginThrottle {
  public:
    struct Config {
        std::uint32_t of_pair = 10;
        std::uint32_t of_address = 50;
        std::uint32_t of_login = 200;
        std::uint32_t window_s = 300;
        std::size_t max_remembered = 100'000;
    };
    explicit LoginThrottle(Config config) : config_(config) {}

    // Seconds until the door opens again; 0 when it is open.
    [[nodiscard]] std::uint32_t closed_for_s(const std::string& login, const std::string& address,
                                             base::Instant now) const;
    void failed(const std::string& login, const std::string& address, base::Instant now);
    // The pair's failures are forgotten; those of the address and the login stay.
    void succeeded(const std::string& login, const std::string& address);
    [[nodiscard]] std::size_t remembered() const;

  private:
    struct Failures {
        std::uint32_t count = 0;
        base::Instant since{};
    };
    [[nodiscard]] std::uint32_t closed_for_s(const std::string& key, std::uint32_t limit,
                                             base::Instant now) const;
    void count(const std::string& key, base::Instant now);

    const Config config_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Failures> failures_;
};

}  // namespace sluice::tenancy
