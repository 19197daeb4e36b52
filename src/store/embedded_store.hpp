// The embedded store as a whole: what a process opens and hands to its services. One folder, two files: the
// state (every acknowledged change is on disk) and the traffic series (a gap of seconds after a crash).
//
//     auto store = store::EmbeddedStore::open({.folder = "/var/lib/sluice"});
//     tenancy::PolicyBoard board((*store)->tenancy());
//
// Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sluice::incident {
class EventRepository;
class IncidentRepository;
class WebhookRepository;
}  // namespace sluice::incident
namespace sluice::mitigation {
class MitigationRepository;
}
namespace sluice::tenancy {
class TrafficRepository;
class UnitOfWork;
}  // namespace sluice::tenancy

namespace sluice::store {

struct EmbeddedStoreConfig {
    std::filesystem::path folder;     // made when it does not exist; for this user only
    bool survives_power_loss = true;  // false: a scratch store, for replays
    std::uint64_t max_bytes = 0;      // of the state; 0: as large as the disk
    std::uint64_t keep_events = 1'000'000;
    std::size_t max_traffic_series = 8192;
};
[[nodiscard]] base::Status validate(const EmbeddedStoreConfig& config);

struct StoreHealth {
    std::uint64_t failed_writes = 0;   // of the state, since the start
    std::optional<base::Error> error;  // of the last write; empty: it went well
    std::optional<base::Error> traffic_error;
};

class EmbeddedStore {
  public:
    // Errors: io, corrupt (the state is damaged), conflict (another process, or a newer Sluice), unavailable
    // (no room). Damaged traffic series are set aside, and told by notes().
    [[nodiscard]] static base::Result<std::unique_ptr<EmbeddedStore>> open(const EmbeddedStoreConfig& config);
    ~EmbeddedStore();

    [[nodiscard]] tenancy::UnitOfWork& tenancy();
    [[nodiscard]] tenancy::TrafficRepository& traffic();
    [[nodiscard]] incident::IncidentRepository& incidents();
    [[nodiscard]] incident::EventRepository& events();
    [[nodiscard]] incident::WebhookRepository& webhooks();
    [[nodiscard]] mitigation::MitigationRepository& mitigations();

    // Writes, and changes nothing that anybody sees: whether the store could take a change now. When the
    // state's file was removed under it, what it held is kept as state.db.rescued, which the next open()
    // takes up.
    [[nodiscard]] base::Status probe();
    [[nodiscard]] StoreHealth health() const;
    // What a person should know of the opening; usually empty.
    [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  private:
    EmbeddedStore() = default;
    [[nodiscard]] base::Error rescue(base::Error error);
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::vector<std::string> notes_;
};

}  // namespace sluice::store
