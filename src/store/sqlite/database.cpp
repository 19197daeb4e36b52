#include "store/sqlite/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

namespace sluice::store::sqlite {

using base::ErrorCode;

namespace {

constexpr std::string_view in_memory = ":memory:";

void settle(Connection& connection, const DatabaseConfig& config) {
    connection.execute("PRAGMA journal_mode = WAL");
    connection.execute(config.durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                             : "PRAGMA synchronous = NORMAL");
    connection.execute("PRAGMA foreign_keys = ON");
    connection.execute("PRAGMA trusted_schema = OFF");
    if (config.max_bytes != 0) {
        const std::uint64_t pages = std::max<std::uint64_t>(1, config.max_bytes / 4096);
        connection.execute(fmt::format("PRAGMA max_page_count = {}", pages).c_str());
    }
}

void check_pages(Connection& connection) {
    Statement row = connection.prepare("PRAGMA quick_check(1)");
    if (row.step() && row.text(0) != "ok") {
        throw Failure({ErrorCode::corrupt,
                       "the store's file is damaged: " + row.text(0),
                       {},
                       "restore it from a backup, or name another file"});
    }
}

}  // namespace

base::Result<std::unique_ptr<Database>> Database::open(const DatabaseConfig& config,
                                                       std::span<const Migration> migrations) {
    std::unique_ptr<Database> database(new Database());
    const std::string file = config.file.string();
    try {
        if (file != in_memory) database->take_ownership(file);
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        database->writer_.connection = std::make_unique<Connection>(file, flags);
        settle(*database->writer_.connection, config);
        if (config.check_on_open) check_pages(*database->writer_.connection);
        database->migrate(migrations, file);
        for (std::size_t i = 0; file != in_memory && i < std::max<std::size_t>(1, config.readers); ++i) {
            database->readers_.push_back(
                std::make_unique<Connection>(file, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX));
            // SQLite opens a file at its first use; by then it might be another one.
            database->readers_.back()->execute("SELECT count(*) FROM sqlite_schema");
            database->idle_readers_.push_back(database->readers_.back().get());
        }
    } catch (const Failure& failure) {
        base::Error error = failure.error();
        error.where = file;
        return std::unexpected(std::move(error));
    }
    return database;
}

Connection& Database::take_reader() {
    std::unique_lock lock(readers_mutex_);
    reader_free_.wait(lock, [&] { return !idle_readers_.empty(); });
    // The one that was used last: its pages are warm.
    Connection& connection = *idle_readers_.back();
    idle_readers_.pop_back();
    return connection;
}

void Database::give_back(Connection& connection) {
    {
        const std::lock_guard lock(readers_mutex_);
        idle_readers_.push_back(&connection);
    }
    reader_free_.notify_one();
}

DatabaseHealth Database::health() const {
    const std::lock_guard lock(health_mutex_);
    return health_;
}

bool Database::in_place() {
    const std::lock_guard lock(writer_.mutex);
    return writer_.connection->in_place();
}

base::Status Database::copy_into(const std::filesystem::path& file) {
    const std::lock_guard lock(writer_.mutex);
    try {
        writer_.connection->copy_into(file.string());
    } catch (const Failure& failure) {
        return std::unexpected(failure.error());
    }
    return {};
}

// Linux lets a process write on into a file that nobody will find again.
void Database::require_in_place(const Connection& connection) {
    if (connection.in_place()) return;
    throw Failure({ErrorCode::unavailable,
                   "the store's file was removed or replaced while it is in use",
                   {},
                   "put it back"});
}

void Database::note_success() {
    const std::lock_guard lock(health_mutex_);
    health_.error.reset();
}

// A contradiction with what is stored is the caller's, not the disk's.
void Database::note_failure(const base::Error& error) {
    if (error.code == ErrorCode::conflict) return;
    const std::lock_guard lock(health_mutex_);
    health_.error = error;
    ++health_.failed_writes;
}

Database::~Database() {
    readers_.clear();
    writer_.connection.reset();
    if (lock_file_ >= 0) close(lock_file_);
}

// Two controllers on one file would mix two desired states. The kernel lets go of the lock when a process is
// killed.
void Database::take_ownership(const std::string& file) {
    const std::string lock = file + ".lock";
    lock_file_ = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock_file_ < 0) {
        throw Failure({ErrorCode::io, "the store's folder cannot be written", lock,
                       "make the folder, or name another one"});
    }
    if (flock(lock_file_, LOCK_EX | LOCK_NB) != 0) {
        throw Failure({ErrorCode::conflict, "another process uses the store", lock,
                       "stop it first; one process owns the file"});
    }
}

void Database::migrate(std::span<const Migration> migrations, const std::string& file) {
    Connection& connection = *writer_.connection;
    int version = 0;
    {
        Statement statement = connection.prepare("PRAGMA user_version");
        if (statement.step()) version = static_cast<int>(statement.integer(0));
    }
    if (!migrations.empty() && version > migrations.back().version) {
        throw Failure({ErrorCode::conflict, "the store was made by a newer Sluice", file,
                       "run that version, or restore a backup"});
    }
    for (const Migration& migration : migrations) {
        if (migration.version <= version) continue;
        connection.execute("BEGIN IMMEDIATE");
        try {
            connection.execute(migration.sql);
            connection.execute(fmt::format("PRAGMA user_version = {}", migration.version).c_str());
            connection.execute("COMMIT");
        } catch (const Failure&) {
            connection.roll_back();
            throw;
        }
    }
}

}  // namespace sluice::store::sqlite
