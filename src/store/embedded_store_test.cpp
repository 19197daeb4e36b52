// The embedded store when things go wrong: a full disk, one that cannot be written, a damaged file, a kill in
// the middle, a hand in the audit log. What was acknowledged is there afterwards, and each failure has a
// name.
#include "store/embedded_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <set>

#include "base/random.hpp"
#include "incident/event_repository.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/schema.hpp"
#include "store/testdata/scratch_store.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/repositories.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

class EmbeddedStoreTest : public testing::Test {
  protected:
    [[nodiscard]] EmbeddedStoreConfig config() const { return {.folder = folder_.path() / "store"}; }
    std::unique_ptr<EmbeddedStore> open() const {
        auto store = EmbeddedStore::open(config());
        EXPECT_TRUE(store) << store.error().message();
        return store ? std::move(*store) : nullptr;
    }
    // Runs in a child with a file system of its own on the store's folder; its failures are this test's.
    void on_own_disk(const char* options, const std::function<void()>& work) const {
        fs::create_directories(config().folder);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            constexpr int cannot = 77;
            if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
                _exit(cannot);
            if (mount("sluice-test", config().folder.c_str(), "tmpfs", 0, options) != 0) _exit(cannot);
            work();
            std::fflush(nullptr);
            _exit(HasFailure() ? 1 : 0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
        if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no right to mount a file system here";
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    static std::size_t count_events(EmbeddedStore& store) {
        return store.events().after(model::TenantScope::provider(), 0, 1'000'000).value().size();
    }

    testdata::ScratchFolder folder_;
};

TEST_F(EmbeddedStoreTest, OpensAnEmptyFolderAndItsOwnWork) {
    {
        const auto store = open();
        EXPECT_TRUE(store->notes().empty());
        EXPECT_TRUE(store->probe());
        EXPECT_FALSE(store->health().error.has_value());
        ASSERT_TRUE(store->events().append({.kind = "a", .text = "b"}));
        const auto second = EmbeddedStore::open(config());
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, ErrorCode::conflict);
    }
    EXPECT_EQ(count_events(*open()), 1U);
    EXPECT_EQ(fs::status(config().folder).permissions() & fs::perms::others_all, fs::perms::none);
}

TEST_F(EmbeddedStoreTest, RefusesASenselessConfiguration) {
    EXPECT_FALSE(EmbeddedStore::open({.folder = {}}));
    EXPECT_FALSE(EmbeddedStore::open({.folder = folder_.path(), .max_bytes = 1000}));
    std::ofstream(folder_.path() / "file") << "x";
    const auto store = EmbeddedStore::open({.folder = folder_.path() / "file" / "store"});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::io);
}

TEST_F(EmbeddedStoreTest, AFullDiskIsNamedAndLosesNothing) {
    on_own_disk("size=3m", [&] {
        std::size_t acknowledged = 0;
        {
            const auto store = open();
            const model::Event event{.kind = "filler", .text = std::string(20'000, 'x')};
            base::Result<model::Event> last;
            while ((last = store->events().append(event)) && acknowledged < 10'000) ++acknowledged;
            ASSERT_FALSE(last.has_value());
            EXPECT_EQ(last.error().code, ErrorCode::unavailable) << last.error().message();
            EXPECT_THAT(last.error().message(), HasSubstr("no room left"));
            ASSERT_TRUE(store->health().error.has_value());
            EXPECT_EQ(store->health().error->code, ErrorCode::unavailable);
            EXPECT_GE(store->health().failed_writes, 1U);
            EXPECT_EQ(count_events(*store), acknowledged) << "what is there can be read";
        }
        // After a restart on the still full disk, and with room again.
        EXPECT_GT(acknowledged, 20U);
        fs::remove(config().folder / "traffic.db");
        ASSERT_EQ(mount(nullptr, config().folder.c_str(), nullptr, MS_REMOUNT, "size=8m"), 0);
        const auto store = open();
        EXPECT_EQ(count_events(*store), acknowledged);
        EXPECT_TRUE(store->probe());
        EXPECT_FALSE(store->health().error.has_value()) << "well again";
    });
}

// A limit on the size of files refuses every write to files that are open already, as a failing disk does.
TEST_F(EmbeddedStoreTest, ADiskThatFailsIsNamedUntilItWorksAgain) {
    const auto store = open();
    ASSERT_TRUE(store->events().append({.kind = "a", .text = "b"}));
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_action = signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
    const auto refused = store->events().append({.kind = "a", .text = "c"});
    const auto probed = store->probe();
    const auto health = store->health();
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old_action);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::io) << refused.error().message();
    EXPECT_FALSE(probed) << "health checks see it, too";
    ASSERT_TRUE(health.error.has_value());
    EXPECT_EQ(health.failed_writes, 2U);
    EXPECT_EQ(count_events(*store), 1U) << "what is there can be read";
    EXPECT_TRUE(store->events().append({.kind = "a", .text = "d"}));
    EXPECT_FALSE(store->health().error.has_value()) << "well again";
    EXPECT_EQ(count_events(*store), 2U);
}

TEST_F(EmbeddedStoreTest, AFolderThatCannotBeWrittenIsNamed) {
    on_own_disk("size=4m", [&] {
        { EXPECT_TRUE(open()); }
        ASSERT_EQ(mount(nullptr, config().folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
        const auto store = EmbeddedStore::open(config());
        ASSERT_FALSE(store);
        EXPECT_EQ(store.error().code, ErrorCode::io);
        EXPECT_THAT(store.error().message(), HasSubstr("cannot be written"));
    });
}

TEST_F(EmbeddedStoreTest, AFileThatIsRemovedUnderItLosesNothing) {
    const model::Event event{.kind = "a", .text = "b"};
    {
        const auto store = open();
        ASSERT_TRUE(store->events().append(event));
        fs::remove_all(config().folder);
        const auto refused = store->events().append(event);
        ASSERT_FALSE(refused) << "it would be written where nobody finds it";
        EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
        EXPECT_EQ(count_events(*store), 1U) << "what is there can be read";
        const auto probed = store->probe();
        ASSERT_FALSE(probed);
        EXPECT_THAT(probed.error().what, HasSubstr("removed or replaced"));
        EXPECT_THAT(probed.error().hint, HasSubstr("state.db.rescued"));
        EXPECT_FALSE(store->probe()) << "and again";
    }
    const auto store = open();
    EXPECT_EQ(store->notes().size(), 1U);
    EXPECT_EQ(count_events(*store), 1U);
    EXPECT_TRUE(store->events().append(event));
    EXPECT_FALSE(fs::exists(config().folder / "state.db.rescued"));
}

TEST_F(EmbeddedStoreTest, AFileThatIsPutBackWorksOn) {
    const auto store = open();
    const fs::path file = config().folder / "state.db";
    fs::rename(file, file.string() + ".aside");
    EXPECT_FALSE(store->probe());
    EXPECT_TRUE(fs::exists(config().folder / "state.db.rescued"));
    fs::rename(file.string() + ".aside", file);
    EXPECT_TRUE(store->probe());
    EXPECT_FALSE(fs::exists(config().folder / "state.db.rescued"));
    EXPECT_TRUE(store->events().append({.kind = "a", .text = "b"}));
}

TEST_F(EmbeddedStoreTest, AFileThatAnotherProcessLocksIsUnavailableUntilItLetsGo) {
    const auto store = open();
    {
        sqlite::Connection other((config().folder / "state.db").string(), 0x2 /* SQLITE_OPEN_READWRITE */);
        other.execute("BEGIN IMMEDIATE");
        const auto refused = store->events().append({.kind = "a", .text = "b"});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << refused.error().message();
        ASSERT_TRUE(store->health().error.has_value());
        EXPECT_THAT(store->health().error->what, HasSubstr("another process has locked the store"));
    }
    EXPECT_TRUE(store->probe());
    EXPECT_FALSE(store->health().error.has_value());
}

TEST_F(EmbeddedStoreTest, DamageIsFoundAtTheStart) {
    {
        const auto store = open();
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(store->events().append({.kind = "a", .text = std::string(1000, 'x')}));
    }
    const fs::path file = config().folder / "state.db";
    const auto size = fs::file_size(file);
    ASSERT_GT(size, 100'000U);
    {
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
        bytes << std::string(4096, '\xa5');
    }
    const auto damaged = EmbeddedStore::open(config());
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, ErrorCode::corrupt);
    EXPECT_THAT(damaged.error().message(), HasSubstr("restore it from a backup"));
    EXPECT_THAT(damaged.error().where, HasSubstr("state.db"));
    fs::resize_file(file, size / 2);
    EXPECT_FALSE(EmbeddedStore::open(config())) << "half of it is missing";
    std::ofstream(file) << "this is no database, but a text that is long enough to be looked at";
    EXPECT_FALSE(EmbeddedStore::open(config()));
    EXPECT_EQ(fs::file_size(file), 67U) << "and nobody has written over it";
}

TEST_F(EmbeddedStoreTest, DamagedTrafficIsSetAside) {
    { EXPECT_TRUE(open()); }
    std::ofstream(config().folder / "traffic.db") << std::string(20'000, 'x');
    const auto store = open();
    ASSERT_EQ(store->notes().size(), 1U);
    EXPECT_THAT(store->notes()[0], HasSubstr("set aside"));
    EXPECT_TRUE(fs::exists(config().folder / "traffic.db.damaged"));
}

// Changes of several kinds, each told through the pipe once it is acknowledged.
void change_until_killed(const EmbeddedStoreConfig& config, int pipe) {
    auto store = EmbeddedStore::open(config);
    if (!store) _exit(2);
    base::SystemClock clock;
    tenancy::PolicyBoard board((*store)->tenancy());
    tenancy::DirectoryService directory({}, {(*store)->tenancy(), board, clock});
    const auto root = tenancy::platform_caller();
    const auto tenants = directory.tenants(root.scope, {}, 1000).value();
    for (std::uint64_t i = tenants.size() + 1;; ++i) {
        const auto tenant = directory.create_tenant(root, "t" + std::to_string(i), "T");
        if (!tenant) _exit(3);
        const auto prefix =
            net::Prefix::of(net::Address::v4(0x0a000000U + (static_cast<std::uint32_t>(i) << 8U)), 24);
        if (!directory.create_prefix(root, {tenant->id, {}, prefix, model::ConsentMode::ask, 0})) _exit(4);
        if (!directory.set_consent(root, prefix, 1, model::ConsentMode::automatic, "signed")) _exit(5);
        if (::write(pipe, &i, sizeof i) != sizeof i) _exit(0);
    }
}

TEST_F(EmbeddedStoreTest, KillsInTheMiddleLoseNothingAcknowledged) {
    base::SeededRandom random(11);
    std::set<std::string> promised;
    for (int round = 0; round < 5; ++round) {
        std::array<int, 2> ends{};
        ASSERT_EQ(pipe(ends.data()), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) change_until_killed(config(), ends[1]);
        close(ends[1]);
        const std::uint64_t enough = 3 + random.next() % 20;
        std::uint64_t acknowledged = 0;
        std::uint64_t seen = 0;
        const auto next = [&] {
            if (::read(ends[0], &acknowledged, sizeof acknowledged) != sizeof acknowledged) return false;
            promised.insert("t" + std::to_string(acknowledged));
            return true;
        };
        while (seen < enough && next()) ++seen;
        usleep(static_cast<useconds_t>(random.next() % 3000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        while (next()) {
        }
        close(ends[0]);
        ASSERT_EQ(seen, enough) << "round " << round;

        const auto store = open();
        base::SystemClock clock;
        tenancy::PolicyBoard board(store->tenancy());
        ASSERT_TRUE(board.load());
        const auto state = board.current();
        std::size_t found = 0;
        for (const auto& tenant : state->tenants) {
            if (!promised.contains(tenant->tenant.slug)) continue;
            ++found;
            ASSERT_EQ(tenant->prefixes.size(), 1U);
            EXPECT_EQ(tenant->prefixes[0].consent, model::ConsentMode::automatic);
        }
        EXPECT_EQ(found, promised.size());
        EXPECT_LE(state->tenants.size(), promised.size() + static_cast<std::size_t>(round) + 1)
            << "one in the middle a round";
        const auto verified = tenancy::AuditLog({store->tenancy(), clock}).verify().value();
        EXPECT_TRUE(verified.intact);
        EXPECT_EQ(verified.entries + 1, state->version) << "every change has its entry";
    }
}

TEST_F(EmbeddedStoreTest, AHandInTheAuditLogIsSeen) {
    const auto verified_after = [&](const char* sql) {
        fs::remove_all(config().folder);
        {
            const auto store = open();
            base::ManualClock clock;
            tenancy::AuditLog audit({store->tenancy(), clock});
            for (int i = 0; i < 10; ++i)
                EXPECT_TRUE(
                    audit.record(tenancy::platform_caller(), {{}, "test", std::to_string(i), "", "", ""}));
        }
        {
            auto database =
                sqlite::Database::open({.file = config().folder / "state.db"}, sqlite::state_migrations())
                    .value();
            EXPECT_TRUE(database->write([&](sqlite::Connection& connection) -> base::Status {
                connection.execute("DROP TRIGGER audit_stays; DROP TRIGGER audit_is_final");
                connection.execute(sql);
                return {};
            }));
        }
        const auto store = open();
        base::ManualClock clock;
        return tenancy::AuditLog({store->tenancy(), clock}).verify().value();
    };
    EXPECT_TRUE(verified_after("SELECT 1").intact);
    EXPECT_EQ(verified_after("UPDATE audit SET object = 'other' WHERE id = 4").first_broken.value(), 4U);
    EXPECT_EQ(verified_after("UPDATE audit SET actor = 'eve' WHERE id = 10").first_broken.value(), 10U);
    EXPECT_EQ(verified_after("DELETE FROM audit WHERE id = 6").first_broken.value(), 6U);
    EXPECT_EQ(verified_after("DELETE FROM audit WHERE id > 7").first_broken.value(), 8U) << "a cut-off end";
    EXPECT_FALSE(verified_after("DELETE FROM audit").intact);
}

TEST_F(EmbeddedStoreTest, AuditEntriesAreNotChangedByMistake) {
    {
        const auto store = open();
        base::ManualClock clock;
        EXPECT_TRUE(tenancy::AuditLog({store->tenancy(), clock})
                        .record(tenancy::platform_caller(), {{}, "test", "", "", "", ""}));
    }
    auto database =
        sqlite::Database::open({.file = config().folder / "state.db"}, sqlite::state_migrations()).value();
    for (const char* sql : {"UPDATE audit SET actor = 'eve'", "DELETE FROM audit"}) {
        const auto status = database->write([&](sqlite::Connection& connection) -> base::Status {
            connection.execute(sql);
            return {};
        });
        EXPECT_FALSE(status) << sql;
    }
}

}  // namespace
}  // namespace sluice::store
