#include "store/sqlite/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace sluice::store::sqlite {

using base::ErrorCode;

namespace {

struct Explanation {
    ErrorCode code;
    const char* what;
    const char* hint;
};

Explanation explain(int result) {
    switch (result & 0xff) {
        case SQLITE_FULL:
            return {ErrorCode::unavailable, "the store has no room left",
                    "make room on its disk; nothing that was acknowledged is lost"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorCode::corrupt, "the store's file is damaged or is no store",
                    "restore it from a backup, or name another file"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            return {ErrorCode::io, "the store's file cannot be written",
                    "check its folder, its permissions and its disk"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::unavailable, "another process has locked the store",
                    "end what has opened it (fuser names it); one process owns the file"};
        case SQLITE_CONSTRAINT:
            return {ErrorCode::conflict, "the store holds something that contradicts this", ""};
        default:
            return {ErrorCode::io, "the store failed", "see the system's log for its disk"};
    }
}

[[noreturn]] void fail(sqlite3* database, int result, const std::string& where) {
    const Explanation why = explain(result);
    const char* detail = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result);
    throw Failure({why.code, fmt::format("{}: {}", why.what, detail), where, why.hint});
}

}  // namespace

Statement::~Statement() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(int index, std::int64_t value) {
    if (const int result = sqlite3_bind_int64(statement_, index, value); result != SQLITE_OK)
        fail(database_, result, "bind");
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    const int result =
        sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (result != SQLITE_OK) fail(database_, result, "bind");
    return *this;
}

Statement& Statement::bind_null(int index) {
    if (const int result = sqlite3_bind_null(statement_, index); result != SQLITE_OK)
        fail(database_, result, "bind");
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    fail(database_, result, "step");
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}
bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr
               ? std::string()
               : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Connection::Connection(const std::string& file, int open_flags) : file_(file) {
    const int result = sqlite3_open_v2(file.c_str(), &handle_, open_flags, nullptr);
    if (result != SQLITE_OK) {
        const Explanation why = explain(result);
        Failure failure({why.code, fmt::format("{}: {}", why.what, sqlite3_errstr(result)), file, why.hint});
        sqlite3_close(handle_);
        throw failure;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 1000);
}

Connection::~Connection() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(handle_);
}

Statement Connection::prepare(const char* sql) {
    sqlite3_stmt*& statement = statements_[sql];
    if (statement == nullptr) {
        const int result =
            sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (result != SQLITE_OK) fail(handle_, result, sql);
    }
    return {handle_, statement};
}

void Connection::execute(const char* sql) {
    if (const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); result != SQLITE_OK) {
        fail(handle_, result, file_);
    }
}

void Connection::roll_back() noexcept {
    if (sqlite3_get_autocommit(handle_) == 0) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Connection::in_place() const noexcept {
    int moved = 0;  // stays for what is no file
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved == 0;
}

void Connection::copy_into(const std::string& file) {
    Statement statement = prepare("VACUUM INTO ?1");
    statement.bind(1, file);
    statement.run();
}

std::uint64_t Connection::last_row_id() const {
    return static_cast<std::uint64_t>(sqlite3_last_insert_rowid(handle_));
}
std::uint64_t Connection::changed_rows() const {
    return static_cast<std::uint64_t>(sqlite3_changes64(handle_));
}

}  // namespace sluice::store::sqlite
