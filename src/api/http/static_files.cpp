#include "api/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>

#include "api/etag.hpp"
#include "api/problem.hpp"

namespace sluice::api::http {
namespace {

namespace fs = std::filesystem;

struct FileType {
    std::string_view extension;
    std::string_view content_type;
};
constexpr std::array<FileType, 16> file_types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".wasm", "application/wasm"},
}};

std::string content_type_of(const std::string& extension) {
    for (const auto& type : file_types) {
        if (type.extension == extension) return std::string(type.content_type);
    }
    return "application/octet-stream";
}

// "main-B4f9a1c2.js": a build tool has put the hash of the content into the name.
bool has_hash(const std::string& stem) {
    const auto dash = stem.find_last_of("-.");
    if (dash == std::string::npos || stem.size() - dash - 1 < 8) return false;
    const std::string_view hash = std::string_view(stem).substr(dash + 1);
    return std::ranges::all_of(hash, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }) &&
           std::ranges::any_of(hash,
                               [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; });
}

bool accepts(const Request& request, std::string_view encoding) {
    const auto* accepted = request.header("accept-encoding");
    if (accepted == nullptr) return false;
    const auto at = accepted->find(encoding);
    if (at == std::string::npos) return false;
    const auto rest = accepted->substr(at + encoding.size(), 5);
    return !rest.starts_with(";q=0") || rest.starts_with(";q=0.");
}

}  // namespace

base::Result<StaticFiles::Files> StaticFiles::read_all() const {
    Files files;
    std::size_t bytes = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator it(root_, error), end; !error && it != end; it.increment(error)) {
        if (!it->is_regular_file()) continue;
        std::ifstream in(it->path(), std::ios::binary);
        auto content = std::make_shared<std::string>(std::istreambuf_iterator<char>(in),
                                                     std::istreambuf_iterator<char>());
        if (!in.good() && !in.eof())
            return base::fail(base::ErrorCode::io, "can not be read", it->path(), "check its permissions");
        bytes += content->size();
        if (bytes > limits_.max_bytes || files.size() >= limits_.max_files) {
            return base::fail(base::ErrorCode::exhausted, "there are too many or too large files", root_,
                              "point portal_directory to the built portal only");
        }
        fs::path name = it->path();
        const auto encoding = name.extension();
        if (encoding == ".br" || encoding == ".gz") name.replace_extension();
        File& file = files["/" + fs::relative(name, root_, error).generic_string()];
        if (encoding == ".br") {
            file.brotli = content;
        } else if (encoding == ".gz") {
            file.gzip = content;
        } else {
            file.content_type = content_type_of(name.extension());
            file.immutable = has_hash(name.stem());
            file.etag = etag_of(*content);
            file.plain = content;
        }
    }
    if (error) {
        return base::fail(base::ErrorCode::io, "the portal's directory can not be read: " + error.message(),
                          root_, "build the portal, or leave portal_directory out");
    }
    std::erase_if(files, [](const auto& entry) { return entry.second.plain == nullptr; });
    return files;
}

base::Status StaticFiles::load() {
    auto files = read_all();
    if (!files) return std::unexpected(files.error());
    std::error_code error;
    const auto time = fs::last_write_time(root_ / "index.html", error);
    const std::lock_guard lock(mutex_);
    files_ = std::make_shared<const Files>(std::move(*files));
    index_time_ = time;
    return {};
}

std::shared_ptr<const StaticFiles::Files> StaticFiles::current() {
    const std::lock_guard lock(mutex_);
    return files_;
}

// A newly built portal is served without a restart.
void StaticFiles::load_if_changed() {
    std::error_code error;
    const auto time = fs::last_write_time(root_ / "index.html", error);
    if (error) return;
    {
        const std::lock_guard lock(mutex_);
        if (time == index_time_) return;
        index_time_ = time;
    }
    (void)load();  // a half-written directory: the old files stay, and the next change is read again
}

Response StaticFiles::answer(const Request& request) {
    auto files = current();
    auto found = files ? files->find(request.path) : Files::const_iterator{};
    if (!files || found == files->end() || request.path == "/index.html") {
        load_if_changed();  // only a page asks the disk: one stat a page load
        files = current();
        if (!files) return to_response(Problem::not_found());
        found = files->find(request.path);
        const auto last = std::string_view(request.path).substr(request.path.rfind('/'));
        if (found == files->end() && last.find('.') == std::string_view::npos)
            found = files->find("/index.html");
        if (found == files->end()) return to_response(Problem::not_found());
    }
    const File& file = found->second;
    Response response;
    response.content_type = file.content_type;
    response.with("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    response.with("Vary", "Accept-Encoding").with("ETag", file.etag);
    if (const auto* known = request.header("if-none-match");
        known != nullptr && matches_etag(*known, file.etag)) {
        response.status = 304;
        response.content_type.clear();
        return response;
    }
    response.shared_body = file.plain;
    if (file.brotli && accepts(request, "br")) {
        response.shared_body = file.brotli;
        response.with("Content-Encoding", "br");
    } else if (file.gzip && accepts(request, "gzip")) {
        response.shared_body = file.gzip;
        response.with("Content-Encoding", "gzip");
    }
    return response;
}

}  // namespace sluice::api::http
