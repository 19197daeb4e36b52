#include "apps/gateway/log_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace sluice::apps::gateway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class File : public ::testing::Test {
  protected:
    File() { fs::create_directories(folder_); }
    ~File() override { fs::remove_all(folder_); }
    [[nodiscard]] std::string text(const std::string& name) const {
        std::ifstream in(folder_ / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
    }

    fs::path folder_ = fs::temp_directory_path() / ("sluice-log-" + std::to_string(::getpid()));
    base::ManualClock clock_{std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now())};
    LogFile::Config config_{.path = folder_ / "nat.jsonl", .rotate_bytes = 20, .keep = 2};
};

TEST_F(File, AFullOneIsBegunAnewAndTheOldestGoes) {
    LogFile file(config_, clock_);
    for (const char* line : {"first 123456\n", "second 12345\n", "third 123456\n", "fourth 12345\n"})
        ASSERT_TRUE(file.append(line));
    EXPECT_EQ(text("nat.jsonl"), "fourth 12345\n");
    EXPECT_EQ(text("nat.jsonl.1"), "third 123456\n");
    EXPECT_EQ(text("nat.jsonl.2"), "second 12345\n");
    EXPECT_EQ(files(), 3U);
    ASSERT_TRUE(file.append("longer than a whole file may be\n")) << "a line is never cut";
    EXPECT_EQ(text("nat.jsonl"), "longer than a whole file may be\n");
}

TEST_F(File, AnOldOneIsBegunAnew) {
    config_.rotate_bytes = 1000;
    config_.rotate_after = 1h;
    LogFile file(config_, clock_);
    ASSERT_TRUE(file.append("a\n"));
    clock_.advance(59min);
    ASSERT_TRUE(file.append("b\n"));
    clock_.advance(1min);
    ASSERT_TRUE(file.append("c\n"));
    EXPECT_EQ(text("nat.jsonl"), "c\n");
    EXPECT_EQ(text("nat.jsonl.1"), "a\nb\n");
}

TEST_F(File, AnotherProcessGoesOnWhereTheLastOneEnded) {
    { ASSERT_TRUE(LogFile(config_, clock_).append("one\n")); }
    { ASSERT_TRUE(LogFile(config_, clock_).append("two\n")); }
    EXPECT_EQ(text("nat.jsonl"), "one\ntwo\n");
}

TEST_F(File, WithoutRoomForOldOnesThereIsOnlyThePresentOne) {
    config_.keep = 0;
    LogFile file(config_, clock_);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(file.append("123456789012345\n"));
    EXPECT_EQ(files(), 1U);
}

TEST_F(File, AFullDiskIsSaidAndThereIsAWayBack) {
    config_.path = "/dev/full";
    LogFile full(config_, clock_);
    const auto refused = full.append("lost\n");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("No space left"), std::string::npos)
        << refused.error().message();

    config_.path = folder_ / "not-yet" / "nat.jsonl";
    LogFile file(config_, clock_);
    EXPECT_FALSE(file.append("lost\n"));
    fs::create_directories(folder_ / "not-yet");
    EXPECT_TRUE(file.append("kept\n"));
    EXPECT_EQ(text("not-yet/nat.jsonl"), "kept\n");
}

}  // namespace
}  // namespace sluice::apps::gateway
