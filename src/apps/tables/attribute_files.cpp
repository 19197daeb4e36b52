#include "apps/tables/attribute_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/time_text.hpp"
#include "dataplane/attributes/attribute_file.hpp"

namespace sluice::apps::tables {
namespace {

namespace fs = std::filesystem;
namespace attributes = dataplane::attributes;

base::MetricLabels of_table(const char* what) {
    return {{"table", what}};
}

base::Result<std::string> read_all(const fs::path& path, std::uintmax_t size) {
    if (size > attributes::most_file_bytes) {
        return base::fail(base::ErrorCode::exhausted, fmt::format("{} bytes", size), path.string(),
                          fmt::format("a table may have {}", attributes::most_file_bytes));
    }
    std::ifstream in(path, std::ios::binary);
    std::string text(size, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(size));
    if (!in) {
        return base::fail(base::ErrorCode::io, "the file can not be read", path.string(),
                          "look at its permissions; put a new one in its place by renaming it");
    }
    return text;
}

}  // namespace

AttributeFiles::AttributeFiles(Config config, Dependencies dependencies)
    : config_(std::move(config)),
      deps_(std::move(dependencies)),
      countries_{.what = "countries", .path = config_.countries, .seen = {}, .table = {}, .trouble = {}},
      reputations_{
          .what = "reputations", .path = config_.reputations, .seen = {}, .table = {}, .trouble = {}} {}

AttributeFiles::~AttributeFiles() {
    stop();
}

void AttributeFiles::start() {
    if (!config_.countries && !config_.reputations) return;
    check();
    thread_ = std::thread([this] { run(); });
}

void AttributeFiles::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void AttributeFiles::run() {
    std::unique_lock lock(mutex_);
    const auto pause = std::chrono::milliseconds(config_.check_every_ms);
    while (!wake_.wait_for(lock, pause, [this] { return stopping_; })) {
        lock.unlock();
        check();
        lock.lock();
    }
}

void AttributeFiles::check() {
    const bool countries = look(countries_, [](const std::string& text, const std::string& name) {
        return attributes::read_countries(text, name);
    });
    const bool reputations = look(reputations_, [](const std::string& text, const std::string& name) {
        return attributes::read_reputations(text, name);
    });
    if (countries || reputations)
        deps_.take({countries_.table, reputations_.table, {countries_.edition, reputations_.edition}});
    const bool both = !countries_.trouble.empty() && !reputations_.trouble.empty();
    const std::lock_guard lock(mutex_);
    trouble_ = countries_.trouble + (both ? "; " : "") + reputations_.trouble;
}

template <class Table, class Read>
bool AttributeFiles::look(File<Table>& file, Read&& read) {
    if (!file.path) return false;
    struct stat status {};
    std::optional<Stamp> stamp;
    if (::stat(file.path->c_str(), &status) == 0) {
        stamp = Stamp{status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                      static_cast<std::uintmax_t>(status.st_size), status.st_ino};
    }
    const int error = stamp ? 0 : errno;
    if (file.looked && stamp == file.seen) return false;
    file.looked = true;
    file.seen = stamp;
    if (!stamp) {
        refuse(file, fmt::format("{}: {}", file.path->string(), std::strerror(error)));
        return false;
    }
    const auto text = read_all(*file.path, stamp->size);
    auto table = text ? read(*text, file.path->string()) : std::unexpected(text.error());
    if (!table) {
        refuse(file, table.error().message());
        return false;
    }
    file.table = std::make_shared<const Table>(std::move(*table));
    file.read_at = deps_.clock.wall();
    file.edition = base::Timestamp(std::chrono::seconds(stamp->changed_s));
    file.trouble.clear();
    tell(file);
    return true;
}

template <class Table>
void AttributeFiles::tell(const File<Table>& file) {
    deps_.log.info(fmt::format("the table of {} is in force", file.what),
                   {{"file", file.path->string()},
                    {"written", base::to_rfc3339(file.edition)},
                    {"prefixes", std::to_string(file.table->size())},
                    {"bytes", std::to_string(file.table->bytes())}});
    auto& metrics = deps_.metrics;
    metrics.counter(metric("loads_total"), "Tables that were read and put in force", of_table(file.what))
        .add(1);
    metrics.gauge(metric("prefixes"), "Prefixes in the table", of_table(file.what))
        .set(static_cast<double>(file.table->size()));
    metrics.gauge(metric("bytes"), "Memory of the table", of_table(file.what))
        .set(static_cast<double>(file.table->bytes()));
    metrics.gauge(metric("read_seconds"), "When it was read, in seconds since 1970", of_table(file.what))
        .set(static_cast<double>(file.read_at.time_since_epoch().count()) / 1e9);
    metrics.gauge(metric("failing"), "1: the file is wrong or gone", of_table(file.what)).set(0);
}

std::string AttributeFiles::metric(const char* name) const {
    return fmt::format("sluice_{}_attribute_{}", deps_.process, name);
}

template <class Table>
void AttributeFiles::refuse(File<Table>& file, const std::string& why) {
    file.trouble = file.table == nullptr ? fmt::format("there is no table of {}: {}", file.what, why)
                                         : fmt::format("the table of {} stays as it was read at {}: {}",
                                                       file.what, base::to_rfc3339(file.read_at), why);
    deps_.log.error(file.trouble);
    deps_.metrics.counter(metric("load_failures_total"), "Files that were wrong or gone", of_table(file.what))
        .add(1);
    deps_.metrics.gauge(metric("failing"), "1: the file is wrong or gone", of_table(file.what)).set(1);
}

std::string AttributeFiles::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

base::Result<AttributeFiles::Config> read_attribute_section(const policy::Node& attributes) {
    AttributeFiles::Config config;
    if (!attributes) return config;
    if (attributes.has("countries")) config.countries = attributes.get<std::string>("countries");
    if (attributes.has("reputations")) config.reputations = attributes.get<std::string>("reputations");
    if (!config.countries && !config.reputations) {
        return std::unexpected(attributes.error("names no table", "name a file of countries or reputations"));
    }
    if (config.countries == config.reputations) {
        return std::unexpected(
            attributes.at("reputations").error("two tables in one file", "give each a file of its own"));
    }
    if (const policy::Node every = attributes.at("check_every")) {
        const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(every.as<base::Duration>());
        if (pause < std::chrono::seconds(1) || pause > std::chrono::hours(24)) {
            return std::unexpected(every.error("check_every is too short or too long", "write 1 s to 24 h"));
        }
        config.check_every_ms = static_cast<std::uint32_t>(pause.count());
    }
    return config;
}

}  // namespace sluice::apps::tables
