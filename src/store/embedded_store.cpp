#include "store/embedded_store.hpp"

#include <fmt/format.h>

#include "store/sqlite/database.hpp"
#include "store/sqlite/event_repository.hpp"
#include "store/sqlite/incident_repository.hpp"
#include "store/sqlite/mitigation_repository.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/traffic_repository.hpp"
#include "store/sqlite/unit_of_work.hpp"
#include "store/sqlite/webhook_tables.hpp"

namespace sluice::store {

using base::ErrorCode;
namespace fs = std::filesystem;

struct EmbeddedStore::Parts {
    Parts(std::unique_ptr<sqlite::Database> state_file, std::unique_ptr<sqlite::Database> traffic_file,
          const EmbeddedStoreConfig& config)
        : folder(config.folder),
          state(std::move(state_file)),
          series(std::move(traffic_file)),
          tenancy(*state),
          traffic(*series, config.max_traffic_series),
          incidents(*state),
          events(*state, config.keep_events),
          webhooks(*state),
          mitigations(*state) {}

    const fs::path folder;
    std::optional<fs::path> rescued;  // a copy of the state, made when its file was removed
    std::unique_ptr<sqlite::Database> state;
    std::unique_ptr<sqlite::Database> series;
    sqlite::SqliteUnitOfWork tenancy;
    sqlite::SqliteTrafficRepository traffic;
    sqlite::SqliteIncidentRepository incidents;
    sqlite::SqliteEventRepository events;
    sqlite::SqliteWebhookRepository webhooks;
    sqlite::SqliteMitigationRepository mitigations;
};

namespace {

base::Status make_folder(const fs::path& folder) {
    std::error_code error;
    if (fs::create_directories(folder, error); error)
        return base::fail(ErrorCode::io, "the store's folder cannot be made: " + error.message(),
                          folder.string(), "make it, writable for this process, or name another one");
    // Password hashes and the secrets of webhooks are in there.
    fs::permissions(folder, fs::perms::owner_all, error);
    return {};
}

const char* const state_name = "state.db";
const char* const rescued_name = "state.db.rescued";

// What probe() kept when somebody removed the file under a running process.
void take_up_rescued(const fs::path& folder, std::vector<std::string>& notes) {
    const fs::path file = folder / state_name;
    const fs::path rescued = folder / rescued_name;
    std::error_code error;
    if (!fs::exists(rescued, error)) return;
    if (fs::exists(file, error)) {
        notes.push_back(
            fmt::format("{} took the place of a store that was in use; what that one held is in {}: use "
                        "either, and remove the other",
                        file.string(), rescued.string()));
        return;
    }
    // They belong to the removed file, and would spoil this one.
    fs::remove(file.string() + "-wal", error);
    fs::remove(file.string() + "-shm", error);
    fs::rename(rescued, file, error);
    if (!error)
        notes.push_back(
            fmt::format("{} was removed; the copy that was kept of it is taken up", file.string()));
}

// The series are for looking at; damaged ones do not keep a network unprotected.
base::Result<std::unique_ptr<sqlite::Database>> open_traffic(const fs::path& file,
                                                             std::vector<std::string>& notes) {
    const sqlite::DatabaseConfig config{
        .file = file, .durability = sqlite::Durability::relaxed, .check_on_open = false};
    auto database = sqlite::Database::open(config, sqlite::traffic_migrations());
    if (database || database.error().code != ErrorCode::corrupt) return database;
    std::error_code error;
    const fs::path aside = file.string() + ".damaged";
    fs::rename(file, aside, error);
    if (error) return database;
    fs::remove(file.string() + "-wal", error);
    fs::remove(file.string() + "-shm", error);
    notes.push_back(
        fmt::format("the traffic series in {} are damaged; they are set aside as {} and begin anew",
                    file.string(), aside.string()));
    return sqlite::Database::open(config, sqlite::traffic_migrations());
}

}  // namespace

base::Status validate(const EmbeddedStoreConfig& config) {
    if (config.folder.empty())
        return base::fail(ErrorCode::invalid_argument, "the store has no folder", "store",
                          "name one, as in /var/lib/sluice");
    if (config.max_bytes != 0 && config.max_bytes < (1U << 20U))
        return base::fail(ErrorCode::invalid_argument, "the store's limit is too small", "store",
                          "write at least 1 MiB, or 0 for none");
    if (config.keep_events < 1000)
        return base::fail(ErrorCode::invalid_argument, "too few events are kept", "store",
                          "write at least 1000");
    return {};
}

base::Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(const EmbeddedStoreConfig& config) {
    if (const auto status = validate(config); !status) return std::unexpected(status.error());
    if (const auto status = make_folder(config.folder); !status) return std::unexpected(status.error());
    std::unique_ptr<EmbeddedStore> store(new EmbeddedStore());
    const auto durability =
        config.survives_power_loss ? sqlite::Durability::full : sqlite::Durability::relaxed;
    take_up_rescued(config.folder, store->notes_);
    auto state = sqlite::Database::open(
        {.file = config.folder / state_name, .durability = durability, .max_bytes = config.max_bytes},
        sqlite::state_migrations());
    if (!state) return std::unexpected(state.error());
    auto traffic = open_traffic(config.folder / "traffic.db", store->notes_);
    if (!traffic) return std::unexpected(traffic.error());
    store->parts_ = std::make_unique<Parts>(std::move(*state), std::move(*traffic), config);
    return store;
}

EmbeddedStore::~EmbeddedStore() = default;

tenancy::UnitOfWork& EmbeddedStore::tenancy() {
    return parts_->tenancy;
}
tenancy::TrafficRepository& EmbeddedStore::traffic() {
    return parts_->traffic;
}
incident::IncidentRepository& EmbeddedStore::incidents() {
    return parts_->incidents;
}
incident::EventRepository& EmbeddedStore::events() {
    return parts_->events;
}
incident::WebhookRepository& EmbeddedStore::webhooks() {
    return parts_->webhooks;
}
mitigation::MitigationRepository& EmbeddedStore::mitigations() {
    return parts_->mitigations;
}

base::Status EmbeddedStore::probe() {
    auto status = parts_->state->write([](sqlite::Connection& connection) -> base::Status {
        connection.prepare("UPDATE probe SET count = count + 1").run();
        return {};
    });
    if (!status && !parts_->state->in_place()) return std::unexpected(rescue(status.error()));
    if (status && parts_->rescued) {  // it was put back, and is ahead of its copy from now on
        std::error_code ignored;
        fs::remove(*parts_->rescued, ignored);
        parts_->rescued.reset();
    }
    return status;
}

base::Error EmbeddedStore::rescue(base::Error error) {
    const fs::path wanted = parts_->folder / rescued_name;
    if (!parts_->rescued) {
        (void)make_folder(parts_->folder);
        std::error_code ignored;
        fs::rename(wanted, wanted.string() + ".older", ignored);
        const auto copied = parts_->state->copy_into(wanted);
        if (!copied) {
            error.hint = fmt::format(
                "do not stop this process: only it still has the state, and it cannot be copied to "
                "{}: {}",
                wanted.string(), copied.error().message());
            return error;
        }
        parts_->rescued = wanted;
    }
    error.where = (parts_->folder / state_name).string();
    error.hint = fmt::format("restart this process: all that was acknowledged is kept in {} and is taken up",
                             parts_->rescued->string());
    return error;
}

StoreHealth EmbeddedStore::health() const {
    const auto state = parts_->state->health();
    return {state.failed_writes, state.error, parts_->series->health().error};
}

}  // namespace sluice::store
