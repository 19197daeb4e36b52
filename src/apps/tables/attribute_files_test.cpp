#include "apps/tables/attribute_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "base/log.hpp"

namespace sluice::apps::tables {
namespace {

namespace fs = std::filesystem;
using dataplane::attributes::Tables;

class Files : public ::testing::Test {
  protected:
    Files() : folder_(fs::temp_directory_path() / ("sluice-attributes-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
        config_.countries = folder_ / "countries.csv";
        config_.reputations = folder_ / "reputations.csv";
    }
    ~Files() override { fs::remove_all(folder_); }

    // As an operator does it: nobody ever reads half a file.
    void put(const char* name, const std::string& text) {
        std::ofstream(folder_ / "new", std::ios::binary) << text;
        fs::rename(folder_ / "new", folder_ / name);
    }
    AttributeFiles::Dependencies dependencies() {
        return {[this](Tables tables) { taken_.push_back(std::move(tables)); }, clock_,
                base::Logger(base::null_sink(), clock_, "test"), registry_};
    }
    std::string country(const char* address) const {
        const auto& table = taken_.back().countries;
        return dataplane::attributes::country_name(table->find(net::Address::parse(address).value()));
    }

    fs::path folder_;
    AttributeFiles::Config config_;
    base::ManualClock clock_;
    base::MetricRegistry registry_;
    std::vector<Tables> taken_;
};

}  // namespace

TEST_F(Files, AreReadAtTheStartAndWhenTheyChange) {
    put("countries.csv", "prefix,country\n192.0.2.0/24,DE\n");
    put("reputations.csv", "prefix,tags\n192.0.2.0/25,botnet\n");
    AttributeFiles files(config_, dependencies());
    files.check();
    ASSERT_EQ(taken_.size(), 1U) << "both at once";
    EXPECT_EQ(country("192.0.2.1"), "DE");
    EXPECT_EQ(taken_[0].reputations->size(), 1U);
    EXPECT_EQ(files.trouble(), "");
    const auto age = base::SystemClock().wall() - taken_[0].editions.countries;
    EXPECT_GE(age, std::chrono::seconds(-1)) << "the file's own time, not the clock's";
    EXPECT_LT(age, std::chrono::minutes(5));
    files.check();
    EXPECT_EQ(taken_.size(), 1U) << "nothing has changed";

    put("countries.csv", "prefix,country\n192.0.2.0/24,AT\n");
    files.check();
    ASSERT_EQ(taken_.size(), 2U);
    EXPECT_EQ(country("192.0.2.1"), "AT");
    EXPECT_EQ(taken_[1].reputations, taken_[0].reputations) << "the other one is not read again";
}

TEST_F(Files, AWrongFileLeavesTheOldTableInForceAndIsSaid) {
    put("countries.csv", "prefix,country\n192.0.2.0/24,DE\n");
    put("reputations.csv", "prefix,tags\n");
    AttributeFiles files(config_, dependencies());
    files.check();
    put("countries.csv", "prefix,country\n192.0.2.0/24,DE\n192.0.2.0/24,AT\n");
    files.check();
    EXPECT_EQ(taken_.size(), 1U);
    EXPECT_NE(files.trouble().find("the table of countries stays as it was read at"), std::string::npos);
    EXPECT_NE(files.trouble().find("countries.csv:3: the prefix stands in line 2, too"), std::string::npos)
        << files.trouble();
    fs::remove(*config_.countries);
    files.check();
    EXPECT_NE(files.trouble().find("No such file"), std::string::npos) << files.trouble();
    put("countries.csv", "prefix,country\n192.0.2.0/24,AT\n");
    files.check();
    EXPECT_EQ(files.trouble(), "");
    ASSERT_EQ(taken_.size(), 2U);
    EXPECT_EQ(country("192.0.2.1"), "AT");
}

TEST_F(Files, WhatIsNotThereYetIsTakenWhenItComes) {
    config_.reputations.reset();
    config_.check_every_ms = 5;
    AttributeFiles files(config_, dependencies());
    files.start();
    EXPECT_NE(files.trouble().find("there is no table of countries"), std::string::npos);
    put("countries.csv", "prefix,country\n192.0.2.0/24,DE\n");
    for (int i = 0; i < 1000 && !files.trouble().empty(); ++i) ::usleep(5'000);
    files.stop();
    ASSERT_EQ(taken_.size(), 1U);
    EXPECT_EQ(taken_[0].reputations, nullptr);
    EXPECT_EQ(country("192.0.2.1"), "DE");
}

TEST_F(Files, WithoutAnyNothingIsDone) {
    AttributeFiles files({}, dependencies());
    files.start();
    files.check();
    EXPECT_TRUE(taken_.empty());
    EXPECT_EQ(files.trouble(), "");
}

}  // namespace sluice::apps::tables
