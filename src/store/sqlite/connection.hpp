// One SQLite connection and its prepared statements. Used by one call at a time: Database sees to that.
//
// Inside this module a failed call throws Failure; Database turns it into a base::Error, so that none leaves
// the module.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::store::sqlite {

class Failure : public std::exception {
  public:
    explicit Failure(base::Error error) : error_(std::move(error)) {}
    [[nodiscard]] const base::Error& error() const { return error_; }
    [[nodiscard]] const char* what() const noexcept override { return error_.what.c_str(); }

  private:
    base::Error error_;
};

// A prepared statement with its bindings; reset when it goes. Parameters are numbered from 1, columns from 0.
class Statement {
  public:
    Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, std::uint64_t value) { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, std::string_view text);
    Statement& bind_null(int index);

    // True when there is a row.
    bool step();
    // For statements without rows.
    void run() {
        while (step()) {
        }
    }

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] bool is_null(int column) const;

  private:
    sqlite3* database_;
    sqlite3_stmt* statement_;
};

class Connection {
  public:
    // `open_flags` as for sqlite3_open_v2. Throws Failure.
    Connection(const std::string& file, int open_flags);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // `sql` is a literal: prepared once and kept by its address.
    [[nodiscard]] Statement prepare(const char* sql);
    void execute(const char* sql);
    // Never throws: what failed already is rolled back by SQLite itself.
    void roll_back() noexcept;
    // False when the file was removed or another one took its place: what is written now is lost.
    [[nodiscard]] bool in_place() const noexcept;
    // A whole copy of what this connection sees; `file` must not exist.
    void copy_into(const std::string& file);
    [[nodiscard]] std::uint64_t last_row_id() const;
    [[nodiscard]] std::uint64_t changed_rows() const;

  private:
    const std::string file_;
    sqlite3* handle_ = nullptr;
    std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace sluice::store::sqlite
