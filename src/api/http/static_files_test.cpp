#include "api/http/static_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <fstream>

namespace sluice::api::http {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
  protected:
    void SetUp() override {
        fs::create_directories(root_ / "assets");
        write("index.html", "<html>1</html>");
        write("assets/main-B4f9a1c2.js", "code");
        write("assets/main-B4f9a1c2.js.br", "brotli");
        write("assets/main-B4f9a1c2.js.gz", "gzip");
        write("favicon.ico", "icon");
        ASSERT_TRUE(files_.load());
    }
    void TearDown() override { fs::remove_all(root_); }
    void write(const fs::path& name, const std::string& content) { std::ofstream(root_ / name) << content; }
    Response get(const std::string& path, std::vector<NameValue> headers = {}) {
        Request request;
        request.path = path;
        request.headers = std::move(headers);
        return files_.answer(request);
    }

    fs::path root_ = fs::temp_directory_path() / ("sluice-files-" + std::to_string(::getpid()));
    StaticFiles files_{root_};
};

TEST_F(Files, HaveTypesAndCaching) {
    const auto index = get("/");
    EXPECT_EQ(*index.shared_body, "<html>1</html>");
    EXPECT_EQ(index.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(*index.header("Cache-Control"), "no-cache");
    const auto script = get("/assets/main-B4f9a1c2.js");
    EXPECT_EQ(*script.shared_body, "code");
    EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
    EXPECT_EQ(*script.header("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(*get("/favicon.ico").header("Cache-Control"), "no-cache");
}

TEST_F(Files, ComeInTheBestEncoding) {
    const auto brotli = get("/assets/main-B4f9a1c2.js", {{"accept-encoding", "gzip, deflate, br"}});
    EXPECT_EQ(*brotli.shared_body, "brotli");
    EXPECT_EQ(*brotli.header("Content-Encoding"), "br");
    EXPECT_EQ(*get("/assets/main-B4f9a1c2.js", {{"accept-encoding", "gzip"}}).shared_body, "gzip");
    EXPECT_EQ(*get("/assets/main-B4f9a1c2.js", {{"accept-encoding", "br;q=0, gzip"}}).shared_body, "gzip");
    EXPECT_EQ(*get("/index.html", {{"accept-encoding", "br"}}).shared_body, "<html>1</html>");
}

TEST_F(Files, AreNotSentAgain) {
    const auto first = get("/");
    const auto again = get("/", {{"if-none-match", *first.header("ETag")}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.shared_body, nullptr);
}

TEST_F(Files, APageOfThePortalIsTheIndex) {
    EXPECT_EQ(*get("/incidents/incident-40").shared_body, "<html>1</html>");
    EXPECT_EQ(get("/assets/gone-B4f9a1c2.js").status, 404);
}

TEST_F(Files, NothingOutsideIsServed) {
    write("../sluice-outside", "secret");
    for (const auto* path : {"/../sluice-outside.x", "/..%2fsluice-outside.x", "/../../../../../etc/passwd.x",
                             "//etc/hosts.x"}) {
        EXPECT_EQ(get(path).status, 404) << path;
    }
    fs::remove(root_ / "../sluice-outside");
}

TEST_F(Files, ANewBuildIsServedWithoutARestart) {
    write("index.html", "<html>2</html>");
    fs::last_write_time(root_ / "index.html", fs::file_time_type::clock::now() + std::chrono::seconds(5));
    EXPECT_EQ(*get("/").shared_body, "<html>2</html>");
}

TEST(FilesLimits, AreKept) {
    EXPECT_FALSE(StaticFiles("/nonexistent/portal").load());
    const fs::path root = fs::temp_directory_path() / ("sluice-many-" + std::to_string(::getpid()));
    fs::create_directories(root);
    for (int i = 0; i < 5; ++i) std::ofstream(root / std::to_string(i)) << i;
    const auto loaded = StaticFiles(root, {.max_files = 3}).load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, base::ErrorCode::exhausted);
    fs::remove_all(root);
}

}  // namespace
}  // namespace sluice::api::http
