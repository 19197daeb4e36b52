// The programs that gateways are to have, as messages. A gateway that has everything up to some generation
// gets what is newer: no queue a gateway, and one number says what is missing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "model/tenant_program.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {

// Thread-safe.
class ProgramStore {
  public:
    // Larger updates are split into several messages.
    explicit ProgramStore(std::size_t max_message_bytes) : split_bytes_(max_message_bytes / 2) {}

    void set_all(const std::vector<model::TenantProgram>& programs);
    void set(const model::TenantProgram& program);
    void remove(model::TenantId tenant, std::uint64_t generation);

    // What one gateway has been sent.
    struct Sent {
        std::uint64_t epoch = 0;  // 0: nothing yet, the first update is a full one
        std::uint64_t generation = 0;
    };
    // What it lacks, and notes it as sent; empty when it has everything or nothing is known yet.
    [[nodiscard]] std::vector<std::shared_ptr<const link::v1::GatewayDown>> missing(Sent& sent) const;

  private:
    void set_locked(const model::TenantProgram& program);

    const std::size_t split_bytes_;
    mutable std::mutex mutex_;
    // 0 before the first set_all or set: an empty full set would disarm a gateway. Grows when only a full
    // update can say what has changed.
    std::uint64_t epoch_ = 0;
    std::uint64_t generation_ = 0;
    std::map<model::TenantId, std::shared_ptr<const link::v1::TenantProgram>> programs_;
    std::map<model::TenantId, std::uint64_t> removed_;
};

}  // namespace sluice::rpc
