// Events in SQLite, the newest so many of them. Thread-safe.
#pragma once

#include <cstdint>

#include "incident/event_repository.hpp"
#include "store/sqlite/database.hpp"

namespace sluice::store::sqlite {

class SqliteEventRepository final : public incident::EventRepository {
  public:
    // Older events than the newest `keep` make room.
    explicit SqliteEventRepository(Database& database, std::uint64_t keep = 1'000'000)
        : database_(database), keep_(keep) {}

    base::Result<model::Event> append(const model::Event& event) override;
    base::Result<std::vector<model::Event>> append_all(std::span<const model::Event> events) override;
    base::Result<std::vector<model::Event>> after(const model::TenantScope& scope, std::uint64_t after,
                                                  std::size_t limit) override;
    base::Result<std::vector<model::Event>> list(const model::TenantScope& scope,
                                                 std::optional<model::TenantId> tenant, std::uint64_t before,
                                                 std::size_t limit) override;

  private:
    [[nodiscard]] model::Event insert(Connection& connection, const model::Event& event) const;

    Database& database_;
    const std::uint64_t keep_;
};

}  // namespace sluice::store::sqlite
