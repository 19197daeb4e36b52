#include "api/etag.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>
#include <array>

namespace sluice::api {

std::string etag_of(std::string_view content) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
    SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), hash.data());
    std::string tag = "\"";
    for (std::size_t i = 0; i < 16; ++i) fmt::format_to(std::back_inserter(tag), "{:02x}", hash[i]);
    return tag + '"';
}

std::string etag_of_version(std::uint64_t version) {
    return fmt::format("\"{}\"", version);
}

bool matches_etag(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto one = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == "*" || one == etag) return true;
    }
    return false;
}

namespace {
Problem moved_on() {
    return {412, "precondition-failed", "The object has changed since.",
            "Read it again, look at what has changed, and send its new ETag."};
}
}  // namespace

Problem changed_problem(const base::Error& error) {
    return error.code == base::ErrorCode::conflict && error.where == "version" ? moved_on()
                                                                               : Problem::from(error);
}

Outcome<void> check_if_match(const http::Request& request, std::uint64_t version) {
    const auto* tags = request.header("if-match");
    if (tags == nullptr) {
        return std::unexpected(
            Problem(428, "precondition-required", "The change needs If-Match.",
                    "Read the object and send its ETag, so that no other change is lost."));
    }
    if (!matches_etag(*tags, etag_of_version(version))) {
        return std::unexpected(moved_on());
    }
    return {};
}

}  // namespace sluice::api
