// The bindings of addresses to users that gateways are to have. A gateway that has everything up to some
// generation gets what has changed since, in time that depends on the changes alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "model/user_binding.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

// Thread-safe.
class BindingStore {
  public:
    // Larger updates are split into several messages. Of bindings that have ended so many are remembered at
    // least; a gateway that missed more gets the full set.
    explicit BindingStore(std::size_t max_message_bytes, std::size_t max_ended = 65'536)
        : split_bytes_(max_message_bytes / 2), max_ended_(max_ended) {}

    void set_all(const std::vector<model::UserBinding>& bindings);
    void set(const model::UserBinding& binding);
    void remove(const model::UserBindingKey& key);
    void remove_all_of(model::TenantId tenant);

    // What one gateway has been sent.
    struct Sent {
        bool begun = false;  // else the first update is a full one
        std::uint64_t generation = 0;
    };
    // What it lacks, and notes it as sent; empty when it has everything or nothing is known yet.
    [[nodiscard]] std::vector<std::shared_ptr<const link::v1::GatewayDown>> missing(Sent& sent) const;

  private:
    struct Entry {
        std::shared_ptr<const link::v1::UserBinding> binding;  // nullptr: it has ended
        std::uint64_t changed = 0;
    };
    void put(const model::UserBindingKey& key, std::shared_ptr<const link::v1::UserBinding> binding);
    void forget_ended();

    const std::size_t split_bytes_;
    const std::size_t max_ended_;
    mutable std::mutex mutex_;
    bool known_ = false;  // before the first set_all(): an empty full set would end what a gateway has
    std::uint64_t generation_ = 0;
    std::uint64_t forgotten_ = 0;  // up to this generation ends are not remembered
    std::map<model::UserBindingKey, Entry> entries_;
    std::map<std::uint64_t, model::UserBindingKey> by_change_;
    std::size_t ended_ = 0;
};

}  // namespace sluice::rpc
