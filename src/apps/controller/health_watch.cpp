#include "apps/controller/health_watch.hpp"

#include <fmt/format.h>

#include <cctype>
#include <utility>

namespace sluice::apps::controller {

using api::system::Alarm;
using api::system::Severity;

namespace {

std::string sentence_of(std::string hint) {
    hint.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(hint.front())));
    return hint + ".";
}

}  // namespace

HealthWatch::HealthWatch(Config config, const api::system::PlatformHealth& health,
                         api::system::AlarmBoard& alarms, FreeBytes free_bytes)
    : config_(std::move(config)), health_(health), alarms_(alarms), free_bytes_(std::move(free_bytes)) {}

void HealthWatch::step() {
    watch_collectors();
    watch_gateways();
    watch_disk();
}

// Silent gateways are watched where their diversions are.
void HealthWatch::watch_gateways() {
    for (const auto& gateway : health_.gateways()) {
        alarms_.set(gateway.up && !gateway.trouble.empty(),
                    {"gateway-trouble",
                     gateway.name,
                     Severity::critical,
                     fmt::format("The gateway {} says: {}.", gateway.name, gateway.trouble),
                     "Look at the disk there and at sluice-gateway's log; packets go on meanwhile.",
                     {},
                     {}});
    }
}

void HealthWatch::watch_collectors() {
    for (const auto& collector : health_.collectors()) {
        alarms_.set(
            !collector.up,
            {"collector-silent",
             collector.name,
             Severity::critical,
             fmt::format("The collector {} does not report; attacks that only it sees are not found.",
                         collector.name),
             "Look whether sluice-collector runs there (systemctl status sluice-collector) and reaches this "
             "controller's link port.",
             {},
             {}});
    }
}

void HealthWatch::watch_disk() {
    const auto free = free_bytes_(config_.data_directory);
    const std::string directory = config_.data_directory;
    if (!free) {
        alarms_.raise({"disk-full",
                       directory,
                       Severity::critical,
                       "The data directory can not be looked at: " + free.error().message() + ".",
                       "Check that it is mounted and readable.",
                       {},
                       {}});
        return;
    }
    alarms_.set(
        *free < config_.disk_reserve_bytes,
        {"disk-full",
         directory,
         Severity::critical,
         fmt::format("Only {} MiB are free where {} is; when it is full, nothing can be changed any more.",
                     *free >> 20U, directory),
         "Make room there; nothing of Sluice's own needs to be removed by hand.",
         {},
         {}});
}

void HealthWatch::on_store(const std::string& what, const base::Status& status) {
    if (status) {
        alarms_.clear("store-failed", what);
        return;
    }
    base::Error error = status.error();
    const std::string hint = std::exchange(error.hint, {});
    alarms_.raise({"store-failed",
                   what,
                   Severity::critical,
                   fmt::format("The store can not keep {}: {}.", what, error.message()),
                   hint.empty() ? "Look at the disk and at the controller's log." : sentence_of(hint),
                   {},
                   {}});
}

base::Result<std::uint64_t> free_bytes_of(const std::filesystem::path& path) {
    std::error_code error;
    const auto space = std::filesystem::space(path, error);
    if (error) return base::fail(base::ErrorCode::io, error.message(), path);
    return space.available;
}

}  // namespace sluice::apps::controller
