#include "store/sqlite/database.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace sluice::store::sqlite {
namespace {

constexpr std::array<Migration, 1> one_table{
    {{1, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"}}};
constexpr std::array<Migration, 2> two_tables{
    {one_table[0], {2, "CREATE TABLE other (id INTEGER PRIMARY KEY);"}}};

class DatabaseTest : public testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] DatabaseConfig config() const { return {.file = folder_ / "state.db"}; }
    static base::Status add(Database& database, std::int64_t id, std::string_view text) {
        return database.write([&](Connection& connection) -> base::Status {
            connection.prepare("INSERT INTO note VALUES (?1, ?2)").bind(1, id).bind(2, text).run();
            return {};
        });
    }
    static std::int64_t count(Database& database) {
        return database
            .read([](Connection& connection) -> base::Result<std::int64_t> {
                Statement statement = connection.prepare("SELECT count(*) FROM note");
                statement.step();
                return statement.integer(0);
            })
            .value();
    }

    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("sluice-store-" + std::to_string(getpid()));
};

TEST_F(DatabaseTest, KeepsWhatWasCommittedAndNothingElse) {
    {
        auto database = Database::open(config(), one_table).value();
        ASSERT_TRUE(add(*database, 1, "kept"));
        const base::Status refused = database->write([](Connection& connection) -> base::Status {
            connection.prepare("INSERT INTO note VALUES (?1, ?2)")
                .bind(1, std::int64_t{2})
                .bind(2, "gone")
                .run();
            return base::fail(base::ErrorCode::conflict, "changed my mind");
        });
        EXPECT_FALSE(refused);
        const base::Status twice = add(*database, 1, "again");
        ASSERT_FALSE(twice);
        EXPECT_EQ(twice.error().code, base::ErrorCode::conflict);
    }
    auto database = Database::open(config(), two_tables).value();
    EXPECT_EQ(count(*database), 1);
}

TEST_F(DatabaseTest, ASecondProcessAndAnOlderProgramAreRefused) {
    auto database = Database::open(config(), two_tables).value();
    const auto second = Database::open(config(), two_tables);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, base::ErrorCode::conflict);
    database.reset();
    const auto older = Database::open(config(), one_table);
    ASSERT_FALSE(older.has_value());
    EXPECT_NE(older.error().what.find("newer"), std::string::npos);
}

TEST_F(DatabaseTest, SaysSoWhenTheFileIsNoStore) {
    std::ofstream(config().file) << std::string(8192, 'x');
    const auto database = Database::open(config(), one_table);
    ASSERT_FALSE(database.has_value());
    EXPECT_EQ(database.error().code, base::ErrorCode::corrupt);
}

TEST_F(DatabaseTest, AFullStoreRefusesAndKeepsWhatItHas) {
    DatabaseConfig small = config();
    small.max_bytes = 64 * 1024;
    auto database = Database::open(small, one_table).value();
    const std::string text(8000, 't');
    std::int64_t acknowledged = 0;
    base::Status status;
    while ((status = add(*database, acknowledged + 1, text))) ++acknowledged;
    EXPECT_EQ(status.error().code, base::ErrorCode::unavailable);
    EXPECT_GT(acknowledged, 0);
    EXPECT_EQ(count(*database), acknowledged);
}

TEST_F(DatabaseTest, ReadsGoOnBesideAWriteAndBesideEachOther) {
    auto database = Database::open(config(), one_table).value();
    ASSERT_TRUE(add(*database, 1, "before"));
    const base::Status status = database->write([&](Connection& connection) -> base::Status {
        connection.prepare("INSERT INTO note VALUES (2, 'during')").run();
        EXPECT_EQ(count(*database), 1) << "what is not committed is not seen, and nobody waits";
        return database->read([&](Connection&) -> base::Status {
            EXPECT_EQ(count(*database), 1);
            return {};
        });
    });
    EXPECT_TRUE(status);
    EXPECT_EQ(count(*database), 2);
}

// The child writes and reports each acknowledged row through a pipe until it is killed in the middle.
TEST_F(DatabaseTest, AKillLosesNothingAcknowledged) {
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(pipe(pipe_ends.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto database = Database::open(config(), one_table);
        for (std::int64_t id = 1; database && add(**database, id, "row"); ++id) {
            if (::write(pipe_ends[1], &id, sizeof id) != sizeof id) break;
        }
        _exit(1);
    }
    close(pipe_ends[1]);
    std::int64_t acknowledged = 0;
    while (acknowledged < 50 &&
           ::read(pipe_ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (::read(pipe_ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    close(pipe_ends[0]);
    ASSERT_GE(acknowledged, 50);
    auto database = Database::open(config(), one_table).value();
    EXPECT_GE(count(*database), acknowledged);
}

}  // namespace
}  // namespace sluice::store::sqlite
