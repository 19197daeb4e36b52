// Who is logged in at one tenant's addresses, as a flow's set-up asks for it. A log-in changes one place of
// the table, while workers read: no program is compiled and no worker waits.
//
// One writer at a time, any number of workers. What a worker finds is good until it has come by between two
// bursts (program_switch.hpp): the writer keeps what it has taken out until then, and says so by forget().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/siphash.hpp"
#include "dataplane/firewall/question.hpp"
#include "model/user_binding.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane::firewall {

// Immutable.
struct KnownUser {
    net::Prefix prefix;
    std::string user;
    std::vector<UserId> ids;  // of the user and his groups
};

class UserTable {
  public:
    explicit UserTable(const base::SipKey& key);
    ~UserTable();
    UserTable(const UserTable&) = delete;
    UserTable& operator=(const UserTable&) = delete;

    // Workers. nullptr: nobody is known there.
    [[nodiscard]] const KnownUser* find(const net::Address& address) const;
    // Grows whenever an answer of find() may have changed. To be read before find(): what is then found is at
    // least as new.
    [[nodiscard]] std::uint32_t changes() const { return changes_.load(std::memory_order_acquire); }

    // The writer.
    void put(const model::UserBinding& binding);
    void remove(const net::Prefix& prefix);
    // All workers have come by since the last change.
    void forget();
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    // A power of two of places, at most half of them used; probed one after the other.
    struct Places {
        explicit Places(std::size_t count) : mask(count - 1), at(count) {}
        std::size_t mask;
        std::vector<std::atomic<const KnownUser*>> at;
    };
    [[nodiscard]] std::size_t begin_of(const net::Prefix& prefix) const;
    [[nodiscard]] const KnownUser* find(const Places& places, const net::Prefix& prefix) const;
    void grow();
    void count_length(const net::Prefix& prefix, bool more);
    void changed() { changes_.fetch_add(1, std::memory_order_release); }

    base::SipKey key_;
    std::atomic<const Places*> shown_;
    std::atomic<std::uint32_t> changes_{0};
    // Bit n of the first, n - 64 of the second: some prefix has n + 1 of the 128 bits that families share.
    std::array<std::atomic<std::uint64_t>, 2> lengths_{};

    // The writer's:
    std::unique_ptr<Places> places_;
    std::size_t size_ = 0;
    std::size_t used_ = 0;  // and those of bindings that have ended
    std::array<std::uint32_t, 128> of_length_{};
    std::vector<std::unique_ptr<const KnownUser>> ended_;
    std::vector<std::unique_ptr<Places>> outgrown_;
};

}  // namespace sluice::dataplane::firewall
