// The transactions of tenancy on SQLite. Thread-safe.
#pragma once

#include "store/sqlite/database.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::store::sqlite {

class SqliteUnitOfWork final : public tenancy::UnitOfWork {
  public:
    explicit SqliteUnitOfWork(Database& database) : database_(database) {}

    base::Status write(const std::function<base::Status(tenancy::Transaction&)>& work) override;
    base::Status read(const std::function<base::Status(tenancy::Transaction&)>& work) override;

  private:
    Database& database_;
};

}  // namespace sluice::store::sqlite
