#include "apps/collector/baseline_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace sluice::apps::collector {
namespace {

constexpr std::uintmax_t largest_file = 256U << 20U;

std::unexpected<base::Error> refuse(const std::filesystem::path& path, const std::string& what) {
    return base::fail(base::ErrorCode::io, what + ": " + std::strerror(errno), path.string(),
                      "the folder must exist, be writable and have room");
}

bool write_all(int file, const std::string& text) {
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t n = ::write(file, text.data() + written, text.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        written += static_cast<std::size_t>(n);
    }
    return true;
}

}  // namespace

base::Result<std::optional<std::string>> BaselineFile::load() {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_, error);
    if (error == std::errc::no_such_file_or_directory) return std::nullopt;
    std::ifstream in(path_, std::ios::binary);
    if (error || !in || size > largest_file) return refuse(path_, "cannot read the baselines");
    return std::string(std::istreambuf_iterator<char>(in), {});
}

base::Status BaselineFile::save(const std::string& text) {
    const std::string beside = path_.string() + ".new";
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0) return refuse(path_, "cannot write the baselines");
    const bool written = write_all(file, text) && ::fsync(file) == 0;
    ::close(file);
    if (!written) return refuse(path_, "cannot write the baselines");
    if (::rename(beside.c_str(), path_.c_str()) != 0) return refuse(path_, "cannot replace the baselines");
    return {};
}

}  // namespace sluice::apps::collector
