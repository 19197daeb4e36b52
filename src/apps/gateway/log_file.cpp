#include "apps/gateway/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace sluice::apps::gateway {

LogFile::LogFile(Config config, const base::Clock& clock) : config_(std::move(config)), clock_(clock) {}

LogFile::~LogFile() {
    close();
}

std::unexpected<base::Error> LogFile::failed(const char* what) const {
    return base::fail(base::ErrorCode::io, std::string(what) + ": " + std::strerror(errno),
                      config_.path.string(), "the folder must exist, be writable and have room");
}

std::filesystem::path LogFile::old(std::uint32_t number) const {
    return config_.path.string() + "." + std::to_string(number);
}

base::Status LogFile::open() {
    file_ = ::open(config_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file_ < 0) return failed("cannot open the log");
    struct stat found {};
    if (::fstat(file_, &found) != 0) {
        const auto error = failed("cannot look at the log");
        close();
        return error;
    }
    size_ = static_cast<std::uint64_t>(found.st_size);
    // The age of a file that an earlier process began is that of its last line: nobody says when it began.
    begun_at_ = size_ == 0 ? clock_.wall() : base::Timestamp{std::chrono::seconds(found.st_mtim.tv_sec)};
    return {};
}

void LogFile::close() {
    if (file_ < 0) return;
    if (unsynced_) (void)::fdatasync(file_);
    ::close(std::exchange(file_, -1));
    unsynced_ = false;
}

base::Status LogFile::rotate() {
    close();
    std::error_code error;
    if (config_.keep == 0) {
        std::filesystem::remove(config_.path, error);
    } else {
        std::filesystem::remove(old(config_.keep), error);
        // A number that is not there is no error.
        for (std::uint32_t n = config_.keep; n > 1; --n) std::filesystem::rename(old(n - 1), old(n), error);
        std::filesystem::rename(config_.path, old(1), error);
        if (error) {
            errno = error.value();
            return failed("cannot rename the full log");
        }
    }
    return open();
}

base::Status LogFile::append(std::string_view lines) {
    if (file_ < 0) {
        if (auto opened = open(); !opened) return opened;
    }
    const bool full = size_ + lines.size() > config_.rotate_bytes;
    if (size_ != 0 && (full || clock_.wall() - begun_at_ >= config_.rotate_after)) {
        if (auto rotated = rotate(); !rotated) return rotated;
    }
    std::size_t written = 0;
    while (written < lines.size()) {
        const ssize_t n = ::write(file_, lines.data() + written, lines.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            const auto error = failed("cannot write the log");
            // Half a line would make the next one unreadable.
            if (written != 0) (void)::ftruncate(file_, static_cast<off_t>(size_));
            close();
            return error;
        }
        written += static_cast<std::size_t>(n);
    }
    size_ += lines.size();
    unsynced_ = true;
    return sync();
}

base::Status LogFile::sync() {
    if (!unsynced_ || clock_.now() - synced_at_ < config_.sync_every) return {};
    synced_at_ = clock_.now();
    unsynced_ = false;
    // Not every kind of file can be synced (a pipe, a terminal); only a disk that fails is one.
    if (::fdatasync(file_) != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
        return failed("cannot sync the log");
    return {};
}

}  // namespace sluice::apps::gateway
