// The operator's tables of countries and reputations: files of the machine that are read at the start and
// again whenever they change: a gateway's while packets run, the controller's to answer questions by. A file
// that is wrong, or gone, changes nothing: the table from before stays in force, and trouble() says so until
// the file is right.
//
// A thread of its own reads; a table of a million lines takes about a second.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "dataplane/attributes/attribute_table.hpp"
#include "policy/node.hpp"

namespace sluice::apps::tables {

class AttributeFiles {
  public:
    struct Config {
        std::optional<std::filesystem::path> countries;  // none: there is no such table
        std::optional<std::filesystem::path> reputations;
        std::uint32_t check_every_ms = 10'000;
    };
    struct Dependencies {
        std::function<void(dataplane::attributes::Tables)> take;  // the files' own thread, or start()'s
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
        std::string process = "gateway";  // in the metrics' names
    };

    AttributeFiles(Config config, Dependencies dependencies);
    ~AttributeFiles();  // stops

    // Reads what is there, and goes on looking. Never fails: a gateway without its tables is better than
    // none.
    void start();
    void stop();
    // One look at both files. What the thread does.
    void check();

    // For people; empty: every table that is configured is in force as its file has it. Any thread.
    [[nodiscard]] std::string trouble() const;

  private:
    // What tells that a file is another one.
    struct Stamp {
        std::int64_t changed_s = 0;
        std::int64_t changed_ns = 0;
        std::uintmax_t size = 0;
        std::uint64_t inode = 0;

        bool operator==(const Stamp&) const = default;
    };
    template <class Table>
    struct File {
        const char* what;  // "countries"
        std::optional<std::filesystem::path> path;
        std::optional<Stamp> seen;  // none: it was not there, or was not looked at yet
        bool looked = false;
        std::shared_ptr<const Table> table;
        base::Timestamp read_at{};
        base::Timestamp edition{};  // when the file was written that the table is of
        std::string trouble;
    };
    // True when there is another table now.
    template <class Table, class Read>
    bool look(File<Table>& file, Read&& read);
    template <class Table>
    void refuse(File<Table>& file, const std::string& why);
    template <class Table>
    void tell(const File<Table>& file);
    [[nodiscard]] std::string metric(const char* name) const;
    void run();

    Config config_;
    Dependencies deps_;
    File<dataplane::attributes::CountryTable> countries_;
    File<dataplane::attributes::ReputationTable> reputations_;
    mutable std::mutex mutex_;  // of the two below
    std::condition_variable wake_;
    std::string trouble_;
    bool stopping_ = false;
    std::thread thread_;
};

// A process' `attributes:`; absent: no tables.
[[nodiscard]] base::Result<AttributeFiles::Config> read_attribute_section(const policy::Node& attributes);

}  // namespace sluice::apps::tables
