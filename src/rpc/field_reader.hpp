// Reads the fields of a received message strictly: a value that the model does not allow is an error that
// names its field. The first error counts; later reads return defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/address.hpp"
#include "net/prefix.hpp"

namespace sluice::link::v1 {
class Prefix;
class Rate;
}  // namespace sluice::link::v1

namespace sluice::rpc {

class FieldReader {
  public:
    // `object` is what errors call the whole: "finding".
    explicit FieldReader(std::string_view object) : object_(object) {}

    [[nodiscard]] bool ok() const { return !error_; }
    [[nodiscard]] const base::Error& error() const { return *error_; }
    void fail(std::string_view field, std::string what);

    // 4 or 16 bytes; an IPv4 address written as ::ffff:a.b.c.d is refused.
    [[nodiscard]] net::Address address(const std::string& bytes, std::string_view field);
    [[nodiscard]] net::Address address_or_none(const std::string& bytes, std::string_view field);
    [[nodiscard]] net::Prefix prefix(const link::v1::Prefix& prefix, std::string_view field);
    // 1970 to 2262; 0 is the epoch, which stands for "not set".
    [[nodiscard]] base::Timestamp time(std::int64_t ns, std::string_view field);
    // At most `limit` bytes without control characters.
    [[nodiscard]] std::string text(const std::string& value, std::string_view field, std::size_t limit);
    // [a-z0-9-], 1 to 63 characters.
    [[nodiscard]] std::string name(const std::string& value, std::string_view field);
    [[nodiscard]] std::uint8_t u8(std::uint32_t value, std::string_view field);
    [[nodiscard]] std::uint16_t u16(std::uint32_t value, std::string_view field);
    // Not NaN, within the bounds.
    [[nodiscard]] double real(double value, double least, double most, std::string_view field);
    // False, and an error, when a list is longer than the model allows.
    [[nodiscard]] bool size(int length, std::size_t limit, std::string_view field);

    template <class Id>
    [[nodiscard]] Id id(std::uint64_t value, std::string_view field) {
        if (value == 0) fail(field, "is not set");
        return Id(value);
    }

    // An enumeration by its stable name, among the entries of a table of {value, name}.
    template <class Table>
    [[nodiscard]] auto named(const std::string& value, const Table& table, std::string_view field) {
        for (const auto& [entry, entry_name] : table) {
            if (value == entry_name) return entry;
        }
        fail(field, "'" + printable(value) + "' is not known");
        return std::begin(table)->first;
    }

  private:
    // For error texts: at most 40 characters, without what could disturb a log.
    [[nodiscard]] static std::string printable(const std::string& value);

    std::string object_;
    std::optional<base::Error> error_;
};

}  // namespace sluice::rpc
