#include "tenancy/login_throttle.hpp"

#include <algorithm>

namespace sluice::tenancy {
namespace {

// The store takes logins without regard to their case, and so does this.
std::string small(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

std::string pair_key(const std::string& login, const std::string& address) {
    return "p" + small(login) + '\n' + address;
}

}  // namespace

std::uint32_t LoginThrottle::closed_for_s(const std::string& key, std::uint32_t limit,
                                          base::Instant now) const {
    const auto found = failures_.find(key);
    if (found == failures_.end() || found->second.count < limit) return 0;
    const base::Instant opens = found->second.since + std::chrono::seconds{config_.window_s};
    if (now >= opens) return 0;
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(opens - now).count());
}

std::uint32_t LoginThrottle::closed_for_s(const std::string& login, const std::string& address,
                                          base::Instant now) const {
    const std::lock_guard lock(mutex_);
    return std::max({closed_for_s(pair_key(login, address), config_.of_pair, now),
                     closed_for_s("a" + address, config_.of_address, now),
                     closed_for_s("l" + small(login), config_.of_login, now)});
}

void LoginThrottle::count(const std::string& key, base::Instant now) {
    const base::Duration window = std::chrono::seconds{config_.window_s};
    if (failures_.size() >= config_.max_remembered && !failures_.contains(key)) {
        std::erase_if(failures_, [&](const auto& entry) { return now - entry.second.since >= window; });
        // Still full: someone uses many logins and addresses. What goes is by chance, the rest still counts.
        if (failures_.size() >= config_.max_remembered) failures_.erase(failures_.begin());
    }
    Failures& entry = failures_[key];
    if (entry.count == 0 || now - entry.since >= window) entry = {0, now};
    ++entry.count;
}

void LoginThrottle::failed(const std::string& login, const std::string& address, base::Instant now) {
    const std::lock_guard lock(mutex_);
    count(pair_key(login, address), now);
    count("a" + address, now);
    count("l" + small(login), now);
}

void LoginThrottle::succeeded(const std::string& login, const std::string& address) {
    const std::lock_guard lock(mutex_);
    failures_.erase(pair_key(login, address));
}

std::size_t LoginThrottle::remembered() const {
    const std::lock_guard lock(mutex_);
    return failures_.size();
}

}  // namespace sluice::tenancy
