// What every operation that can fail returns. An error says what went wrong, where, and what to do about it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::base {

enum class ErrorCode : std::uint8_t {
    invalid_argument,  // the caller's input is wrong; the same call will fail again
    not_found,
    conflict,         // the state moved on (ETag, generation, duplicate name)
    forbidden,        // known caller, not allowed
    unauthenticated,  // unknown caller
    unavailable,      // a peer or a resource is gone for now; trying again may help
    exhausted,        // a configured limit was reached
    io,               // the operating system refused
    corrupt,          // stored or received bytes do not make sense
    internal,         // a defect of ours
};

[[nodiscard]] constexpr std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return "invalid-argument";
        case ErrorCode::not_found:
            return "not-found";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::forbidden:
            return "forbidden";
        case ErrorCode::unauthenticated:
            return "unauthenticated";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::exhausted:
            return "exhausted";
        case ErrorCode::io:
            return "io";
        case ErrorCode::corrupt:
            return "corrupt";
        case ErrorCode::internal:
            return "internal";
    }
    return "internal";
}

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string what;   // one sentence: what is wrong
    std::string where;  // file:line, field, peer or object; may be empty
    std::string hint;   // what to do or write instead; may be empty

    // "where: what (hint)"
    [[nodiscard]] std::string message() const {
        std::string text = where.empty() ? what : where + ": " + what;
        if (!hint.empty()) text += " (" + hint + ")";
        return text;
    }
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string what, std::string where = {},
                                                 std::string hint = {}) {
    return std::unexpected(Error{code, std::move(what), std::move(where), std::move(hint)});
}

}  // namespace sluice::base
