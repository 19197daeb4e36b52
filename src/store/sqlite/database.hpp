// The embedded store's file: opened with the settings that keep what was acknowledged, brought to the newest
// schema, written by one call at a time, read beside that.
//
// Threads: any. A write holds the writer's connection; a read takes one of the readers', sees one committed
// state and does not wait for the writer (WAL). One process owns the file: a second one is refused at its
// start.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/turn_lock.hpp"

namespace sluice::store::sqlite {

enum class Durability : std::uint8_t {
    full,     // a committed transaction survives a loss of power (synchronous = FULL)
    relaxed,  // it survives a kill of the process; a loss of power may cost the last seconds (NORMAL)
};

struct DatabaseConfig {
    std::filesystem::path file;  // ":memory:" for one that goes with the process
    Durability durability = Durability::full;
    std::uint64_t max_bytes = 0;  // 0: as large as the disk; otherwise `unavailable` when reached
    std::size_t readers = 4;      // reads beside each other
    bool check_on_open = true;    // every page, so that damage is found before it is built upon
};

// How the last write went. A store that has failed is tried again with each write.
struct DatabaseHealth {
    std::uint64_t failed_writes = 0;   // since the start
    std::optional<base::Error> error;  // of the last write; empty: it went well
};

// Applied in order, each in a transaction of its own; user_version remembers the last one.
struct Migration {
    int version;
    const char* sql;
};

class Database {
  public:
    // Errors: io, corrupt (no database, or a damaged one), conflict (another process has it, or a newer
    // Sluice made it), unavailable (no room).
    [[nodiscard]] static base::Result<std::unique_ptr<Database>> open(const DatabaseConfig& config,
                                                                      std::span<const Migration> migrations);
    ~Database();

    // Gives the result of work(connection); the connection is valid during the call only.
    template <class Work>
    auto read(Work&& work) -> std::invoke_result_t<Work, Connection&> {
        if (readers_.empty()) {
            const std::lock_guard lock(writer_.mutex);
            return in_transaction("BEGIN", *writer_.connection, work, nullptr);
        }
        const ReaderTurn turn(*this);
        return in_transaction("BEGIN", turn.connection(), work, nullptr);
    }

    // The same in a transaction which is committed, and then durable, only when the result is a success.
    template <class Work>
    auto write(Work&& work) -> std::invoke_result_t<Work, Connection&> {
        const std::lock_guard lock(writer_.mutex);
        return in_transaction("BEGIN IMMEDIATE", *writer_.connection, work, this);
    }

    [[nodiscard]] DatabaseHealth health() const;

    // False when the file was removed or replaced; each write fails then, and the next one after it is back
    // succeeds.
    [[nodiscard]] bool in_place();
    // All that was committed, as a new file. Also when the own one is gone: it is still held open.
    [[nodiscard]] base::Status copy_into(const std::filesystem::path& file);

  private:
    struct Lane {
        TurnLock mutex;
        std::unique_ptr<Connection> connection;
    };

    // One of the readers' connections, for a while.
    class ReaderTurn {
      public:
        explicit ReaderTurn(Database& database) : database_(database), connection_(database.take_reader()) {}
        ~ReaderTurn() { database_.give_back(connection_); }
        ReaderTurn(const ReaderTurn&) = delete;
        ReaderTurn& operator=(const ReaderTurn&) = delete;
        [[nodiscard]] Connection& connection() const { return connection_; }

      private:
        Database& database_;
        Connection& connection_;
    };

    Database() = default;
    [[nodiscard]] Connection& take_reader();
    void give_back(Connection& connection);
    void take_ownership(const std::string& file);
    static void require_in_place(const Connection& connection);
    void note_success();
    void note_failure(const base::Error& error);
    void migrate(std::span<const Migration> migrations, const std::string& file);

    // `writes` is told how it went; nullptr for a read.
    template <class Work>
    static auto in_transaction(const char* begin, Connection& connection, Work& work, Database* writes)
        -> std::invoke_result_t<Work, Connection&> {
        try {
            if (writes != nullptr) require_in_place(connection);
            connection.execute(begin);
            auto result = work(connection);
            if (result) {
                connection.execute("COMMIT");
                if (writes != nullptr) writes->note_success();
            } else {
                connection.roll_back();
            }
            return result;
        } catch (const Failure& failure) {
            connection.roll_back();
            if (writes != nullptr) writes->note_failure(failure.error());
            return std::unexpected(failure.error());
        } catch (...) {
            connection.roll_back();
            throw;
        }
    }

    int lock_file_ = -1;
    mutable std::mutex health_mutex_;
    DatabaseHealth health_;
    Lane writer_;
    // None for ":memory:", where the writer's serves both.
    std::vector<std::unique_ptr<Connection>> readers_;
    std::mutex readers_mutex_;
    std::condition_variable reader_free_;
    std::vector<Connection*> idle_readers_;
};

}  // namespace sluice::store::sqlite
